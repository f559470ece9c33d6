//! Cloud Map.

use serde::Serialize;

use crate::value::Value;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PrivateDnsNamespace {
    pub(crate) name: &'static str,
    pub(crate) vpc: Value,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) namespace_id: Value,
    pub(crate) dns_config: DnsConfig,
    pub(crate) health_check_custom_config: HealthCheckCustomConfig,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DnsConfig {
    pub(crate) namespace_id: Value,
    pub(crate) routing_policy: &'static str,
    pub(crate) dns_records: Vec<DnsRecord>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DnsRecord {
    pub(crate) r#type: &'static str,
    #[serde(rename = "TTL")]
    pub(crate) ttl: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct HealthCheckCustomConfig {
    pub(crate) failure_threshold: u32,
}
