//! Namespaces, services and instances as the API describes them (cloudmap-ecs §6.4).

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::{
    discover::health,
    error::ApiError,
    page::Page,
    request::{
        ById, Filter, FilterCondition, FilterName, FilteredList, GetInstancesHealthStatus,
        ListInstances, OneInstance,
    },
};
use crate::catalog::{Catalog, RegisteredInstance, RegisteredService};
use stack::{Namespace, NamespaceKind, RoutingPolicy};

pub(super) fn namespaces(catalog: &Catalog, request: &FilteredList) -> Result<Value, ApiError> {
    known(&request.filters, &[FilterName::NamespaceId])?;
    // Filters are applied to a page that is cut already.
    let mut page = Page::of(catalog.namespaces().iter(), &request.page)?;
    page.items.retain(|it| request.filters.iter().all(|filter| is_namespace(filter, it)));
    Ok(page.list("Namespaces", |it| namespace(it)))
}

pub(super) fn services(catalog: &Catalog, request: &FilteredList) -> Result<Value, ApiError> {
    use FilterName::{HttpName, Name, Type};
    known(&request.filters, &[Type, Name, HttpName])?;
    let mut page = Page::of(catalog.services(), &request.page)?;
    page.items.retain(|it| request.filters.iter().all(|filter| is_service(filter, it)));
    Ok(page.list("Services", |it| service(it)))
}

pub(super) fn instances(catalog: &Catalog, request: &ListInstances) -> Result<Value, ApiError> {
    let entry = find(catalog, &request.service_id)?;
    let page = Page::of(entry.instances(), &request.page)?;
    Ok(page.list("Instances", |it| instance(it)))
}

pub(super) fn one_namespace(catalog: &Catalog, ById { id }: &ById) -> Result<Value, ApiError> {
    let found = catalog.namespaces().iter().find(|it| it.id() == id || it.arn.as_str() == id);
    let found = found.ok_or_else(|| ApiError::NamespaceNotFound(id.clone()))?;
    Ok(json!({ "Namespace": namespace(found) }))
}

pub(super) fn one_service(catalog: &Catalog, ById { id }: &ById) -> Result<Value, ApiError> {
    Ok(json!({ "Service": service(find(catalog, id)?) }))
}

pub(super) fn one_instance(catalog: &Catalog, request: &OneInstance) -> Result<Value, ApiError> {
    let entry = find(catalog, &request.service_id)?;
    Ok(json!({ "Instance": instance(registered(entry, &request.instance_id)?) }))
}

pub(super) fn health_status(
    catalog: &Catalog,
    request: &GetInstancesHealthStatus,
    now: Instant,
) -> Result<Value, ApiError> {
    let entry = find(catalog, &request.service_id)?;
    let asked = request.instances.iter().map(|id| registered(entry, id));
    let all = if asked.len() == 0 {
        entry.instances().collect()
    } else {
        asked.collect::<Result<Vec<_>, _>>()?
    };
    let page = Page::of(all.into_iter(), &request.page)?;
    let status =
        |it: &&RegisteredInstance| (it.instance.id().to_owned(), health(entry, it, now).into());
    let status: Map<_, _> = page.items.iter().map(status).collect();
    Ok(page.answer("Status", status.into()))
}

/// Returns the service with this id or ARN.
pub(super) fn find<'a>(catalog: &'a Catalog, id: &str) -> Result<&'a RegisteredService, ApiError> {
    let mut all = catalog.services();
    let found = all.find(|it| it.service.id() == id || it.service.arn.as_str() == id);
    found.ok_or_else(|| ApiError::ServiceNotFound(id.to_owned()))
}

fn registered<'a>(
    entry: &'a RegisteredService,
    id: &str,
) -> Result<&'a RegisteredInstance, ApiError> {
    entry.instance(id).ok_or_else(|| ApiError::InstanceNotFound(id.to_owned()))
}

// === impl Page ===

