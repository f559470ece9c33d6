//! Cloud Map's API, as far as it tells of instances, and of their health (cloudmap-ecs §6).
//!
//! AWS's JSON 1.1 protocol over plain HTTP. The host is not looked at, since SDKs put `data-`
//! before it in some calls (cloudmap-ecs §6.2), and neither is the signature.

mod discover;
mod error;
mod listing;
mod page;
mod request;
mod server;
#[cfg(test)]
mod tests;

use std::time::Instant;

use serde_json::{Value, json};

pub use server::{DiscoveryBindError, DiscoveryServer};

use self::{error::ApiError, request::Request};
use super::registry::Registry;

/// Answers a request, or does what it asks for; `random` shuffles.
fn answer(
    registry: &Registry,
    request: &Request,
    now: Instant,
    random: &mut fastrand::Rng,
) -> Result<Value, ApiError> {
    let catalog = &registry.catalog();
    match request {
        Request::DiscoverInstances(it) => discover::discover(catalog, it, now, random),
        Request::DiscoverInstancesRevision(it) => discover::revision(catalog, it),
        Request::GetInstance(it) => listing::one_instance(catalog, it),
        Request::GetInstancesHealthStatus(it) => listing::health_status(catalog, it, now),
        Request::GetNamespace(it) => listing::one_namespace(catalog, it),
        Request::GetService(it) => listing::one_service(catalog, it),
        Request::ListInstances(it) => listing::instances(catalog, it),
        Request::ListNamespaces(it) => listing::namespaces(catalog, it),
        Request::ListServices(it) => listing::services(catalog, it),
        Request::UpdateInstanceCustomHealthStatus(it) => {
            let service = &listing::find(catalog, &it.service_id)?.service.arn;
            registry.report(service, &it.instance_id, it.status.into())?;
            Ok(json!({}))
        }
    }
}
