//! One rule of a security group: what it lets through, and whom.

use std::ops::RangeInclusive;

use ipnet::{Ipv4Net, Ipv6Net};

use super::id;
use crate::{
    field::{Field, Properties, Reading, Result},
    problem::{Form, NotEmulated, SecurityGroupFault},
};
use cloudformation::Resolved;
use stack::{Direction, IcmpKind, RulePlace, SecurityGroupPeer, SecurityGroupRule, Traffic};

pub(super) fn read(
    reading: &Reading<'_>,
    properties: &Properties<'_>,
    resolved: &Resolved,
    (place, direction): (RulePlace, Direction),
) -> Result<SecurityGroupRule> {
    Ok(SecurityGroupRule {
        logical_id: (&reading.resource.logical_id).into(),
        place,
        direction,
        traffic: traffic(properties)?,
        peer: peer(properties, resolved, direction)?,
    })
}

fn traffic(properties: &Properties<'_>) -> Result<Traffic> {
    let protocol = properties.need("IpProtocol")?;
    let text = protocol.text()?.to_ascii_lowercase();
    Ok(match text.as_str() {
        "tcp" | "6" => Traffic::Tcp(ports(properties)?),
        "udp" | "17" => Traffic::Udp(ports(properties)?),
        "icmp" | "1" => Traffic::Icmp(icmp(properties)?),
        "icmpv6" | "58" => Traffic::Icmpv6(icmp(properties)?),
        other => {
            // They mean nothing here, which is worth a word only where they look as if they did.
            properties.ignore_unless("FromPort", &["-1", "0"])?;
            properties.ignore_unless("ToPort", &["-1", "0", "65535"])?;
            match (other, other.parse()) {
                ("-1", _) => Traffic::All,
                (_, Ok(number)) => Traffic::Other(number),
                (_, Err(_)) => return Err(protocol.malformed(&text, Form::IpProtocol)),
            }
        }
    })
}

fn ports(properties: &Properties<'_>) -> Result<RangeInclusive<u16>> {
    let port = |key: &str| {
        let field = properties.need(key)?;
        let number = field.number(0..=u16::MAX.into())?;
        Ok((u16::try_from(number).unwrap_or(u16::MAX), field))
    };
    let ((from, _), (to, field)) = (port("FromPort")?, port("ToPort")?);
    if from <= to {
        return Ok(from..=to);
    }
    Err(field.refused(SecurityGroupFault::PortOrder { from, to }))
}

/// Reads type and code; what is absent is taken as all.
fn icmp(properties: &Properties<'_>) -> Result<IcmpKind> {
    let number = |key: &str| match properties.get(key) {
        Some(field) if field.text()? != "-1" => {
            let number = field.number(0..=u8::MAX.into())?;
            Ok(Some((u8::try_from(number).unwrap_or(u8::MAX), field)))
        }
        _ => Ok(None),
    };
    match (number("FromPort")?, number("ToPort")?) {
        (None, Some((code, field))) => {
            Err(field.refused(SecurityGroupFault::CodeWithoutType { code }))
        }
        (kind, code) => Ok(IcmpKind { kind: kind.map(|(it, _)| it), code: code.map(|(it, _)| it) }),
    }
}

/// Returns the one peer that the rule names.
fn peer(
    properties: &Properties<'_>,
    resolved: &Resolved,
    direction: Direction,
) -> Result<SecurityGroupPeer> {
    let (prefix_list, group) = match direction {
        Direction::Ingress => ("SourcePrefixListId", "SourceSecurityGroupId"),
        Direction::Egress => ("DestinationPrefixListId", "DestinationSecurityGroupId"),
    };
    if let Some(name) = properties.get("SourceSecurityGroupName") {
        return Err(name.refused(NotEmulated::GroupByName { instead: "SourceSecurityGroupId" }));
    }
    let keys = ["CidrIp", "CidrIpv6", prefix_list, group];
    let mut given = keys.into_iter().filter_map(|key| Some((key, properties.get(key)?)));
    let Some((key, field)) = given.next() else { return Ok(SecurityGroupPeer::Nobody) };
    if let Some((_, second)) = given.next() {
        return Err(second.refused(SecurityGroupFault::SecondPeer { first: key }));
    }
    Ok(match key {
        "CidrIp" => SecurityGroupPeer::V4(v4(&field)?),
        "CidrIpv6" => SecurityGroupPeer::V6(v6(&field)?),
        key if key == group => SecurityGroupPeer::Group(id(&field, resolved)?),
        _ => {
            field.ignore();
            SecurityGroupPeer::PrefixList(field.text()?.into_owned())
        }
    })
}

pub(super) fn v4(field: &Field<'_>) -> Result<Ipv4Net> {
    let text = field.text()?;
    let network = text.parse::<Ipv4Net>().map(|network| network.trunc());
    network.map_err(|_| field.malformed(&text, Form::CidrV4))
}

fn v6(field: &Field<'_>) -> Result<Ipv6Net> {
    let text = field.text()?;
    let network = text.parse::<Ipv6Net>().map(|network| network.trunc());
    network.map_err(|_| field.malformed(&text, Form::CidrV6))
}
