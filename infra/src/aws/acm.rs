//! Certificate Manager.

use serde::Serialize;

use crate::value::Value;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Certificate {
    pub(crate) domain_name: Value,
    pub(crate) subject_alternative_names: Vec<Value>,
    pub(crate) validation_method: &'static str,
    pub(crate) domain_validation_options: Vec<DomainValidationOption>,
}

/// The zone in which CloudFormation writes the records that prove the domain to be ours.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DomainValidationOption {
    pub(crate) domain_name: Value,
    pub(crate) hosted_zone_id: Value,
}
