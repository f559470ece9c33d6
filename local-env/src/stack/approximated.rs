//! What is acted upon, though not quite as AWS does.

use crate::cloudformation::{Node, Resource};

const NOT_HELD: &str = "is read and checked, and stops no connection";

/// The type, the property's way within it (empty for the type as a whole), and how it is here.
const APPROXIMATED: [(&str, &str, &str); 16] = [
    (
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "HealthCheckIntervalSeconds",
        "passes 60 times faster without --real-time",
    ),
    ("AWS::ElasticLoadBalancingV2::Listener", "Port", "is published 8000 higher below 1024"),
    (
        "AWS::ElasticLoadBalancingV2::Listener",
        "Certificates",
        "are signed by an authority of this machine",
    ),
    (
        "AWS::CertificateManager::Certificate",
        "DomainName",
        "is in a certificate of an authority of this machine",
    ),
    ("AWS::ECS::TaskDefinition", "Cpu", "is checked, and shown to the task, and limits nothing"),
    (
        "AWS::ECS::TaskDefinition",
        "ContainerDefinitions[].Image",
        "gives way to local-env.toml's `run`, if it has one",
    ),
    (
        "AWS::ECS::TaskDefinition",
        "ContainerDefinitions[].EntryPoint",
        "gives way to local-env.toml's `run`",
    ),
    (
        "AWS::ECS::TaskDefinition",
        "ContainerDefinitions[].Command",
        "comes after local-env.toml's `run` where that says so",
    ),
    ("AWS::ECS::TaskDefinition", "ContainerDefinitions[].Secrets", "come from local-env.toml"),
    (
        "AWS::ECS::TaskDefinition",
        "ContainerDefinitions[].EnvironmentFiles",
        "come from local-env.toml",
    ),
    (
        "AWS::ECS::TaskDefinition",
        "ContainerDefinitions[].WorkingDirectory",
        "gives way to local-env.toml's `dir`",
    ),
    (
        "AWS::ECS::Service",
        "ServiceConnectConfiguration",
        "names lead to a proxy that balances connections",
    ),
    (
        "AWS::ECS::Service",
        "NetworkConfiguration",
        "tasks have addresses of 127.0.0.0/8, not of the subnets",
    ),
    ("AWS::EC2::SecurityGroup", "", NOT_HELD),
    ("AWS::EC2::SecurityGroupIngress", "", NOT_HELD),
    ("AWS::EC2::SecurityGroupEgress", "", NOT_HELD),
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
