//! Certificates for the listeners, signed by a certificate authority of the user's own machine.
//!
//! The authority is made once and kept in the user's data folder, so that it needs to be trusted
//! once. What it signs lives in memory only, as long as the environment does.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
};

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
    /// The authority kept in `folder`, made there first where there is none.
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

    /// The file with the authority's certificate, for clients to trust.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What an HTTPS listener with a certificate for `domain_names` serves with. The certificate is
    /// for this machine's own names too, since that is how a browser gets here.
    pub fn server_config(
        &self,
        domain_names: &[String],
    ) -> Result<Arc<ServerConfig>, CertificateError> {
        let mut names = domain_names.to_vec();
        names.extend(["localhost".to_owned(), "*.localhost".to_owned()]);
        let mut leaf = CertificateParams::new(names)?;
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        leaf.subject_alt_names.extend(loopback.map(SanType::IpAddress));
        leaf.distinguished_name = named(domain_names.first().map_or("localhost", String::as_str));
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = leaf.signed_by(&key, &self.issuer)?;
        let chain = vec![certificate.into(), self.certificate.clone()];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = ALPN.map(<[u8]>::to_vec).into();
        Ok(Arc::new(config))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
        fs::write(folder.path().join(KEY_FILE), KeyPair::generate().unwrap().serialize_pem())
            .unwrap();
        let error = Authority::open(folder.path()).err().unwrap();
        assert!(error.to_string().contains("ca-key.pem holds no certificate"), "{error}");
    }
}
