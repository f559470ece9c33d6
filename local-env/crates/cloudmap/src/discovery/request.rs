//! The requests of the API, as AWS's JSON 1.1 protocol writes them (cloudmap-ecs §1.7, §6.4).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::ApiError;
use crate::health::InstanceHealth;

const PREFIX: &str = "Route53AutoNaming_v20170314.";

/// A request of an operation that is emulated.
#[derive(Debug)]
pub(super) enum ApiRequest {
    DiscoverInstances(DiscoverInstances),
    DiscoverInstancesRevision(DiscoverInstancesRevision),
    GetInstance(OneInstance),
    GetInstancesHealthStatus(GetInstancesHealthStatus),
    GetNamespace(ById),
    GetService(ById),
    ListInstances(ListInstances),
    ListNamespaces(FilteredList),
    ListServices(FilteredList),
    UpdateInstanceCustomHealthStatus(UpdateInstanceCustomHealthStatus),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DiscoverInstances {
    pub(super) namespace_name: String,
    pub(super) service_name: String,
    pub(super) max_results: Option<usize>,
    #[serde(default)]
    pub(super) query_parameters: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) optional_parameters: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) health_status: HealthFilter,
}

/// Which instances are wanted, by their health. Who says nothing gets healthy ones, and any rather than
/// none.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum HealthFilter {
    Healthy,
    Unhealthy,
    All,
    #[default]
    HealthyOrElseAll,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DiscoverInstancesRevision {
    pub(super) namespace_name: String,
    pub(super) service_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OneInstance {
    pub(super) service_id: String,
    pub(super) instance_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInstancesHealthStatus {
    pub(super) service_id: String,
    #[serde(default)]
    pub(super) instances: Vec<String>,
    #[serde(flatten)]
    pub(super) page: PageRequest,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ById {
    pub(super) id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInstances {
    pub(super) service_id: String,
    #[serde(flatten)]
    pub(super) page: PageRequest,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FilteredList {
    #[serde(default)]
    pub(super) filters: Vec<Filter>,
    #[serde(flatten)]
    pub(super) page: PageRequest,
}

/// A condition that what is listed has to meet.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Filter {
    pub(super) name: FilterName,
    pub(super) values: Vec<String>,
    #[serde(default)]
    pub(super) condition: FilterCondition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum FilterName {
    Type,
    Name,
    HttpName,
    ResourceOwner,
    NamespaceId,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum FilterCondition {
    #[default]
    Eq,
    BeginsWith,
}

/// Which page of a list is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PageRequest {
    pub(super) max_results: Option<usize>,
    pub(super) next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInstanceCustomHealthStatus {
    pub(super) service_id: String,
    pub(super) instance_id: String,
    pub(super) status: CustomHealthStatus,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum CustomHealthStatus {
    Healthy,
    Unhealthy,
}

// === impl ApiRequest ===

impl ApiRequest {
    /// Reads a request from its body and its header `X-Amz-Target`.
    pub(super) fn parse(target: &str, body: &[u8]) -> Result<Self, ApiError> {
        let read = Body(if body.is_empty() { b"{}" } else { body });
        let unknown = || ApiError::UnknownOperation(target.to_owned());
        match target.strip_prefix(PREFIX).ok_or_else(unknown)? {
            "DiscoverInstances" => read.to(Self::DiscoverInstances),
            "DiscoverInstancesRevision" => read.to(Self::DiscoverInstancesRevision),
            "GetInstance" => read.to(Self::GetInstance),
            "GetInstancesHealthStatus" => read.to(Self::GetInstancesHealthStatus),
            "GetNamespace" => read.to(Self::GetNamespace),
            "GetService" => read.to(Self::GetService),
            "ListInstances" => read.to(Self::ListInstances),
            "ListNamespaces" => read.to(Self::ListNamespaces),
            "ListServices" => read.to(Self::ListServices),
            "UpdateInstanceCustomHealthStatus" => read.to(Self::UpdateInstanceCustomHealthStatus),
            _ => Err(unknown()),
        }
    }
}

struct Body<'a>(&'a [u8]);

// === impl Body ===

impl<'a> Body<'a> {
    fn to<T: Deserialize<'a>>(
        &self,
        make: impl Fn(T) -> ApiRequest,
    ) -> Result<ApiRequest, ApiError> {
        Ok(make(serde_json::from_slice(self.0)?))
    }
}

// === impl CustomHealthStatus ===

impl From<CustomHealthStatus> for InstanceHealth {
    fn from(status: CustomHealthStatus) -> Self {
        match status {
            CustomHealthStatus::Healthy => Self::Healthy,
            CustomHealthStatus::Unhealthy => Self::Unhealthy,
        }
    }
}
