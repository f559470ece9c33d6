//! RSA keys. The TLS provider signs with them and checks what they signed, but makes none.

use graviola::signing::rsa::{KeySize, SigningKey};
use rcgen::{Error, KeyPair};

/// The room for a key of 2048 bits in PKCS#8, which takes some 1,220 bytes.
const PKCS8_LENGTH: usize = 2048;

/// Makes a key of 2048 bits, as ACM does; on a processor where none can be made, a key with an
/// elliptic curve in its place.
pub(super) fn generate() -> Result<KeyPair, Error> {
    if !is_supported() {
        tracing::warn!("this processor makes no RSA keys; a certificate has an ECDSA key instead");
        return KeyPair::generate();
    }
    let mut buffer = [0; PKCS8_LENGTH];
    let key =
        SigningKey::generate(KeySize::Rsa2048).map_err(|_| Error::KeyGenerationUnavailable)?;
    let der = key.to_pkcs8_der(&mut buffer).map_err(|_| Error::KeyGenerationUnavailable)?;
    KeyPair::try_from(der)
}

/// Returns whether this processor has what graviola needs, which otherwise panics.
fn is_supported() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("aes")
        && is_x86_feature_detected!("pclmulqdq")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("adx")
        && is_x86_feature_detected!("avx2");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("aes")
        && std::arch::is_aarch64_feature_detected!("pmull")
        && std::arch::is_aarch64_feature_detected!("sha2");
}
