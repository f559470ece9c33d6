//! An instance: its id, and the attributes that its records are made of.
//!
//! All that Cloud Map knows of an instance are attributes; those whose names start with `AWS_` have
//! a meaning (cloudmap-ecs §1.5).

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, Ipv6Addr},
};

use hickory_server::proto::rr::{
    Name, RData, RecordType,
    rdata::{A, AAAA, CNAME},
};

use super::health::InstanceHealth;
use stack::{DiscoveryInstance, RecordKind, Service};

const IPV4: &str = "AWS_INSTANCE_IPV4";
const IPV6: &str = "AWS_INSTANCE_IPV6";
const PORT: &str = "AWS_INSTANCE_PORT";
const ALIAS: &str = "AWS_INSTANCE_CNAME";
const INITIAL_HEALTH: &str = "AWS_INIT_HEALTH_STATUS";

/// A registered instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    id: String,
    attributes: BTreeMap<String, String>,
    /// The attributes that answers are made of, read once.
    address: Option<Ipv4Addr>,
    address_v6: Option<Ipv6Addr>,
    port: Option<u16>,
}

// === impl Instance ===

impl Instance {
    /// Makes the instance of a task with this id and address.
    pub fn new(id: impl Into<String>, address: Ipv4Addr) -> Self {
        Self::without_attributes(id.into()).with(IPV4, address.to_string())
    }

    fn without_attributes(id: String) -> Self {
        Self { id, attributes: BTreeMap::new(), address: None, address_v6: None, port: None }
    }

    /// Adds an attribute, or replaces its value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        match name {
            IPV4 => self.address = value.parse().ok(),
            IPV6 => self.address_v6 = value.parse().ok(),
            PORT => self.port = value.parse().ok(),
            _ => {}
        }
        self.attributes.insert(name.to_owned(), value);
        self
    }

    /// Adds what ECS says of a task of this service.
    #[must_use]
    pub fn of_service(self, service: &Service, region: &str) -> Self {
        let port = service.registry.as_ref().and_then(|registry| registry.port);
        let instance = self
            .with("AVAILABILITY_ZONE", format!("{region}a"))
            .with("REGION", region)
            .with("ECS_CLUSTER_NAME", &service.cluster)
            .with("ECS_SERVICE_NAME", &service.name)
            .with("ECS_TASK_DEFINITION_FAMILY", &service.task_definition.family);
        match port {
            Some(port) => instance.with(PORT, port.to_string()),
            None => instance,
        }
    }

    /// Makes the instance unhealthy until something else is reported.
    #[must_use]
    pub fn unhealthy_at_first(self) -> Self {
        self.with(INITIAL_HEALTH, InstanceHealth::Unhealthy.as_str())
    }

    /// Returns the id, which is unique in the service: a task's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the attributes by their names.
    pub fn attributes(&self) -> &BTreeMap<String, String> {
        &self.attributes
    }

    /// Returns the address that A records name.
    pub fn address(&self) -> Option<Ipv4Addr> {
        self.address
    }

    /// Returns the health that the instance is registered with.
    pub(super) fn initial_health(&self) -> InstanceHealth {
        let said = self.attributes.get(INITIAL_HEALTH);
        said.and_then(|it| InstanceHealth::parse(it)).unwrap_or(InstanceHealth::Healthy)
    }

    /// Returns the port that SRV records name.
    pub(super) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Returns the name that CNAME records lead to.
    pub(super) fn alias(&self) -> Option<Name> {
        let name = Name::from_utf8(self.attributes.get(ALIAS)?).ok()?;
        name.append_name(&Name::root()).ok()
    }

    /// Returns whether the instance has records of this kind.
    pub(super) fn has(&self, kind: RecordKind) -> bool {
        match kind {
            RecordKind::A => self.address().is_some(),
            RecordKind::Aaaa => self.address_v6().is_some(),
            RecordKind::Srv => self.port().is_some(),
            RecordKind::Cname => self.alias().is_some(),
        }
    }

    /// Returns the instance's address or name, as a record of this type has it.
    pub(super) fn data(&self, kind: RecordType) -> Option<RData> {
        match kind {
            RecordType::A => Some(RData::A(A(self.address()?))),
            RecordType::AAAA => Some(RData::AAAA(AAAA(self.address_v6()?))),
            RecordType::CNAME => Some(RData::CNAME(CNAME(self.alias()?))),
            _ => None,
        }
    }

    /// Returns the address that AAAA records name.
    pub(super) fn address_v6(&self) -> Option<Ipv6Addr> {
        self.address_v6
    }
}

impl From<&DiscoveryInstance> for Instance {
    fn from(model: &DiscoveryInstance) -> Self {
        let instance = Self::without_attributes(model.id.clone());
        model.attributes.iter().fold(instance, |instance, (name, value)| instance.with(name, value))
    }
}
