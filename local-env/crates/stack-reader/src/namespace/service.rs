//! Cloud Map services, and what an ECS service needs of the one that it is registered in.

use super::{KINDS, NAME_HELP, arn, dns_config, is_domain_name, meant};
use crate::{
    Child, HTTP_NAMESPACE, PRIVATE_NAMESPACE, attribute,
    field::{Field, Properties, Reading, Result},
};
use cloudformation::{Resolved, Resource};
use stack::{DiscoveryService, RecordKind, RoutingPolicy};

pub(crate) fn read_service(
    reading: &Reading<'_>,
    resolved: &Resolved,
) -> Result<Child<DiscoveryService>> {
    let properties = reading.properties();
    let config = properties.map("DnsConfig")?;
    let namespace = namespace(&properties, config.as_ref(), resolved)?;
    let namespace_type = namespace.resource_type.as_str();
    let custom_health = custom_health(&properties, namespace_type)?;
    if let (HTTP_NAMESPACE, Some(field)) = (namespace_type, properties.get("DnsConfig"))
        && config.as_ref().is_some_and(|config| config.get("DnsRecords").is_some())
    {
        let help = "remove it, or make the namespace one with DNS";
        return Err(field.refused("is given in a namespace without DNS", help));
    }
    let api_only = is_api_only(&properties)? || namespace_type == HTTP_NAMESPACE;
    let (records, routing_policy) = match config.filter(|_| !api_only) {
        Some(config) => dns_config::read(&config)?,
        None => (Vec::new(), RoutingPolicy::Multivalue),
    };
    let item = DiscoveryService {
        logical_id: reading.resource.logical_id.clone(),
        arn: arn(reading.resource),
        name: name(reading, &properties, namespace_type)?,
        records,
        routing_policy,
        custom_health,
        instances: Vec::new(),
    };
    Ok(Child { parent: arn(namespace), item, span: reading.resource.span })
}

/// What ECS demands of the Cloud Map service that `entry`, a service's registry, refers to
/// (cloudmap-ecs §1.5, §1.6).
pub(crate) fn check_registry(
    entry: &Field<'_>,
    discovery: &Resource,
    port: Option<u16>,
) -> Result<()> {
    let reading = Reading::new(discovery);
    // What is wrong with the Cloud Map service itself is told there.
    let config = reading.properties().map("DnsConfig").ok().flatten();
    let kinds = config.and_then(|config| dns_config::kinds(&config).ok()).unwrap_or_default();
    match (&kinds[..], port) {
        ([RecordKind::Srv], None) => {
            let help = "give `Port`, or `ContainerName` and `ContainerPort`";
            Err(entry.refused("names no port for the SRV records of its Cloud Map service", help))
        }
        ([RecordKind::Cname], _) => {
            let help = "give the Cloud Map service records of type A or SRV";
            Err(entry.refused("names a Cloud Map service with CNAME records", help))
        }
        ([RecordKind::Aaaa], _) => {
            let help = "add a record of type A: tasks have IPv4 addresses here";
            Err(entry.not_emulated("tasks with IPv6 addresses alone", help))
        }
        _ => Ok(()),
    }
}

/// The namespace's id stands in one of two places, or in both.
fn namespace<'a>(
    properties: &Properties<'_>,
    config: Option<&Properties<'_>>,
    resolved: &'a Resolved,
) -> Result<&'a Resource> {
    let own = properties.get("NamespaceId");
    let nested = config.and_then(|config| config.get("NamespaceId"));
    if let (Some(own), Some(nested)) = (&own, &nested)
        && own.text()? != nested.text()?
    {
        let help = "keep `NamespaceId` and remove `DnsConfig.NamespaceId`";
        return Err(nested.refused("differs from `NamespaceId`", help));
    }
    let Some(field) = own.or(nested) else {
        return Err(properties.missing("NamespaceId", "a service belongs to a namespace"));
    };
    let found = meant(resolved, KINDS.map(|(name, _)| name), &field.text()?);
    found.ok_or_else(|| field.not_in_template("Cloud Map namespace"))
}

/// Whether somebody reports the instances' health. The threshold is always taken for 1
/// (cloudmap-ecs §1.4).
fn custom_health(properties: &Properties<'_>, namespace_type: &str) -> Result<bool> {
    let custom = properties.map("HealthCheckCustomConfig")?;
    if let Some(custom) = &custom {
        custom.number("FailureThreshold", 1..=10, 1)?;
    }
    let Some(checks) = properties.get("HealthCheckConfig") else { return Ok(custom.is_some()) };
    if namespace_type == PRIVATE_NAMESPACE {
        let help = "Route 53 cannot reach a private namespace: use `HealthCheckCustomConfig`";
        return Err(checks.refused("is given in a private namespace", help));
    }
    if custom.is_some() {
        let help = "keep one of the two";
        return Err(checks.refused("is given beside `HealthCheckCustomConfig`", help));
    }
    check_types(&checks, properties)?;
    // Nobody checks: all instances count as healthy.
    checks.ignore();
    Ok(false)
}

fn check_types(checks: &Field<'_>, properties: &Properties<'_>) -> Result<()> {
    let kind = checks.map()?.need("Type")?;
    if !["HTTP", "HTTPS", "TCP"].contains(&&*kind.text()?) {
        return Err(kind.refused(format!("is `{}`", kind.text()?), "write HTTP, HTTPS or TCP"));
    }
    let config = properties.map("DnsConfig")?;
    let kinds = config.map_or(Ok(Vec::new()), |config| dns_config::kinds(&config))?;
    if kinds == [RecordKind::Cname] {
        let help = "remove it: a CNAME's target is not checked";
        return Err(checks.refused("is given beside a CNAME record", help));
    }
    // What is in it has been looked at as far as it matters.
    properties.get("HealthCheckConfig");
    Ok(())
}

fn is_api_only(properties: &Properties<'_>) -> Result<bool> {
    let Some(field) = properties.get("Type") else { return Ok(false) };
    let text = field.text()?;
    if text == "HTTP" {
        return Ok(true);
    }
    Err(field.refused(format!("is `{text}`"), "write `HTTP`, or nothing to have DNS records too"))
}

fn name(
    reading: &Reading<'_>,
    properties: &Properties<'_>,
    namespace_type: &str,
) -> Result<String> {
    let Some(field) = properties.get("Name") else {
        return Ok(attribute(reading.resource, "Name"));
    };
    let name = field.text()?;
    let api_only = namespace_type == HTTP_NAMESPACE && !name.is_empty();
    if (api_only || is_domain_name(&name)) && name.len() <= 127 {
        return Ok(name.into_owned());
    }
    Err(field.refused(format!("is `{name}`"), NAME_HELP))
}
