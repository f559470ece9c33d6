//! What was agreed on with a client that came over TLS.

use rustls::{CipherSuite, ProtocolVersion, ServerConnection};

use crate::{access_log::Tls, acm};
use stack::Certificate;

/// What was agreed on in a connection's handshake, in OpenSSL's words, as ALB has them.
#[derive(Clone, Debug)]
pub(crate) struct NegotiatedTls {
    /// Whether HTTP/2 is spoken.
    pub(crate) http2: bool,
    pub(crate) version: &'static str,
    pub(crate) cipher: &'static str,
    /// The name that the client asked for, if a certificate has it.
    domain: Option<String>,
    certificate: Option<String>,
}

// === impl NegotiatedTls ===

impl NegotiatedTls {
    pub(crate) fn of(connection: &ServerConnection, certificates: &[Certificate]) -> Self {
        let asked = connection.server_name();
        let served = acm::choose(certificates, asked);
        let matched = served.as_ref().is_some_and(|served| served.matched);
        Self {
            http2: connection.alpn_protocol() == Some(b"h2"),
            version: version(connection.protocol_version()),
            cipher: connection.negotiated_cipher_suite().map_or("-", |suite| cipher(suite.suite())),
            domain: asked.filter(|_| matched).map(str::to_owned),
            certificate: served.map(|served| served.arn.to_string()),
        }
    }

    /// Returns it as the access log has it.
    pub(crate) fn for_log(&self) -> Tls<'_> {
        Tls {
            cipher: self.cipher,
            protocol: self.version,
            domain: self.domain.as_deref(),
            certificate: self.certificate.as_deref(),
        }
    }
}

fn version(version: Option<ProtocolVersion>) -> &'static str {
    match version {
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
        _ => "-",
    }
}

/// Returns OpenSSL's name for a cipher suite, of all that can be agreed on here.
fn cipher(suite: CipherSuite) -> &'static str {
    match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => "TLS_AES_128_GCM_SHA256",
        CipherSuite::TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => "ECDHE-ECDSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => "ECDHE-ECDSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => {
            "ECDHE-ECDSA-CHACHA20-POLY1305"
        }
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => "ECDHE-RSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => "ECDHE-RSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-RSA-CHACHA20-POLY1305",
        _ => "-",
    }
}
