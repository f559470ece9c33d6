//! The authority's files, and what clients are shown in real handshakes.

use std::{net::IpAddr, sync::Mutex};

use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, ServerConnection,
    SignatureScheme,
    client::WebPkiServerVerifier,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{ServerName, UnixTime},
};

use super::*;
use stack::{Arn, KeyAlgorithm};

#[test]
fn the_authority_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let nested = folder.path().join("data");
    let first = Authority::open(&nested).unwrap();
    let second = Authority::open(&nested).unwrap();
    assert_eq!(first.certificate, second.certificate);
    assert_eq!(first.path(), nested.join("ca.pem"));
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_the_key() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    Authority::open(folder.path()).unwrap();
    let mode = fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_shown_certificate_is_made_again_where_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open(folder.path()).unwrap();
    let shown = fs::read_to_string(authority.path()).unwrap();
    assert!(!shown.contains("PRIVATE"), "the key is shown");
    fs::remove_file(authority.path()).unwrap();
    Authority::open(folder.path()).unwrap();
    assert_eq!(fs::read_to_string(authority.path()).unwrap(), shown);
}

#[test]
fn a_file_without_a_certificate_is_told_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(KEY_FILE), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let error = Authority::open(folder.path()).err().unwrap();
    assert!(error.to_string().contains("ca-key.pem holds no certificate"), "{error}");
}

/// What version 0.1.0 wrote, with another provider of cryptography: people have told their browsers to
/// trust it.
const EARLIER: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0HIcqRVrjl/bP7y7
fFM+UCccrpMmuG4rkAuO89yMSdWhRANCAARmJX8BwZ7Rq8+Qo3HC2a0HPwjeLUUT
Jc2VL8pIG2mKvJDQZ1GVq26/DFFBbYtb/JqG5vUKG5QMQ44PNmqKBpkR
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBnTCCAUOgAwIBAgIUMm6Z1w9VDmgxX6uN+lsafC3ptyUwCgYIKoZIzj0EAwIw
KjEoMCYGA1UEAwwfbG9jYWwtZW52IGNlcnRpZmljYXRlIGF1dGhvcml0eTAgFw03
NTAxMDEwMDAwMDBaGA80MDk2MDEwMTAwMDAwMFowKjEoMCYGA1UEAwwfbG9jYWwt
ZW52IGNlcnRpZmljYXRlIGF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABGYlfwHBntGrz5CjccLZrQc/CN4tRRMlzZUvykgbaYq8kNBnUZWrbr8MUUFt
i1v8mobm9QoblAxDjg82aooGmRGjRTBDMA4GA1UdDwEB/wQEAwIBBjAdBgNVHQ4E
FgQUGrErb3HaeUKHo1PW8np8YH7Ugb4wEgYDVR0TAQH/BAgwBgEB/wIBADAKBggq
hkjOPQQDAgNIADBFAiAfknHj9ZgiPcXoDR+PcoLaZiWRQaWfO48LnSHWm3qTTAIh
ANRCZ/9KlzEzbRnj9GDUefUkAcjsg08aKgv75RSEn+nA
-----END CERTIFICATE-----
";

#[test]
fn an_authority_that_is_trusted_already_goes_on_signing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(KEY_FILE), EARLIER).unwrap();
    let authority = Authority::open(folder.path()).unwrap();
    for key in [KeyAlgorithm::Ecdsa, KeyAlgorithm::Rsa] {
        let names = ["a.example".to_owned()];
        let leaf = Leaf { names: &names, local: false, key };
        let (leaf, _) = leaf.signed_by(&authority.issuer).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(EARLIER.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let name = ServerName::try_from("a.example").unwrap();
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .unwrap()
            .verify_server_cert(&leaf, &[], &name, &[], UnixTime::now())
            .unwrap();
    }
}

/// Takes every certificate, and remembers what it was signed with.
#[derive(Debug)]
struct Anything {
    takes: Vec<SignatureScheme>,
    seen: Mutex<Option<SignatureScheme>>,
}

impl Anything {
    fn saw(&self, signed: &DigitallySignedStruct) -> HandshakeSignatureValid {
        *self.seen.lock().unwrap() = Some(signed.scheme);
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(self.saw(signed))
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(self.saw(signed))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.takes.clone()
    }
}

const ECDSA: SignatureScheme = SignatureScheme::ECDSA_NISTP256_SHA256;
const RSA: SignatureScheme = SignatureScheme::RSA_PSS_SHA256;
const BOTH: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// What a client got to see.
struct Shown {
    certificate: Vec<u8>,
    signed: SignatureScheme,
    alpn: Option<Vec<u8>>,
}

impl Shown {
    fn is_for(&self, name: &str) -> bool {
        self.certificate.windows(name.len()).any(|part| part == name.as_bytes())
    }
}

fn certificate(arn: &str, names: &[&str], key: KeyAlgorithm) -> Certificate {
    let domain_names = names.iter().copied().map(String::from).collect();
    Certificate { arn: arn.into(), domain_names, key }
}

fn policy(tls12: bool, tls13: bool) -> SslPolicy {
    SslPolicy { name: "a policy".into(), tls12, tls13 }
}

fn server(certificates: &[Certificate], policy: &SslPolicy, http2: bool) -> Arc<ServerConfig> {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open(folder.path()).unwrap();
    authority.server_config(certificates, policy, http2).unwrap()
}

