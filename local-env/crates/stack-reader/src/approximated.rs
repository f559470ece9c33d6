//! What is acted upon, though not quite as AWS does.

use crate::resource_type::{
    CERTIFICATE, LISTENER, SECURITY_GROUP, SECURITY_GROUP_EGRESS, SECURITY_GROUP_INGRESS, SERVICE,
    TARGET_GROUP, TASK_DEFINITION,
};
use cloudformation::{Node, PropertyPath, Resource, Step};

const NOT_HELD: &str = "is read and checked, and stops no connection";

/// The type, the keys that lead to the property through mappings and lists (none for the type as a
/// whole), and how it is here.
const APPROXIMATED: [(&str, &[&str], &str); 16] = [
    (TARGET_GROUP, &["HealthCheckIntervalSeconds"], "passes 60 times faster without --real-time"),
    (LISTENER, &["Port"], "is published 8000 higher below 1024"),
    (LISTENER, &["Certificates"], "are signed by an authority of this machine"),
    (CERTIFICATE, &["DomainName"], "is in a certificate of an authority of this machine"),
    (TASK_DEFINITION, &["Cpu"], "is checked, and shown to the task, and limits nothing"),
    (
        TASK_DEFINITION,
        &["ContainerDefinitions", "Image"],
        "gives way to local-env.toml's `run`, if it has one",
    ),
    (
        TASK_DEFINITION,
        &["ContainerDefinitions", "EntryPoint"],
        "gives way to local-env.toml's `run`",
    ),
    (
        TASK_DEFINITION,
        &["ContainerDefinitions", "Command"],
        "comes after local-env.toml's `run` where that says so",
    ),
    (TASK_DEFINITION, &["ContainerDefinitions", "Secrets"], "come from local-env.toml"),
    (TASK_DEFINITION, &["ContainerDefinitions", "EnvironmentFiles"], "come from local-env.toml"),
    (
        TASK_DEFINITION,
        &["ContainerDefinitions", "WorkingDirectory"],
        "gives way to local-env.toml's `dir`",
    ),
    (SERVICE, &["ServiceConnectConfiguration"], "names lead to a proxy that balances connections"),
    (SERVICE, &["NetworkConfiguration"], "tasks have addresses of 127.0.0.0/8, not of the subnets"),
    (SECURITY_GROUP, &[], NOT_HELD),
    (SECURITY_GROUP_INGRESS, &[], NOT_HELD),
    (SECURITY_GROUP_EGRESS, &[], NOT_HELD),
];

/// Returns how many of these a resource has.
pub(super) fn count(resource: &Resource) -> usize {
    let own = APPROXIMATED.iter().filter(|(kind, ..)| *kind == resource.resource_type);
    own.filter(|(_, keys, _)| has(&resource.properties, keys)).count()
}

/// Returns whether the keys lead to something, in any item where they lead through a list.
fn has(node: &Node, keys: &[&str]) -> bool {
    let Some((key, rest)) = keys.split_first() else { return true };
    match node.items() {
        Some(items) => items.iter().any(|item| has(item, keys)),
        None => node.get(key).is_some_and(|node| has(node, rest)),
    }
}

/// Returns how a property differs from AWS's, if it does: a clause that begins with its verb. The
/// empty path stands for the type as a whole, and one item of a list for all of them.
pub fn approximation(resource_type: &str, property: &PropertyPath) -> Option<&'static str> {
    let keys = property.steps().iter().filter_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    });
    let mut all = APPROXIMATED.iter().filter(|(kind, ..)| *kind == resource_type);
    all.find(|(_, own, _)| own.iter().copied().eq(keys.clone())).map(|(_, _, how)| *how)
}
