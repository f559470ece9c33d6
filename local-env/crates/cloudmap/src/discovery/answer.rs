//! What the API answers to a request.

use std::time::Instant;

use serde_json::{Value, json};

use super::{discover, error::ApiError, listing, request::ApiRequest};
use crate::registry::Registry;

/// Answers a request at `now`, after doing what it asks for; `random` shuffles.
pub(super) fn answer(
    registry: &Registry,
    request: &ApiRequest,
    now: Instant,
    random: &mut fastrand::Rng,
) -> Result<Value, ApiError> {
    let catalog = &registry.catalog();
    match request {
        ApiRequest::DiscoverInstances(it) => discover::discover(catalog, it, now, random),
        ApiRequest::DiscoverInstancesRevision(it) => discover::revision(catalog, it),
        ApiRequest::GetInstance(it) => listing::one_instance(catalog, it),
        ApiRequest::GetInstancesHealthStatus(it) => listing::health_status(catalog, it, now),
        ApiRequest::GetNamespace(it) => listing::one_namespace(catalog, it),
        ApiRequest::GetService(it) => listing::one_service(catalog, it),
        ApiRequest::ListInstances(it) => listing::instances(catalog, it),
        ApiRequest::ListNamespaces(it) => listing::namespaces(catalog, it),
        ApiRequest::ListServices(it) => listing::services(catalog, it),
        ApiRequest::UpdateInstanceCustomHealthStatus(it) => {
            let service = &listing::find(catalog, &it.service_id)?.service.arn;
            registry.report(service, &it.instance_id, it.status.into(), now)?;
            Ok(json!({}))
        }
    }
}
