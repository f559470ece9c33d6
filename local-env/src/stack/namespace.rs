//! A Cloud Map namespace and the services whose instances it names.

use super::Arn;

/// `AWS::ServiceDiscovery::PrivateDnsNamespace` with the services in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// Its name in the template.
    pub logical_id: String,
    /// The zone, without a final dot: `services`.
    pub name: String,
    /// Seconds that a resolver may remember that a name does not exist
    /// (`Properties.DnsProperties.SOA.TTL`; cloudmap-ecs §1.8 has the default).
    pub soa_ttl: u32,
    /// By name.
    pub services: Vec<DiscoveryService>,
}

/// `AWS::ServiceDiscovery::Service`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryService {
    /// Its name in the template.
    pub logical_id: String,
    /// What an ECS service's registry names.
    pub arn: Arn,
    /// The name in the namespace: `service1`.
    pub name: String,
    /// The records that each instance gets.
    pub records: Vec<DnsRecord>,
    /// How many instances an answer names.
    pub routing_policy: RoutingPolicy,
}

/// An entry of `DnsConfig.DnsRecords`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsRecord {
    /// A is the only one that is emulated so far.
    pub kind: RecordKind,
    /// Seconds.
    pub ttl: u32,
}

/// A record's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// An IPv4 address.
    A,
}

/// `DnsConfig.RoutingPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoutingPolicy {
    /// Up to eight instances, at random. The default.
    Multivalue,
    /// One instance, at random.
    Weighted,
}
