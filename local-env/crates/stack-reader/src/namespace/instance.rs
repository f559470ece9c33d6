//! Instances that the template registers itself (cloudmap-ecs §1.1, §1.5).

use std::collections::BTreeMap;

use super::{arn, meant};
use crate::{
    Child, DISCOVERY_SERVICE,
    field::{Field, Reading, Result},
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
        return Err(service.not_in_template("Cloud Map service"));
    };
    if let Some(id) = properties.get("InstanceId") {
        check_id(&id)?;
    }
    let attributes = properties.need("InstanceAttributes")?.map()?;
    let item = DiscoveryInstance {
        logical_id: reading.resource.logical_id.clone(),
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
    let help = "an id has 1 to 64 letters, digits and `_/:.@-`";
    Err(field.refused(format!("is `{id}`"), help))
}

fn attribute((key, field): (&str, Field<'_>)) -> Result<(String, String)> {
    let value = field.text()?;
    let help = |most| format!("AWS takes up to {most} characters");
    if key.len() > MAX_KEY {
        return Err(field.refused("has too long a name", help(MAX_KEY)));
    }
    if value.len() > MAX_VALUE {
        return Err(field.refused("is too long", help(MAX_VALUE)));
    }
    let valid = match key {
        "AWS_INSTANCE_IPV4" => value.parse::<std::net::Ipv4Addr>().is_ok(),
        "AWS_INSTANCE_IPV6" => value.parse::<std::net::Ipv6Addr>().is_ok(),
        "AWS_INSTANCE_PORT" => value.parse::<u16>().is_ok(),
        "AWS_INIT_HEALTH_STATUS" => value == "HEALTHY" || value == "UNHEALTHY",
        "AWS_ALIAS_DNS_NAME" => {
            return Err(field.not_emulated("an alias record", "use `AWS_INSTANCE_CNAME`"));
        }
        _ => true,
    };
    if !valid {
        return Err(field.refused(format!("is `{value}`"), "give a value as its name asks for"));
    }
    Ok((key.to_owned(), value.into_owned()))
}
