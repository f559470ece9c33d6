//! Service Connect (cloudmap-ecs §3.14).

use std::borrow::Cow;

use crate::{
    field::{Field, Properties, Result},
    lookup::of_type,
    problem::ServiceFault,
    resource_type::{CLUSTER, HTTP_NAMESPACE, PRIVATE_NAMESPACE, PUBLIC_NAMESPACE},
};
use cloudformation::{Node, Resolved, Resource, Value};
use stack::{ClientAlias, ConnectEndpoint, NamedPort, ServiceConnect, TaskDefinition};

const NAMESPACES: [&str; 3] = [HTTP_NAMESPACE, PRIVATE_NAMESPACE, PUBLIC_NAMESPACE];

pub(super) fn read(
    properties: &Properties<'_>,
    resolved: &Resolved,
    definition: &TaskDefinition,
) -> Result<Option<ServiceConnect>> {
    let Some(field) = properties.switched_on("ServiceConnectConfiguration", "Enabled")? else {
        return Ok(None);
    };
    let config = field.map()?;
    let namespace = namespace(&field, &config, properties, resolved)?;
    // What the proxy says of itself is said by nobody here.
    for key in ["LogConfiguration", "AccessLogConfiguration"] {
        config.get(key).iter().for_each(Field::ignore);
    }
    let services = config.items("Services")?;
    let endpoints = services.iter().map(|it| endpoint(it, &namespace, definition));
    let endpoints = endpoints.collect::<Result<_>>()?;
    Ok(Some(ServiceConnect { namespace, endpoints }))
}

/// Returns the name of the service's own namespace, or of the cluster's; both stand there by name
/// or ARN.
fn namespace(
    field: &Field<'_>,
    config: &Properties<'_>,
    service: &Properties<'_>,
    resolved: &Resolved,
) -> Result<String> {
    if let Some(namespace) = config.get("Namespace") {
        return Ok(name_of(resolved, &namespace.text()?));
    }
    let cluster = service.text("Cluster")?;
    let default = cluster.and_then(|name| cluster_default(resolved, &name));
    default
        .map(|name| name_of(resolved, &name))
        .ok_or_else(|| field.refused(ServiceFault::NoNamespace))
}

/// Returns the default namespace of the cluster with this name or ARN.
fn cluster_default(resolved: &Resolved, name: &str) -> Option<String> {
    let arn = Value::String(name.to_owned());
    let cluster = of_type(resolved, CLUSTER)
        .find(|it| it.reference() == name || it.attribute("Arn").as_ref() == Some(&arn))?;
    let namespace = cluster.properties.get("ServiceConnectDefaults")?.get("Namespace")?;
    namespace.text().map(Cow::into_owned)
}

fn name_of(resolved: &Resolved, namespace: &str) -> String {
    let text = Value::String(namespace.to_owned());
    let is_meant = |it: &&Resource| it.attribute("Arn").as_ref() == Some(&text);
    let found = NAMESPACES.into_iter().find_map(|kind| of_type(resolved, kind).find(is_meant));
    let name = found.and_then(|it| it.properties.get("Name").and_then(Node::text));
    name.map_or_else(|| namespace.to_owned(), Cow::into_owned)
}

fn endpoint(
    item: &Field<'_>,
    namespace: &str,
    definition: &TaskDefinition,
) -> Result<ConnectEndpoint> {
    let entry = item.map()?;
    let port = port(&entry.need("PortName")?, definition)?;
    let discovery_name =
        entry.text("DiscoveryName")?.map_or_else(|| port.name.clone(), Cow::into_owned);
    // The proxy listens at the aliases' ports alone here, without encryption, and waits as long as
    // anybody does.
    for key in ["IngressPortOverride", "Tls", "Timeout"] {
        entry.get(key).iter().for_each(Field::ignore);
    }
    let default = || format!("{discovery_name}.{namespace}");
    let mut aliases = Vec::new();
    for alias in entry.items("ClientAliases")? {
        let alias = alias.map()?;
        let name = alias.text("DnsName")?.map_or_else(default, Cow::into_owned);
        alias.get("TestTrafficRules").iter().for_each(Field::ignore);
        aliases.push(ClientAlias { name, port: alias.need("Port")?.port()? });
    }
    if aliases.is_empty() {
        aliases.push(ClientAlias { name: default(), port: port.port });
    }
    let (container_port, speaks_http) = (port.port, port.speaks_http);
    Ok(ConnectEndpoint { discovery_name, container_port, speaks_http, aliases })
}

fn port(field: &Field<'_>, definition: &TaskDefinition) -> Result<NamedPort> {
    let name = field.text()?;
    let ports = || definition.containers.iter().flat_map(|container| &container.named_ports);
    ports().find(|port| port.name == name).cloned().ok_or_else(|| {
        field.refused(ServiceFault::UnknownPortName {
            found: name.clone().into_owned(),
            definition: definition.logical_id.clone(),
            known: ports().map(|port| port.name.clone()).collect(),
        })
    })
}
