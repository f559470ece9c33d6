//! A Cloud Map namespace and the services whose instances it names.

use std::collections::BTreeMap;

use super::Arn;

/// A namespace with the services in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// Its name in the template.
    pub logical_id: String,
    /// `arn:aws:servicediscovery:…:namespace/ns-…`.
    pub arn: Arn,
    /// Where its names are answered.
    pub kind: NamespaceKind,
    /// The zone, without a final dot: `services`.
    pub name: String,
    /// Seconds that a resolver may remember that a name does not exist
    /// (`Properties.DnsProperties.SOA.TTL`; cloudmap-ecs §1.8 has the default).
    pub soa_ttl: u32,
    /// By name.
    pub services: Vec<DiscoveryService>,
}

/// Where a namespace's names are answered. The API answers in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamespaceKind {
    /// `PrivateDnsNamespace`: by the VPC's resolver.
    Private,
    /// `PublicDnsNamespace`: by everybody's resolver, which here is the same one.
    Public,
    /// `HttpNamespace`: by the API alone.
    Http,
}

/// `AWS::ServiceDiscovery::Service`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryService {
    /// Its name in the template.
    pub logical_id: String,
    /// What an ECS service's registry names: `arn:aws:servicediscovery:…:service/srv-…`.
    pub arn: Arn,
    /// The name in the namespace: `service1`.
    pub name: String,
    /// The records that each instance gets; none where only the API answers.
    pub records: Vec<DnsRecord>,
    /// How many instances an answer names.
    pub routing_policy: RoutingPolicy,
    /// `HealthCheckCustomConfig`: whether somebody reports the instances' health. Without it they
    /// all count as healthy.
    pub custom_health: bool,
    /// Those that no task stands behind.
    pub instances: Vec<DiscoveryInstance>,
}

/// `AWS::ServiceDiscovery::Instance`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryInstance {
    /// Its name in the template.
    pub logical_id: String,
    /// Unique in its service.
    pub id: String,
    /// `AWS_INSTANCE_IPV4` and so on, and the user's own.
    pub attributes: BTreeMap<String, String>,
}

/// An entry of `DnsConfig.DnsRecords`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsRecord {
    /// Its type.
    pub kind: RecordKind,
    /// Seconds.
    pub ttl: u32,
}

/// A record's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// A port, and a name that has the address.
    Srv,
    /// Another name.
    Cname,
}

/// `DnsConfig.RoutingPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoutingPolicy {
    /// Up to eight instances, at random. The default.
    Multivalue,
    /// One instance, at random.
    Weighted,
}

// === impl Namespace ===

impl Namespace {
    /// `ns-…`, as `Ref` gives it.
    pub fn id(&self) -> &str {
        last_part(&self.arn)
    }
}

// === impl DiscoveryService ===

impl DiscoveryService {
    /// `srv-…`, as `Ref` gives it.
    pub fn id(&self) -> &str {
        last_part(&self.arn)
    }
}

fn last_part(arn: &Arn) -> &str {
    arn.as_str().rsplit('/').next().unwrap_or_default()
}

// === impl RecordKind ===

impl RecordKind {
    /// As templates and the API write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Srv => "SRV",
            Self::Cname => "CNAME",
        }
    }
}
