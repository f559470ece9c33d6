//! Instances that the template registers itself (cloudmap-ecs §1.1, §1.5).

use std::collections::BTreeMap;

use super::{arn, meant};
use crate::{
    child::Child,
    field::{Field, Reading, Result},
    problem::{DiscoveryFault, Form, Kind, NotEmulated},
    resource_type::DISCOVERY_SERVICE,
};
use cloudformation::Resolved;
use stack::DiscoveryInstance;

const MAX_KEY: usize = 255;
const MAX_VALUE: usize = 1024;

pub(crate) fn read_instance(
    reading: &Reading<'_>,
    resolved: &Resolved,
) -> Result<Child<DiscoveryInstance>> {
    let properties = reading.properties();
    let service = properties.need("ServiceId")?;
    let Some(parent) = meant(resolved, [DISCOVERY_SERVICE], &service.text()?) else {
        return Err(service.not_in_template(Kind::DiscoveryService));
    };
    if let Some(id) = properties.get("InstanceId") {
        check_id(&id)?;
    }
    let attributes = properties.need("InstanceAttributes")?.map()?;
    let item = DiscoveryInstance {
        logical_id: (&reading.resource.logical_id).into(),
        id: reading.resource.reference().to_owned(),
        attributes: attributes.entries().map(attribute).collect::<Result<BTreeMap<_, _>>>()?,
    };
    Ok(Child { parent: arn(parent), item, span: reading.resource.span })
}

fn check_id(field: &Field<'_>) -> Result<()> {
    let id = field.text()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || "_/:.@-".contains(c);
    if (1..=64).contains(&id.len()) && id.chars().all(legal) {
        return Ok(());
    }
    Err(field.malformed(&id, Form::InstanceId))
}

fn attribute((key, field): (&str, Field<'_>)) -> Result<(String, String)> {
    let value = field.text()?;
    if key.len() > MAX_KEY {
        return Err(field.refused(DiscoveryFault::AttributeName { most: MAX_KEY }));
    }
    if value.len() > MAX_VALUE {
        return Err(field.refused(DiscoveryFault::AttributeValue { most: MAX_VALUE }));
    }
    let valid = match key {
        "AWS_INSTANCE_IPV4" => value.parse::<std::net::Ipv4Addr>().is_ok(),
        "AWS_INSTANCE_IPV6" => value.parse::<std::net::Ipv6Addr>().is_ok(),
        "AWS_INSTANCE_PORT" => value.parse::<u16>().is_ok(),
        "AWS_INIT_HEALTH_STATUS" => value == "HEALTHY" || value == "UNHEALTHY",
        "AWS_ALIAS_DNS_NAME" => return Err(field.refused(NotEmulated::AliasRecord)),
        _ => true,
    };
    if !valid {
        return Err(field.malformed(&value, Form::InstanceAttribute));
    }
    Ok((key.to_owned(), value.into_owned()))
}
