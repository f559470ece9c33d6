//! What is acted upon, though not quite as AWS does.

use crate::resource_type::{
    CERTIFICATE, LISTENER, SECURITY_GROUP, SECURITY_GROUP_EGRESS, SECURITY_GROUP_INGRESS, SERVICE,
    TARGET_GROUP, TASK_DEFINITION,
};
use cloudformation::{Node, Resource};

const NOT_HELD: &str = "is read and checked, and stops no connection";

/// The type, the property's way within it (empty for the type as a whole), and how it is here.
const APPROXIMATED: [(&str, &str, &str); 16] = [
    (TARGET_GROUP, "HealthCheckIntervalSeconds", "passes 60 times faster without --real-time"),
    (LISTENER, "Port", "is published 8000 higher below 1024"),
    (LISTENER, "Certificates", "are signed by an authority of this machine"),
    (CERTIFICATE, "DomainName", "is in a certificate of an authority of this machine"),
    (TASK_DEFINITION, "Cpu", "is checked, and shown to the task, and limits nothing"),
    (
        TASK_DEFINITION,
        "ContainerDefinitions[].Image",
        "gives way to local-env.toml's `run`, if it has one",
    ),
    (TASK_DEFINITION, "ContainerDefinitions[].EntryPoint", "gives way to local-env.toml's `run`"),
    (
        TASK_DEFINITION,
        "ContainerDefinitions[].Command",
        "comes after local-env.toml's `run` where that says so",
    ),
    (TASK_DEFINITION, "ContainerDefinitions[].Secrets", "come from local-env.toml"),
    (TASK_DEFINITION, "ContainerDefinitions[].EnvironmentFiles", "come from local-env.toml"),
    (
        TASK_DEFINITION,
        "ContainerDefinitions[].WorkingDirectory",
        "gives way to local-env.toml's `dir`",
    ),
    (SERVICE, "ServiceConnectConfiguration", "names lead to a proxy that balances connections"),
    (SERVICE, "NetworkConfiguration", "tasks have addresses of 127.0.0.0/8, not of the subnets"),
    (SECURITY_GROUP, "", NOT_HELD),
    (SECURITY_GROUP_INGRESS, "", NOT_HELD),
    (SECURITY_GROUP_EGRESS, "", NOT_HELD),
];

/// How many of these a resource has.
pub(super) fn count(resource: &Resource) -> usize {
    let own = APPROXIMATED.iter().filter(|(kind, ..)| *kind == resource.resource_type);
    own.filter(|(_, path, _)| has(&resource.properties, path)).count()
}

/// `A[].B` is there if any item of `A` has `B`.
fn has(properties: &Node, path: &str) -> bool {
    match path.split_once("[].") {
        Some((list, property)) => {
            let items = properties.get(list).and_then(Node::items).unwrap_or_default();
            items.iter().any(|item| item.get(property).is_some())
        }
        None => path.is_empty() || properties.get(path).is_some(),
    }
}

/// How a property, or without one the whole type, differs from AWS's, if it does.
pub fn approximation(resource_type: &str, property: Option<&str>) -> Option<&'static str> {
    let property = property.unwrap_or_default();
    let mut all = APPROXIMATED.iter();
    all.find(|(kind, name, _)| *kind == resource_type && *name == property).map(|(_, _, how)| *how)
}
