//! TLS to targets, whose certificates nobody looks at: a self-signed or expired one is as good as any
//! other (alb §1.6).
//!
//! Nor does anybody look at what was signed with it. That would prove that the target has the key of
//! a certificate which it may have made up, and it would turn away targets whose kind of key the TLS
//! provider cannot check.

use std::sync::Arc;

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

/// The schemes that a target may sign with: all that TLS 1.2 and 1.3 have and that is not broken.
const SCHEMES: [SignatureScheme; 11] = [
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ED25519,
    SignatureScheme::ED448,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

#[derive(Debug)]
struct AnyCertificate;

/// Makes a configuration that accepts every certificate and offers these protocols.
pub(crate) fn any_certificate(protocols: &[&[u8]]) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(rustls::ALL_VERSIONS);
    // The provider has cipher suites for all versions, which is all that could be wrong.
    #[expect(clippy::expect_used, reason = "the provider is the library's own, and whole")]
    let builder = builder.expect("cipher suites for all versions");
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate))
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    config.enable_sni = false;
    Arc::new(config)
}

// === impl AnyCertificate ===

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SCHEMES.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use rustls::{
        ClientConnection, ServerConfig, ServerConnection, SignatureAlgorithm,
        sign::{CertifiedKey, Signer, SigningKey, SingleCertAndKey},
        version::{TLS12, TLS13},
    };

    use super::*;

    /// A key of a kind that the provider does not know, so that nothing of it can be checked.
    #[derive(Clone, Debug)]
    struct P521;

    impl SigningKey for P521 {
        fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
            offered.contains(&self.scheme()).then(|| Box::new(Self) as Box<dyn Signer>)
        }

        fn algorithm(&self) -> SignatureAlgorithm {
            SignatureAlgorithm::ECDSA
        }
    }

    impl Signer for P521 {
        fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, Error> {
            Ok(vec![1; 64])
        }

        fn scheme(&self) -> SignatureScheme {
            SignatureScheme::ECDSA_NISTP521_SHA512
        }
    }

    #[test]
    fn a_target_may_have_a_key_of_a_kind_that_nobody_here_can_check() {
        for version in [&TLS12, &TLS13] {
            let chain = vec![CertificateDer::from(vec![0; 8])];
            let resolver = SingleCertAndKey::from(CertifiedKey::new(chain, Arc::new(P521)));
            let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_protocol_versions(&[version])
                .unwrap()
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(resolver));
            let name = ServerName::try_from("target.example").unwrap();
            let mut client = ClientConnection::new(any_certificate(&[]), name).unwrap();
            let mut server = ServerConnection::new(Arc::new(server)).unwrap();
            while client.is_handshaking() || server.is_handshaking() {
                let mut sent = Vec::new();
                client.write_tls(&mut sent).unwrap();
                server.read_tls(&mut sent.as_slice()).unwrap();
                server.process_new_packets().unwrap();
                let mut sent = Vec::new();
                server.write_tls(&mut sent).unwrap();
                client.read_tls(&mut sent.as_slice()).unwrap();
                client.process_new_packets().unwrap();
            }
        }
    }
}
