//! Target groups (alb §4.1).

use crate::{
    field::{Field, Properties, Reading, Result},
    health_check, load_balancer,
    lookup::attribute,
    problem::{NotEmulated, TargetType},
    target_group_attributes,
};
use cloudformation::{Node, Resource};
use stack::{ProtocolVersion, TargetGroup, TargetProtocol};

const OF_NETWORK_LOAD_BALANCERS: [&str; 7] =
    ["TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"];

const VERSIONS: [(&str, ProtocolVersion); 3] = [
    ("HTTP1", ProtocolVersion::Http1),
    ("HTTP2", ProtocolVersion::Http2),
    ("GRPC", ProtocolVersion::Grpc),
];

pub(super) fn read(reading: &Reading<'_>) -> Result<TargetGroup> {
    let properties = reading.properties();
    load_balancer::name(&properties)?;
    target_type(&properties)?;
    properties.need("Port")?.port()?;
    let protocol = protocol(&properties.need("Protocol")?)?;
    let version = properties.choice("ProtocolVersion", &VERSIONS, ProtocolVersion::Http1)?;
    Ok(TargetGroup {
        logical_id: (&reading.resource.logical_id).into(),
        arn: reading.resource.reference().into(),
        name: attribute(reading.resource, "TargetGroupName"),
        full_name: attribute(reading.resource, "TargetGroupFullName"),
        protocol,
        version,
        health_check: health_check::read(&properties, version)?,
        attributes: target_group_attributes::read(reading, &properties)?,
    })
}

/// Returns the type for who registers tasks, none of which are of the other types; AWS's default is
/// `instance`.
pub(super) fn type_of(group: &Resource) -> Option<TargetType> {
    let text = group.properties.get("TargetType").and_then(Node::text);
    match text.as_deref() {
        Some("ip") => Some(TargetType::Ip),
        Some("instance") | None => Some(TargetType::Instance),
        Some(_) => None,
    }
}

fn target_type(properties: &Properties<'_>) -> Result<()> {
    if let Some(field) = properties.get("TargetType")
        && !matches!(&*field.text()?, "ip" | "instance")
    {
        let found = field.text()?.into_owned();
        return Err(field.refused(NotEmulated::TargetType { found }));
    }
    if let Some(targets) = properties.get("Targets").filter(|targets| !targets.is_empty()) {
        return Err(targets.refused(NotEmulated::Targets));
    }
    properties.ignore_unless("IpAddressType", &["ipv4"])
}

fn protocol(field: &Field<'_>) -> Result<TargetProtocol> {
    let text = field.text()?;
    if OF_NETWORK_LOAD_BALANCERS.contains(&&*text) {
        return Err(field.refused(NotEmulated::TargetProtocol { found: text.into_owned() }));
    }
    field.choice(&health_check::PROTOCOLS)
}
