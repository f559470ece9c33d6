//! Cloud Map namespaces (cloudmap-ecs §1.1), and what is in them.

mod dns_config;
mod instance;
mod service;
#[cfg(test)]
mod tests;

use crate::{
    child::Child,
    field::{Field, Properties, Reading, Result},
    lookup::{attribute, of_type},
    problem::Form,
    resource_type::{HTTP_NAMESPACE, PRIVATE_NAMESPACE, PUBLIC_NAMESPACE},
};
use cloudformation::{Resolved, Resource};
use stack::{Arn, DiscoveryService, IgnoredPart, Namespace, NamespaceKind};

pub(super) use instance::read_instance;
pub(super) use service::{check_registry, read_service};

/// The private ones first: they win over a public one of the same name.
pub(super) const KINDS: [(&str, NamespaceKind); 3] = [
    (PRIVATE_NAMESPACE, NamespaceKind::Private),
    (PUBLIC_NAMESPACE, NamespaceKind::Public),
    (HTTP_NAMESPACE, NamespaceKind::Http),
];

const MAX_TTL: u32 = i32::MAX as u32;
const DEFAULT_SOA_TTL: u32 = 15;

/// Reads a namespace without its services. All belong to one account, in whose eyes a name is
/// unique.
pub(super) fn read(reading: &Reading<'_>, kind: NamespaceKind) -> Result<Child<Namespace>> {
    let properties = reading.properties();
    let name = properties.need("Name")?;
    let name = match kind {
        NamespaceKind::Http => http_name(&name)?,
        NamespaceKind::Private | NamespaceKind::Public => zone(&name)?,
    };
    match kind {
        // Whoever asks here is in every VPC.
        NamespaceKind::Private => properties.need("Vpc")?.ignore(),
        NamespaceKind::Public => reading.ignore(IgnoredPart::PublicResolution),
        NamespaceKind::Http => {}
    }
    let item = Namespace {
        logical_id: (&reading.resource.logical_id).into(),
        arn: arn(reading.resource),
        kind,
        name,
        soa_ttl: soa_ttl(&properties)?,
        services: Vec::new(),
    };
    Ok(Child { parent: Arn::from(""), item, span: reading.resource.span })
}

/// Returns what two services of a namespace must not share. Names that DNS answers have no case.
pub(super) fn unique_name(service: &DiscoveryService) -> String {
    if service.records.is_empty() { service.name.clone() } else { service.name.to_lowercase() }
}

fn zone(field: &Field<'_>) -> Result<String> {
    let text = field.text()?;
    let name = text.strip_suffix('.').unwrap_or(&text);
    if is_domain_name(name) && name.len() <= 253 {
        return Ok(name.to_owned());
    }
    Err(field.malformed(&text, Form::DomainName))
}

fn http_name(field: &Field<'_>) -> Result<String> {
    let text = field.text()?;
    let printable = text.chars().all(|c| c.is_ascii_graphic());
    if printable && (1..=1024).contains(&text.len()) {
        return Ok(text.into_owned());
    }
    Err(field.malformed(&text, Form::HttpNamespaceName))
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

/// Returns the resource of one of these types that is meant by its id or by its ARN.
fn meant<'a>(
    resolved: &'a Resolved,
    types: impl IntoIterator<Item = &'static str>,
    name: &str,
) -> Option<&'a Resource> {
    let mut all = types.into_iter().flat_map(|name| of_type(resolved, name));
    all.find(|resource| resource.reference() == name || arn(resource).as_str() == name)
}

fn arn(resource: &Resource) -> Arn {
    attribute(resource, "Arn").as_str().into()
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
