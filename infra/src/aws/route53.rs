//! Route 53.

use serde::Serialize;

use crate::value::Value;

/// An alias record. It has no TTL of its own: the target's holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RecordSet {
    pub(crate) name: Value,
    pub(crate) r#type: &'static str,
    pub(crate) comment: &'static str,
    pub(crate) hosted_zone_id: Value,
    pub(crate) alias_target: AliasTarget,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AliasTarget {
    #[serde(rename = "DNSName")]
    pub(crate) dns_name: Value,
    pub(crate) hosted_zone_id: Value,
}
