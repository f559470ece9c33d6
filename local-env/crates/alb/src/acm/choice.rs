//! Which of a listener's certificates a client is shown (alb §1.6).
//!
//! The client says which host it means. Among the certificates that are for that host, one with an
//! elliptic curve comes before one with RSA if the client takes both; without such a host, or where
//! nothing fits it, the default certificate is shown. A handshake never fails for its name.

use std::sync::Arc;

use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::Leaf;
use stack::{Arn, Certificate, KeyAlgorithm};

/// The certificate that a client was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Which one.
    pub arn: Arn,
    /// Whether it is for the host that the client meant, rather than the default for lack of such.
    pub matched: bool,
}

/// A listener's certificates with their keys, the default one first.
#[derive(Debug)]
pub(super) struct Leaves {
    certificates: Vec<Certificate>,
    /// As many.
    keys: Vec<Arc<CertifiedKey>>,
}

/// Returns the certificate for a client that meant this host and takes every kind of key. The first of
/// `certificates` is the default one; without any there is none.
pub fn choose(certificates: &[Certificate], host: Option<&str>) -> Option<Served> {
    let fitting = fitting(certificates, host).next();
    let certificate = certificates.get(fitting.unwrap_or(0))?;
    Some(Served { arn: certificate.arn.clone(), matched: fitting.is_some() })
}

/// The places of the certificates for a host, the better ones first.
fn fitting<'a>(
    certificates: &'a [Certificate],
    host: Option<&'a str>,
) -> impl Iterator<Item = usize> + Clone + 'a {
    [KeyAlgorithm::Ecdsa, KeyAlgorithm::Rsa].into_iter().flat_map(move |key| {
        let fits = move |certificate: &Certificate| {
            certificate.key == key && host.is_some_and(|host| is_for(certificate, host))
        };
        let places = certificates.iter().enumerate();
        places.filter(move |(_, certificate)| fits(certificate)).map(|(place, _)| place)
    })
}

fn is_for(certificate: &Certificate, host: &str) -> bool {
    certificate.domain_names.iter().any(|name| matches(name, host))
}

/// A wildcard stands for one label (RFC 6125 6.4.3).
fn matches(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(domain) => host
            .split_once('.')
            .is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(domain)),
        None => name.eq_ignore_ascii_case(host),
    }
}

// === impl Leaves ===

impl Leaves {
    pub(super) fn new<E>(
        certificates: &[Certificate],
        make: impl Fn(Leaf<'_>) -> Result<CertifiedKey, E>,
    ) -> Result<Self, E> {
        let leaf = |(place, certificate): (usize, &Certificate)| {
            let names = &certificate.domain_names;
            make(Leaf { names, local: place == 0, key: key(certificate, certificates) })
        };
        let keys = certificates.iter().enumerate().map(|it| leaf(it).map(Arc::new));
        Ok(Self { certificates: certificates.to_vec(), keys: keys.collect::<Result<_, _>>()? })
    }
}

/// An RSA key takes longer to make than all else that starts here, so that a certificate has one
/// only where a client can tell: beside another for the same host with an elliptic curve.
fn key(certificate: &Certificate, all: &[Certificate]) -> KeyAlgorithm {
    let names = &certificate.domain_names;
    let shares = |other: &Certificate| {
        other.key != certificate.key
            && other
                .domain_names
                .iter()
                .any(|other| names.iter().any(|name| matches(name, other) || matches(other, name)))
    };
    if all.iter().any(shares) { certificate.key } else { KeyAlgorithm::Ecdsa }
}

impl ResolvesServerCert for Leaves {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let taken =
            |key: &&Arc<CertifiedKey>| key.key.choose_scheme(hello.signature_schemes()).is_some();
        let keys = fitting(&self.certificates, hello.server_name())
            .filter_map(|place| self.keys.get(place));
        keys.clone().find(taken).or(keys.clone().next()).or(self.keys.first()).cloned()
    }
}
