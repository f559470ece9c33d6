//! What can be wrong with any property: it is absent, of another type, or no value of its kind.

use std::fmt;

use miette::Diagnostic;
use thiserror::Error;

use super::{Form, listed};

/// What is wrong with a property for which its own kind of value is reason enough.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum PropertyFault {
    /// A property that AWS requires is absent.
    #[error("is absent")]
    #[diagnostic(help("{0}"))]
    Missing(Need),
    /// The value is of another type than AWS's.
    #[error("must be {expected}, and is {found}")]
    WrongType {
        /// What belongs there.
        expected: Expected,
        /// What stands there.
        found: Found,
    },
    /// The number is too small or too large.
    #[error("is {found}")]
    #[diagnostic(help("AWS takes {from} to {to}"))]
    OutOfRange {
        /// What stands there.
        found: u32,
        /// The smallest number that AWS takes.
        from: u32,
        /// The largest number that AWS takes.
        to: u32,
    },
    /// The text is too short or too long.
    #[error("has {found} characters")]
    #[diagnostic(help("AWS takes {from} to {to} characters"))]
    Length {
        /// How many characters it has.
        found: usize,
        /// The fewest that AWS takes.
        from: usize,
        /// The most that AWS takes.
        to: usize,
    },
    /// The word is none of those that have a meaning here.
    #[error("is `{found}`")]
    #[diagnostic(help("write {}", listed::either(known)))]
    UnknownWord {
        /// What stands there.
        found: String,
        /// The words that have a meaning.
        known: Vec<&'static str>,
    },
    /// The text has not the form of what it should be.
    #[error("is `{found}`")]
    #[diagnostic(help("{form}"))]
    Malformed {
        /// What stands there.
        found: String,
        /// What it should be.
        form: Form,
    },
    /// The text has a character that its form has not.
    #[error("is `{found}`, with a `{}`", illegal.escape_debug())]
    #[diagnostic(help("{form}"))]
    IllegalCharacter {
        /// What stands there.
        found: String,
        /// The first character that does not belong in it.
        illegal: char,
        /// What it should be.
        form: Form,
    },
}

/// The part of a stack that a property belongs to, where AWS refuses that part in its own way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// All that has no part of its own below.
    #[default]
    Other,
    /// The certificates of a listener.
    ListenerCertificates,
    /// CPU and memory of a task and of its containers.
    TaskSize,
    /// The network mode of a task definition.
    NetworkMode,
    /// The port of the host that a container's port is mapped to.
    HostPort,
    /// The log configuration of a container.
    Logs,
    /// What a container waits for before it starts.
    Dependencies,
    /// How long a container may take to start or to stop.
    Timeouts,
    /// The container and port that a service registers in target groups or in Cloud Map.
    ContainerPort,
    /// The Cloud Map service that an ECS service registers its tasks in.
    Registry,
    /// The health check of a Cloud Map service.
    DiscoveryHealth,
    /// The DNS records of a Cloud Map service.
    DiscoveryRecords,
}

/// Why a property has to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// AWS requires the property of every such resource.
    Required,
    /// Several actions need an order.
    Order,
    /// A forward action needs a target group.
    TargetGroup,
    /// A condition needs patterns.
    Patterns,
    /// A listener with the protocol HTTPS needs a certificate.
    Certificate,
    /// A Cloud Map service needs a namespace.
    Namespace,
    /// Fargate needs a network mode other than the default one.
    NetworkMode,
    /// A task on EC2 instances needs memory, from itself or from each container.
    Memory,
}

/// A type that AWS wants a value to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A text, or what can be read as one.
    Text,
    /// A list.
    List,
    /// A mapping.
    Mapping,
    /// A whole number.
    WholeNumber,
    /// `true` or `false`.
    Flag,
}

/// What stands where another type belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A value of this type, as [`cloudformation::Node::kind`] names it: `a list`.
    Type(&'static str),
    /// A text that cannot be read as what belongs there.
    Text(String),
}

// === impl Need ===

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Required => "AWS requires this property",
            Self::Order => "give each of several actions an `Order`",
            Self::TargetGroup => "a forward action needs a target group",
            Self::Patterns => "give the patterns that the condition compares with",
            Self::Certificate => "an HTTPS listener needs a certificate",
            Self::Namespace => "a Cloud Map service belongs to a namespace",
            Self::NetworkMode => "Fargate needs `NetworkMode: awsvpc`; AWS's default is `bridge`",
            Self::Memory => {
                "give the task a `Memory`, or each of its containers a `Memory` or a \
                 `MemoryReservation`"
            }
        })
    }
}

// === impl Expected ===

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a text",
            Self::List => "a list",
            Self::Mapping => "a mapping",
            Self::WholeNumber => "a whole number",
            Self::Flag => "`true` or `false`",
        })
    }
}

// === impl Found ===

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(name) => f.write_str(name),
            Self::Text(text) => write!(f, "`{text}`"),
        }
    }
}
