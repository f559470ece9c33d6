//! What can be wrong with a listener, and with the attributes that listeners, load balancers and
//! target groups have (alb §1, §10).

use miette::Diagnostic;
use thiserror::Error;

use super::listed;

/// What is wrong with a listener or its certificates.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum ListenerFault {
    /// The listener itself is to transform requests.
    #[error("stands at a listener")]
    #[diagnostic(help("a default action takes requests as they are: transform them in a rule"))]
    Transforms,
    /// The listener has a second certificate among its own.
    #[error("is a second certificate")]
    #[diagnostic(help("give one here, and the others as `ListenerCertificate`"))]
    SecondCertificate,
    /// A certificate is added to a listener without TLS.
    #[error("names a listener without TLS")]
    #[diagnostic(help("only a listener with the protocol HTTPS has certificates"))]
    CertificateWithoutTls,
    /// A `ListenerCertificate` adds none.
    #[error("is empty")]
    #[diagnostic(help("one `ListenerCertificate` adds exactly one certificate"))]
    AddsNoCertificate,
    /// A `ListenerCertificate` adds more than one.
    #[error("is a second certificate")]
    #[diagnostic(help("one `ListenerCertificate` adds exactly one certificate"))]
    AddsTwoCertificates,
    /// AWS has no such security policy.
    #[error("is `{found}`, which is no policy of AWS's")]
    #[diagnostic(help(
        "{}",
        listed::meant(near.as_deref(), "name one of AWS's predefined policies, or none")
    ))]
    UnknownPolicy {
        /// The name that is asked for.
        found: String,
        /// The policy that may be meant.
        near: Option<String>,
    },
}

/// What is wrong with one attribute of a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum AttributeFault {
    /// The list has the attribute twice.
    #[error("is `{name}` again")]
    #[diagnostic(help("give each attribute once"))]
    Repeated {
        /// The attribute's key.
        name: String,
    },
    /// AWS knows no such attribute of this kind of resource.
    #[error("is `{name}`, which AWS does not know here")]
    #[diagnostic(help("{}", listed::meant(near.as_deref(), &format!("take it out of `{list}`"))))]
    Unknown {
        /// The attribute's key.
        name: String,
        /// The property that has the list.
        list: &'static str,
        /// The attribute that may be meant.
        near: Option<String>,
    },
}
