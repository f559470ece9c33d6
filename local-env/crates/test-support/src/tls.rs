//! TLS for both ends.

use std::{io, net::SocketAddr, path::Path, sync::Arc};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, pem::PemObject as _},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client};

/// A client of HTTP that knows no proxy.
pub fn http_client() -> reqwest::ClientBuilder {
    // reqwest comes without cryptography. An error says that some is there already.
    let _ = ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

pub type ClientStream = client::TlsStream<TcpStream>;

/// Connects as a client that trusts the authority in this file.
pub async fn connect(to: SocketAddr, authority: &Path, alpn: &[&[u8]]) -> ClientStream {
    let versions = rustls::DEFAULT_VERSIONS;
    try_connect(to, authority, alpn, versions).await.expect("a handshake")
}

/// Connects as one that speaks these versions of TLS alone.
pub async fn try_connect(
    to: SocketAddr,
    authority: &Path,
    alpn: &[&[u8]],
    versions: &[&'static SupportedProtocolVersion],
) -> io::Result<ClientStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).expect("a certificate")).expect("a root");
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let stream = TcpStream::connect(to).await.expect("a connection");
    let name = ServerName::try_from("shop.example").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// A target's TLS with a certificate that nobody signed and that has expired long ago.
pub fn expired() -> TlsAcceptor {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec!["target.example".into()]).expect("a name");
    params.not_before = date_time_ymd(2001, 1, 1);
    params.not_after = date_time_ymd(2002, 1, 1);
    let certificate = params.self_signed(&key).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], key.into())
        .expect("a configuration");
    TlsAcceptor::from(Arc::new(config))
}
