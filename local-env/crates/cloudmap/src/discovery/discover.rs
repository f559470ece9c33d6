//! `DiscoverInstances`: who is to be called (cloudmap-ecs §1.7).

use std::{collections::BTreeMap, time::Instant};

use serde_json::{Value, json};

use super::{
    error::ApiError,
    page,
    request::{DiscoverInstances, DiscoverInstancesRevision, HealthFilter},
};
use crate::{
    catalog::{Catalog, RegisteredInstance, RegisteredService},
    health::InstanceHealth,
};

const MAX_RESULTS: usize = 1000;
/// The health of an instance that is not reported.
const UNKNOWN: &str = "UNKNOWN";

/// Returns the instances that a request asks for, in an order by `random`.
pub(super) fn discover(
    catalog: &Catalog,
    request: &DiscoverInstances,
    now: Instant,
    random: &mut fastrand::Rng,
) -> Result<Value, ApiError> {
    let limit = page::limit(request.max_results, MAX_RESULTS)?;
    let entry = named(catalog, &request.namespace_name, &request.service_name)?;
    let matching: Vec<_> =
        entry.instances().filter(|it| has(it, &request.query_parameters)).collect();
    let mut found = of_health(entry, optional(matching, request), request.health_status, now);
    random.shuffle(&mut found);
    found.truncate(limit);
    let instances: Vec<_> = found.into_iter().map(|it| instance(entry, it, now)).collect();
    Ok(json!({ "Instances": instances, "InstancesRevision": entry.revision }))
}

/// Returns how often the instances of a service have changed.
pub(super) fn revision(
    catalog: &Catalog,
    request: &DiscoverInstancesRevision,
) -> Result<Value, ApiError> {
    let entry = named(catalog, &request.namespace_name, &request.service_name)?;
    Ok(json!({ "InstancesRevision": entry.revision }))
}

/// Returns an instance's health in the API's words.
pub(super) fn health(
    entry: &RegisteredService,
    registered: &RegisteredInstance,
    now: Instant,
) -> &'static str {
    entry.health(registered, now).map_or(UNKNOWN, InstanceHealth::as_str)
}

fn named<'a>(
    catalog: &'a Catalog,
    namespace: &str,
    service: &str,
) -> Result<&'a RegisteredService, ApiError> {
    if !catalog.namespaces().iter().any(|it| it.name == namespace) {
        return Err(ApiError::NamespaceNotFound(namespace.to_owned()));
    }
    let mut all = catalog.services();
    let found = all.find(|it| it.namespace.name == namespace && it.service.name == service);
    found.ok_or_else(|| ApiError::ServiceNotFound(service.to_owned()))
}

fn has(registered: &RegisteredInstance, parameters: &BTreeMap<String, String>) -> bool {
    let attributes = registered.instance.attributes();
    parameters.iter().all(|(key, value)| attributes.get(key) == Some(value))
}

/// Returns those that have the optional parameters too, or all if none has.
fn optional<'a>(
    matching: Vec<&'a RegisteredInstance>,
    request: &DiscoverInstances,
) -> Vec<&'a RegisteredInstance> {
    let (best, others): (Vec<_>, Vec<_>) =
        matching.into_iter().partition(|it| has(it, &request.optional_parameters));
    if best.is_empty() { others } else { best }
}

/// Returns those that a filter of health lets through: all where their health is not reported.
fn of_health<'a>(
    entry: &RegisteredService,
    all: Vec<&'a RegisteredInstance>,
    filter: HealthFilter,
    now: Instant,
) -> Vec<&'a RegisteredInstance> {
    if !entry.service.custom_health {
        return all;
    }
    let (healthy, unhealthy): (Vec<_>, Vec<_>) =
        all.iter().copied().partition(|it| entry.is_healthy(it, now));
    match filter {
        HealthFilter::Healthy => healthy,
        HealthFilter::Unhealthy => unhealthy,
        HealthFilter::HealthyOrElseAll if !healthy.is_empty() => healthy,
        HealthFilter::HealthyOrElseAll | HealthFilter::All => all,
    }
}

fn instance(entry: &RegisteredService, registered: &RegisteredInstance, now: Instant) -> Value {
    json!({
        "InstanceId": registered.instance.id(),
        "NamespaceName": entry.namespace.name,
        "ServiceName": entry.service.name,
        "HealthStatus": health(entry, registered, now),
        "Attributes": registered.instance.attributes(),
    })
}
