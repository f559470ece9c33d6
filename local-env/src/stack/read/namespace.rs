//! Cloud Map namespaces and services (cloudmap-ecs §1).

use super::{
    Child, NAMESPACE, attribute,
    field::{Field, Properties, Reading, Result},
    named,
};
use crate::{
    cloudformation::Resolved,
    stack::{Arn, DiscoveryService, DnsRecord, Namespace, RecordKind, RoutingPolicy},
};

const MAX_TTL: u32 = i32::MAX as u32;
const DEFAULT_SOA_TTL: u32 = 15;

/// A namespace and what its services call it.
pub(super) fn read(reading: &Reading<'_>) -> Result<(Arn, Namespace)> {
    let properties = reading.properties();
    let name = properties.need("Name")?;
    let zone = zone(&name)?;
    let namespace = Namespace {
        logical_id: reading.resource.logical_id.clone(),
        name: zone,
        soa_ttl: soa_ttl(&properties)?,
        services: Vec::new(),
    };
    Ok((reading.resource.reference().into(), namespace))
}

fn zone(field: &Field<'_>) -> Result<String> {
    let text = field.text()?;
    let name = text.strip_suffix('.').unwrap_or(&text);
    if is_domain_name(name) && name.len() <= 253 {
        return Ok(name.to_owned());
    }
    let help = "a name has labels of up to 63 letters, digits, hyphens and underscores, with dots";
    Err(field.refused(format!("is `{text}`"), help))
}

fn soa_ttl(properties: &Properties<'_>) -> Result<u32> {
    let mut at = properties.clone();
    for key in ["Properties", "DnsProperties", "SOA"] {
        match at.map(key)? {
            Some(inner) => at = inner,
            None => return Ok(DEFAULT_SOA_TTL),
        }
    }
    at.number("TTL", 0..=MAX_TTL, DEFAULT_SOA_TTL)
}

pub(super) fn read_service(
    reading: &Reading<'_>,
    resolved: &Resolved,
) -> Result<Child<DiscoveryService>> {
    let properties = reading.properties();
    let config = properties.map("DnsConfig")?;
    let parent = parent(&properties, config.as_ref(), resolved)?;
    health(&properties)?;
    let api_only = properties.text("Type")?.is_some_and(|kind| kind == "HTTP");
    let (records, routing_policy) = match config.filter(|_| !api_only) {
        Some(config) => (records(&config)?, routing_policy(&config)?),
        None => (Vec::new(), RoutingPolicy::Multivalue),
    };
    let item = DiscoveryService {
        logical_id: reading.resource.logical_id.clone(),
        arn: attribute(reading.resource, "Arn").as_str().into(),
        name: service_name(reading, &properties)?,
        records,
        routing_policy,
    };
    Ok(Child { parent, item, span: reading.resource.span })
}

/// The namespace's id stands in one of two places, or in both.
fn parent(
    properties: &Properties<'_>,
    config: Option<&Properties<'_>>,
    resolved: &Resolved,
) -> Result<Arn> {
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
    let id = field.arn()?;
    let known = named(resolved, NAMESPACE, id.as_str()).is_some();
    if known { Ok(id) } else { Err(field.not_in_template("private DNS namespace")) }
}

fn health(properties: &Properties<'_>) -> Result<()> {
    if let Some(config) = properties.get("HealthCheckConfig") {
        let help = "Route 53 cannot reach a private namespace: use `HealthCheckCustomConfig`";
        return Err(config.refused("is given in a private namespace", help));
    }
    // Its threshold is always taken for 1 (cloudmap-ecs §1.4).
    properties.get("HealthCheckCustomConfig");
    Ok(())
}

fn records(config: &Properties<'_>) -> Result<Vec<DnsRecord>> {
    let field = config.need("DnsRecords")?;
    let records: Vec<_> = field.items()?.iter().map(record).collect::<Result<_>>()?;
    match records.len() {
        1 => Ok(records),
        0 => Err(field.refused("is empty", "give a record of type A")),
        _ => Err(field.refused("has the type A more than once", "give one record of type A")),
    }
}

fn record(field: &Field<'_>) -> Result<DnsRecord> {
    let record = field.map()?;
    let kind = record.need("Type")?;
    let ttl = record.need("TTL")?.number(0..=MAX_TTL)?;
    match &*kind.text()? {
        "A" => Ok(DnsRecord { kind: RecordKind::A, ttl }),
        other => {
            let what = format!("DNS records of type `{other}`");
            Err(kind.not_emulated(what, "only records of type `A` are emulated"))
        }
    }
}

fn routing_policy(config: &Properties<'_>) -> Result<RoutingPolicy> {
    let Some(field) = config.get("RoutingPolicy") else { return Ok(RoutingPolicy::Multivalue) };
    match &*field.text()? {
        "MULTIVALUE" => Ok(RoutingPolicy::Multivalue),
        "WEIGHTED" => Ok(RoutingPolicy::Weighted),
        other => Err(field.refused(format!("is `{other}`"), "write `MULTIVALUE` or `WEIGHTED`")),
    }
}

fn service_name(reading: &Reading<'_>, properties: &Properties<'_>) -> Result<String> {
    let Some(field) = properties.get("Name") else {
        return Ok(attribute(reading.resource, "Name"));
    };
    let name = field.text()?;
    if is_domain_name(&name) && name.len() <= 127 {
        return Ok(name.into_owned());
    }
    let help = "a name has labels of up to 63 letters, digits, hyphens and underscores, with dots";
    Err(field.refused(format!("is `{name}`"), help))
}

fn is_domain_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(legal)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.split('.').all(label)
}
