//! A certificate as it is served, and its key.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, Issuer, KeyPair, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{named, rsa};
use stack::KeyAlgorithm;

/// What is to be signed.
pub(super) struct Leaf<'a> {
    /// The names on it.
    pub(super) names: &'a [String],
    /// Whether this machine's own names are on it too.
    pub(super) local: bool,
    /// Its key's kind.
    pub(super) key: KeyAlgorithm,
}

// === impl Leaf ===

impl Leaf<'_> {
    pub(super) fn signed_by(
        &self,
        issuer: &Issuer<'_, KeyPair>,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
        let key = match self.key {
            KeyAlgorithm::Ecdsa => KeyPair::generate()?,
            KeyAlgorithm::Rsa => rsa::generate()?,
        };
        let certificate = self.parameters()?.signed_by(&key, issuer)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Ok((certificate.into(), key.into()))
    }

    fn parameters(&self) -> Result<CertificateParams, rcgen::Error> {
        let mut names = self.names.to_vec();
        if self.local {
            names.extend(["localhost".to_owned(), "*.localhost".to_owned()]);
        }
        let mut leaf = CertificateParams::new(names)?;
        if self.local {
            let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
            leaf.subject_alt_names.extend(loopback.map(SanType::IpAddress));
        }
        leaf.distinguished_name = named(self.names.first().map_or("localhost", String::as_str));
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        Ok(leaf)
    }
}
