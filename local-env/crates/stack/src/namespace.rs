//! A Cloud Map namespace and the services whose instances it names.

use std::collections::BTreeMap;

use super::{Arn, LogicalId};

/// A namespace with the services in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// The name in the template.
    pub logical_id: LogicalId,
    /// The ARN: `arn:aws:servicediscovery:…:namespace/ns-…`.
    pub arn: Arn,
    /// The kind, which says where its names are answered.
    pub kind: NamespaceKind,
    /// The zone, without a final dot: `services`.
    pub name: String,
    /// The seconds for which a resolver may remember that a name does not exist
    /// (`Properties.DnsProperties.SOA.TTL`; cloudmap-ecs §1.8 has the default).
    pub soa_ttl: u32,
    /// The services by name.
    pub services: Vec<DiscoveryService>,
}

/// The kind of a namespace, which says where its names are answered. The API answers in all of
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamespaceKind {
    /// The VPC's resolver answers: `PrivateDnsNamespace`.
    Private,
    /// Everybody's resolver answers, which here is the same one: `PublicDnsNamespace`.
    Public,
    /// The API alone answers: `HttpNamespace`.
    Http,
}

/// A service of Cloud Map (`AWS::ServiceDiscovery::Service`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryService {
    /// The name in the template.
    pub logical_id: LogicalId,
    /// The ARN, by which ECS services name it: `arn:aws:servicediscovery:…:service/srv-…`.
    pub arn: Arn,
    /// The name in the namespace: `service1`.
    pub name: String,
    /// The records that each instance gets; none where only the API answers.
    pub records: Vec<DnsRecord>,
    /// The routing policy: how many instances an answer names.
    pub routing_policy: RoutingPolicy,
    /// Whether somebody reports the instances' health (`HealthCheckCustomConfig`). Without it they
    /// all count as healthy.
    pub custom_health: bool,
    /// The instances that no task stands behind.
    pub instances: Vec<DiscoveryInstance>,
}

/// An instance that the template registers itself (`AWS::ServiceDiscovery::Instance`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryInstance {
    /// The name in the template.
    pub logical_id: LogicalId,
    /// The id, unique in its service.
    pub id: String,
    /// The attributes: `AWS_INSTANCE_IPV4` and so on, and the user's own.
    pub attributes: BTreeMap<String, String>,
}

/// A DNS record that each instance gets (an entry of `DnsConfig.DnsRecords`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsRecord {
    /// The type of the record.
    pub kind: RecordKind,
    /// The time to live, in seconds.
    pub ttl: u32,
}

/// The type of a DNS record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// A port, and a name that has the address.
    Srv,
    /// A name that another one stands for.
    Cname,
}

/// The instances that an answer names (`DnsConfig.RoutingPolicy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoutingPolicy {
    /// Up to eight instances at random, which is the default.
    Multivalue,
    /// One instance at random.
    Weighted,
}

// === impl Namespace ===

impl Namespace {
    /// Returns the id as `Ref` gives it: `ns-…`.
    pub fn id(&self) -> &str {
        last_part(&self.arn)
    }
}

// === impl DiscoveryService ===

impl DiscoveryService {
    /// Returns the id as `Ref` gives it: `srv-…`.
    pub fn id(&self) -> &str {
        last_part(&self.arn)
    }
}

fn last_part(arn: &Arn) -> &str {
    arn.as_str().rsplit('/').next().unwrap_or_default()
}

// === impl RecordKind ===

impl RecordKind {
    /// Returns the type as templates and the API write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Srv => "SRV",
            Self::Cname => "CNAME",
        }
    }
}