/// A whole handshake over memory. `None` for a host is a client that names none.
fn handshake(
    server: &Arc<ServerConfig>,
    host: Option<&str>,
    versions: &[&'static SupportedProtocolVersion],
    takes: &[SignatureScheme],
) -> Result<Shown, rustls::Error> {
    let verifier = Arc::new(Anything { takes: takes.to_vec(), seen: Mutex::default() });
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::<Anything>::clone(&verifier))
        .with_no_client_auth();
    config.alpn_protocols = ALPN.map(<[u8]>::to_vec).into();
    let name = match host {
        Some(host) => ServerName::try_from(host.to_owned()).unwrap(),
        None => ServerName::from(IpAddr::from([127, 0, 0, 1])),
    };
    let mut client = ClientConnection::new(Arc::new(config), name)?;
    let mut server = ServerConnection::new(Arc::clone(server))?;
    while client.is_handshaking() || server.is_handshaking() {
        let mut sent = Vec::new();
        client.write_tls(&mut sent).unwrap();
        server.read_tls(&mut sent.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut sent = Vec::new();
        server.write_tls(&mut sent).unwrap();
        client.read_tls(&mut sent.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    let certificate = client.peer_certificates().unwrap()[0].to_vec();
    let signed = verifier.seen.lock().unwrap().unwrap();
    Ok(Shown { certificate, signed, alpn: client.alpn_protocol().map(<[u8]>::to_vec) })
}

#[test]
fn alb_029_a_client_is_shown_the_certificate_for_its_host_or_the_default_one() {
    let certificates = [
        certificate("a", &["a.example"], KeyAlgorithm::Rsa),
        certificate("b", &["b.example", "*.b.example"], KeyAlgorithm::Rsa),
    ];
    let server = server(&certificates, &policy(true, true), true);
    for (host, expected, matched) in [
        (Some("a.example"), "a", true),
        (Some("b.example"), "b", true),
        (Some("B.EXAMPLE"), "b", true),
        (Some("x.b.example"), "b", true),
        (Some("y.x.b.example"), "a", false),
        (Some("c.example"), "a", false),
        (Some("localhost"), "a", false),
        (None, "a", false),
    ] {
        let shown = handshake(&server, host, &BOTH, &[ECDSA, RSA]).unwrap();
        assert!(shown.is_for(&format!("{expected}.example")), "{host:?}");
        let expected = Served { arn: Arn::from(expected), matched };
        assert_eq!(choose(&certificates, host), Some(expected), "{host:?}");
    }
}

#[test]
fn alb_030_a_client_that_takes_both_is_shown_ecdsa_before_rsa() {
    let certificates = [
        certificate("other", &["other.example"], KeyAlgorithm::Rsa),
        certificate("rsa", &["a.example"], KeyAlgorithm::Rsa),
        certificate("ecdsa", &["*.example", "a.example"], KeyAlgorithm::Ecdsa),
    ];
    let server = server(&certificates, &policy(true, true), true);
    for version in BOTH {
        let signed = |takes: &[SignatureScheme]| {
            handshake(&server, Some("a.example"), &[version], takes).unwrap().signed
        };
        assert_eq!(signed(&[RSA, ECDSA]), ECDSA);
        assert_eq!(signed(&[RSA]), RSA);
    }
    assert_eq!(choose(&certificates, Some("a.example")).unwrap().arn, Arn::from("ecdsa"));
}

#[test]
fn a_policy_may_take_tls_1_2_alone() {
    let certificates = [certificate("a", &["a.example"], KeyAlgorithm::Rsa)];
    let server = server(&certificates, &policy(true, false), true);
    let shake = |version| handshake(&server, Some("a.example"), &[version], &[ECDSA, RSA]);
    assert!(shake(&TLS13).is_err());
    assert!(shake(&TLS12).is_ok());
}

#[test]
fn a_policy_may_take_tls_1_3_alone() {
    let certificates = [certificate("a", &["a.example"], KeyAlgorithm::Rsa)];
    let server = server(&certificates, &policy(false, true), true);
    let shake = |version| handshake(&server, Some("a.example"), &[version], &[ECDSA, RSA]);
    assert!(shake(&TLS12).is_err());
    assert!(shake(&TLS13).is_ok());
}

#[test]
fn http2_is_offered_unless_it_is_switched_off() {
    let certificates = [certificate("a", &["a.example"], KeyAlgorithm::Rsa)];
    for (http2, expected) in [(true, "h2"), (false, "http/1.1")] {
        let server = server(&certificates, &policy(true, true), http2);
        let shown = handshake(&server, None, &BOTH, &[ECDSA]).unwrap();
        assert_eq!(shown.alpn.as_deref(), Some(expected.as_bytes()));
    }
}

#[test]
fn the_default_certificate_is_for_this_machine_too() {
    let names = |certificates: &[Certificate]| {
        let server = server(certificates, &policy(true, true), true);
        let shown = handshake(&server, None, &BOTH, &[ECDSA]).unwrap();
        (shown.is_for("localhost"), shown.is_for("*.localhost"))
    };
    assert_eq!(names(&[certificate("a", &["a.example"], KeyAlgorithm::Rsa)]), (true, true));
    assert_eq!(names(&[certificate("elsewhere", &[], KeyAlgorithm::Rsa)]), (true, true));
}

#[test]
fn without_certificates_no_handshake_succeeds() {
    let server = server(&[], &policy(true, true), true);
    assert!(handshake(&server, Some("a.example"), &BOTH, &[ECDSA, RSA]).is_err());
    assert_eq!(choose(&[], Some("a.example")), None);
}
