//! Cloud Map services, and what an ECS service needs of the one that it is registered in.

use super::{KINDS, arn, dns_config, is_domain_name, meant};
use crate::{
    child::Child,
    field::{Field, Properties, Reading, Result},
    lookup::attribute,
    problem::{DiscoveryFault, Form, Kind, Need, NotEmulated, Part, ServiceFault},
    resource_type::{HTTP_NAMESPACE, PRIVATE_NAMESPACE},
};
use cloudformation::{Resolved, Resource};
use stack::{DiscoveryService, RecordKind, RoutingPolicy};

pub(crate) fn read_service(
    reading: &Reading<'_>,
    resolved: &Resolved,
) -> Result<Child<DiscoveryService>> {
    let properties = reading.properties();
    let config = properties.of(Part::DiscoveryRecords).map("DnsConfig")?;
    let namespace = namespace(&properties, config.as_ref(), resolved)?;
    let namespace_type = namespace.resource_type.as_str();
    let custom_health = custom_health(&properties, namespace_type)?;
    if let (HTTP_NAMESPACE, Some(field)) = (namespace_type, properties.get("DnsConfig"))
        && config.as_ref().is_some_and(|config| config.get("DnsRecords").is_some())
    {
        return Err(field.refused(DiscoveryFault::RecordsWithoutDns));
    }
    let api_only = is_api_only(&properties)? || namespace_type == HTTP_NAMESPACE;
    let (records, routing_policy) = match config.filter(|_| !api_only) {
        Some(config) => dns_config::read(&config)?,
        None => (Vec::new(), RoutingPolicy::Multivalue),
    };
    let item = DiscoveryService {
        logical_id: (&reading.resource.logical_id).into(),
        arn: arn(reading.resource),
        name: name(reading, &properties, namespace_type)?,
        records,
        routing_policy,
        custom_health,
        instances: Vec::new(),
    };
    Ok(Child { parent: arn(namespace), item, span: reading.resource.span })
}

/// Checks what ECS demands of the Cloud Map service that `entry`, a service's registry, refers to
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
        ([RecordKind::Srv], None) => Err(entry.refused(ServiceFault::NoPortForSrv)),
        ([RecordKind::Cname], _) => Err(entry.refused(ServiceFault::CnameRegistry)),
        ([RecordKind::Aaaa], _) => Err(entry.refused(NotEmulated::Ipv6Tasks)),
        _ => Ok(()),
    }
}

/// Returns the namespace, whose id stands in one of two places, or in both.
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
        return Err(nested.refused(DiscoveryFault::TwoNamespaces));
    }
    let Some(field) = own.or(nested) else {
        return Err(properties.missing("NamespaceId", Need::Namespace));
    };
    let found = meant(resolved, KINDS.map(|(name, _)| name), &field.text()?);
    found.ok_or_else(|| field.not_in_template(Kind::Namespace))
}

/// Returns whether somebody reports the instances' health. The threshold is always taken for 1
/// (cloudmap-ecs §1.4).
fn custom_health(properties: &Properties<'_>, namespace_type: &str) -> Result<bool> {
    let custom = properties.map("HealthCheckCustomConfig")?;
    if let Some(custom) = &custom {
        custom.number("FailureThreshold", 1..=10, 1)?;
    }
    let health = properties.of(Part::DiscoveryHealth);
    let Some(checks) = health.get("HealthCheckConfig") else { return Ok(custom.is_some()) };
    if namespace_type == PRIVATE_NAMESPACE {
        return Err(checks.refused(DiscoveryFault::PrivateHealthCheck));
    }
    if custom.is_some() {
        return Err(checks.refused(DiscoveryFault::TwoHealthChecks));
    }
    check_types(&checks, properties)?;
    // Nobody checks: all instances count as healthy.
    checks.ignore();
    Ok(false)
}

fn check_types(checks: &Field<'_>, properties: &Properties<'_>) -> Result<()> {
    checks.map()?.need("Type")?.choice(&[("HTTP", ()), ("HTTPS", ()), ("TCP", ())])?;
    let config = properties.of(Part::DiscoveryRecords).map("DnsConfig")?;
    let kinds = config.map_or(Ok(Vec::new()), |config| dns_config::kinds(&config))?;
    if kinds == [RecordKind::Cname] {
        return Err(checks.refused(DiscoveryFault::CnameHealthCheck));
    }
    // What is in it has been looked at as far as it matters.
    properties.get("HealthCheckConfig");
    Ok(())
}

fn is_api_only(properties: &Properties<'_>) -> Result<bool> {
    properties.choice("Type", &[("HTTP", true)], false)
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
    Err(field.malformed(&name, Form::DomainName))
}