impl<T> Page<T> {
    fn list(self, name: &str, describe: impl Fn(&T) -> Value) -> Value {
        let items: Vec<_> = self.items.iter().map(describe).collect();
        self.answer(name, items.into())
    }

    fn answer(self, name: &str, items: Value) -> Value {
        let mut answer = Map::from_iter([(name.to_owned(), items)]);
        answer.extend(self.next_token.map(|token| ("NextToken".to_owned(), token.into())));
        answer.into()
    }
}

fn known(filters: &[Filter], others: &[FilterName]) -> Result<(), ApiError> {
    match filters.iter().find(|filter| others.contains(&filter.name)) {
        Some(Filter { name, .. }) => {
            Err(ApiError::InvalidInput(format!("this list has no filter {name:?}")))
        }
        None => Ok(()),
    }
}

fn is_namespace(filter: &Filter, namespace: &Namespace) -> bool {
    match filter.name {
        FilterName::Type => filter.takes(namespace_type(namespace.kind)),
        FilterName::Name | FilterName::HttpName => filter.takes(&namespace.name),
        FilterName::ResourceOwner => filter.takes("SELF"),
        FilterName::NamespaceId => filter.takes(namespace.id()),
    }
}

fn is_service(filter: &Filter, entry: &RegisteredService) -> bool {
    match filter.name {
        FilterName::NamespaceId => {
            filter.takes(entry.namespace.id()) || filter.takes(entry.namespace.arn.as_str())
        }
        _ => filter.takes("SELF"),
    }
}

// === impl Filter ===

impl Filter {
    fn takes(&self, text: &str) -> bool {
        self.values.iter().any(|value| match self.condition {
            FilterCondition::Eq => value == text,
            FilterCondition::BeginsWith => text.starts_with(value.as_str()),
        })
    }
}

fn namespace_type(kind: NamespaceKind) -> &'static str {
    match kind {
        NamespaceKind::Private => "DNS_PRIVATE",
        NamespaceKind::Public => "DNS_PUBLIC",
        NamespaceKind::Http => "HTTP",
    }
}

fn namespace(namespace: &Namespace) -> Value {
    let mut properties = json!({ "HttpProperties": { "HttpName": namespace.name } });
    if namespace.kind != NamespaceKind::Http {
        properties["DnsProperties"] = json!({ "SOA": { "TTL": namespace.soa_ttl } });
    }
    json!({
        "Id": namespace.id(),
        "Arn": namespace.arn.as_str(),
        "Name": namespace.name,
        "Type": namespace_type(namespace.kind),
        "ServiceCount": namespace.services.len(),
        "Properties": properties,
        "ResourceOwner": "SELF",
    })
}

fn service(entry: &RegisteredService) -> Value {
    let model = &entry.service;
    let mut service = json!({
        "Id": model.id(),
        "Arn": model.arn.as_str(),
        "Name": model.name,
        "NamespaceId": entry.namespace.id(),
        "InstanceCount": entry.instances().count(),
        "Type": if model.records.is_empty() { "HTTP" } else { "DNS_HTTP" },
    });
    if !model.records.is_empty() {
        let records = model.records.iter();
        let record = |it: &stack::DnsRecord| json!({ "Type": it.kind.as_str(), "TTL": it.ttl });
        service["DnsConfig"] = json!({
            "NamespaceId": entry.namespace.id(),
            "RoutingPolicy": routing_policy(model.routing_policy),
            "DnsRecords": records.map(record).collect::<Vec<_>>(),
        });
    }
    if model.custom_health {
        service["HealthCheckCustomConfig"] = json!({ "FailureThreshold": 1 });
    }
    service
}

fn routing_policy(policy: RoutingPolicy) -> &'static str {
    match policy {
        RoutingPolicy::Multivalue => "MULTIVALUE",
        RoutingPolicy::Weighted => "WEIGHTED",
    }
}

fn instance(registered: &RegisteredInstance) -> Value {
    let instance = &registered.instance;
    json!({ "Id": instance.id(), "Attributes": instance.attributes() })
}
