//! Certificates: their names and the kind of their keys.

use crate::field::{Field, Reading, Result};
use stack::{Certificate, KeyAlgorithm};

/// What ACM makes; it takes RSA of 2048 bits where nothing is said.
const KEYS: [(&str, KeyAlgorithm); 7] = [
    ("RSA_1024", KeyAlgorithm::Rsa),
    ("RSA_2048", KeyAlgorithm::Rsa),
    ("RSA_3072", KeyAlgorithm::Rsa),
    ("RSA_4096", KeyAlgorithm::Rsa),
    ("EC_prime256v1", KeyAlgorithm::Ecdsa),
    ("EC_secp384r1", KeyAlgorithm::Ecdsa),
    ("EC_secp521r1", KeyAlgorithm::Ecdsa),
];

pub(super) fn read(reading: &Reading<'_>) -> Result<Certificate> {
    let properties = reading.properties();
    let mut domain_names = vec![properties.need("DomainName")?.text()?.into_owned()];
    for name in properties.items("SubjectAlternativeNames")? {
        let name = name.text()?.into_owned();
        if !domain_names.contains(&name) {
            domain_names.push(name);
        }
    }
    Ok(Certificate {
        arn: reading.resource.reference().into(),
        domain_names,
        key: properties.choice("KeyAlgorithm", &KEYS, KeyAlgorithm::Rsa)?,
    })
}

/// Returns the certificate of a `{CertificateArn}`; the names on one of another stack are not told.
pub(super) fn named_by(field: &Field<'_>, known: &[Certificate]) -> Result<Certificate> {
    let arn = field.map()?.need("CertificateArn")?.arn()?;
    let known = known.iter().find(|certificate| certificate.arn == arn).cloned();
    Ok(known.unwrap_or(Certificate { arn, domain_names: vec![], key: KeyAlgorithm::Rsa }))
}
