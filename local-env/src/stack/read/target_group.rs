//! Target groups (alb §4.1).

use super::{
    attribute,
    field::{Properties, Reading, Result},
    health_check, load_balancer, target_group_attributes,
};
use crate::stack::{ProtocolVersion, TargetGroup, TargetProtocol};

/// How targets are spoken to.
pub(super) const PROTOCOLS: [(&str, TargetProtocol); 2] =
    [("HTTP", TargetProtocol::Http), ("HTTPS", TargetProtocol::Https)];

const VERSIONS: [(&str, ProtocolVersion); 3] = [
    ("HTTP1", ProtocolVersion::Http1),
    ("HTTP2", ProtocolVersion::Http2),
    ("GRPC", ProtocolVersion::Grpc),
];

pub(super) fn read(reading: &Reading<'_>) -> Result<TargetGroup> {
    let properties = reading.properties();
    load_balancer::name(&properties)?;
    kind(&properties)?;
    properties.need("Port")?.port()?;
    let protocol = properties.need("Protocol")?.choice(&PROTOCOLS)?;
    let version = properties.choice("ProtocolVersion", &VERSIONS, ProtocolVersion::Http1)?;
    Ok(TargetGroup {
        logical_id: reading.resource.logical_id.clone(),
        arn: reading.resource.reference().into(),
        name: attribute(reading.resource, "TargetGroupName"),
        full_name: attribute(reading.resource, "TargetGroupFullName"),
        protocol,
        version,
        health_check: health_check::read(&properties, version)?,
        attributes: target_group_attributes::read(reading, &properties)?,
    })
}

fn kind(properties: &Properties<'_>) -> Result<()> {
    let help = "a target group of Fargate tasks has `TargetType: ip`; AWS's default is `instance`";
    let Some(kind) = properties.get("TargetType") else {
        return Err(properties.missing("TargetType", help));
    };
    if kind.text()? != "ip" {
        return Err(kind.not_emulated(format!("targets of type `{}`", kind.text()?), help));
    }
    if let Some(targets) = properties.get("Targets").filter(|targets| !targets.is_empty()) {
        let help = "leave `Targets` out: ECS registers the tasks of a service";
        return Err(targets.not_emulated("targets that are no tasks", help));
    }
    properties.ignore_unless("IpAddressType", &["ipv4"])
}
