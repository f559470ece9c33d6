//! Certificates, of which only the names matter here.

use super::field::{Reading, Result};
use crate::stack::{Certificate, KeyAlgorithm};

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
        key: KeyAlgorithm::Rsa,
    })
}
