//! Namespaces and services for tests.

use std::collections::BTreeMap;

use stack::{
    Arn, DiscoveryInstance, DiscoveryService, DnsRecord, Namespace, NamespaceKind, RecordKind,
    RoutingPolicy,
};

pub(super) fn service(name: &str, kinds: &[RecordKind]) -> DiscoveryService {
    DiscoveryService {
        logical_id: name.into(),
        arn: Arn::from(name),
        name: name.into(),
        records: kinds.iter().map(|&kind| DnsRecord { kind, ttl: 60 }).collect(),
        routing_policy: RoutingPolicy::Multivalue,
        custom_health: true,
        instances: Vec::new(),
    }
}

pub(super) fn weighted(name: &str, kind: RecordKind) -> DiscoveryService {
    DiscoveryService { routing_policy: RoutingPolicy::Weighted, ..service(name, &[kind]) }
}

pub(super) fn namespace(
    name: &str,
    kind: NamespaceKind,
    services: Vec<DiscoveryService>,
) -> Namespace {
    let arn = Arn::from(name);
    Namespace { logical_id: name.into(), arn, kind, name: name.into(), soa_ttl: 15, services }
}

pub(super) fn alias(id: &str, target: &str) -> DiscoveryInstance {
    let attributes = BTreeMap::from([("AWS_INSTANCE_CNAME".into(), target.into())]);
    DiscoveryInstance { logical_id: id.into(), id: id.into(), attributes }
}
