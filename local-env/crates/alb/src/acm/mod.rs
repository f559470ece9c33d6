//! Certificates for the listeners, signed by a certificate authority of the user's own machine.
//!
//! The authority is made once and kept in the user's data folder, so that it needs to be trusted
//! once. What it signs lives in memory only, as long as the environment does.

mod choice;
mod leaf;
mod rsa;
#[cfg(test)]
mod tests;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    ServerConfig, SupportedProtocolVersion,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, pem::PemObject},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};

pub use choice::{Served, choose};

use choice::Leaves;
use leaf::Leaf;
use stack::{Certificate, SslPolicy};

/// The certificate alone: what clients are told to trust.
const CA_FILE: &str = "ca.pem";
/// Key and certificate: one file, so that they always belong together.
const KEY_FILE: &str = "ca-key.pem";
/// What an HTTPS listener offers, best first (alb §1.1).
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The local certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    path: PathBuf,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file of the authority's can't be read or written.
    #[error("cannot use {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The file holds no certificate in PEM.
    #[error("{0} holds no certificate; remove it to have a new one made")]
    NoCertificate(PathBuf),
    /// The key can't be read, or a certificate can't be made from it.
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
    /// The certificate can't be served.
    #[error("cannot serve the certificate")]
    Serve(#[from] rustls::Error),
}

// === impl Authority ===

impl Authority {
    /// Opens the authority that is kept in `folder`, and makes one there where there is none.
    pub fn open(folder: &Path) -> Result<Self, CertificateError> {
        let (path, key_path) = (folder.join(CA_FILE), folder.join(KEY_FILE));
        if !key_path.exists() {
            create(folder, &key_path)?;
        }
        let pem = fs::read_to_string(&key_path).map_err(in_file(&key_path))?;
        let key = KeyPair::from_pem(&pem)?;
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| CertificateError::NoCertificate(key_path))?;
        let shown = certificate_part(&pem);
        if fs::read_to_string(&path).ok().as_deref() != Some(shown) {
            fs::write(&path, shown).map_err(in_file(&path))?;
        }
        Ok(Self { issuer: Issuer::new(parameters(), key), certificate, path })
    }

    /// Returns the file with the authority's certificate, for clients to trust.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes what an HTTPS listener serves with: these certificates, the default one first. That one is
    /// for this machine's own names too, since they are how a browser gets here.
    pub fn server_config(
        &self,
        certificates: &[Certificate],
        policy: &SslPolicy,
        http2: bool,
    ) -> Result<Arc<ServerConfig>, CertificateError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let leaves = Leaves::new(certificates, |leaf| self.certified(&leaf, &provider))?;
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&versions(policy))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(leaves));
        let offered = if http2 { &ALPN[..] } else { &ALPN[1..] };
        config.alpn_protocols = offered.iter().map(|name| name.to_vec()).collect();
        Ok(Arc::new(config))
    }

    fn certified(
        &self,
        leaf: &Leaf<'_>,
        provider: &CryptoProvider,
    ) -> Result<CertifiedKey, CertificateError> {
        let (certificate, key) = leaf.signed_by(&self.issuer)?;
        let chain = vec![certificate, self.certificate.clone()];
        Ok(CertifiedKey::from_der(chain, key, provider)?)
    }
}

fn versions(policy: &SslPolicy) -> Vec<&'static SupportedProtocolVersion> {
    let spoken = [(policy.tls13, &TLS13), (policy.tls12, &TLS12)];
    spoken.into_iter().filter(|(spoken, _)| *spoken).map(|(_, version)| version).collect()
}

/// Two that start at once agree on the file that is there first.
fn create(folder: &Path, path: &Path) -> Result<(), CertificateError> {
    let key = KeyPair::generate()?;
    let certificate = parameters().self_signed(&key)?;
    let text = key.serialize_pem() + &certificate.pem();
    let draft = folder.join(format!("{KEY_FILE}.{}", std::process::id()));
    fs::create_dir_all(folder).map_err(in_file(folder))?;
    write_secret(&draft, &text).map_err(in_file(&draft))?;
    let placed = fs::hard_link(&draft, path);
    fs::remove_file(&draft).map_err(in_file(&draft))?;
    match placed {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(in_file(path)(error)),
        _ => Ok(()),
    }
}

fn certificate_part(pem: &str) -> &str {
    pem.find("-----BEGIN CERTIFICATE-----").map_or("", |start| &pem[start..])
}

fn parameters() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("local-env certificate authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn in_file(path: &Path) -> impl Fn(io::Error) -> CertificateError {
    let path = path.to_owned();
    move |source| CertificateError::File { path: path.clone(), source }
}

fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;

    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
