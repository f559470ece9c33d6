//! Properties that are acted upon, though not quite as AWS does.

/// The property's type, its way within the type, and how it is here.
const APPROXIMATED: [(&str, &str, &str); 12] = [
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
        "gives way to local-env.toml's `run`",
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
        "AWS::ECS::Service",
        "NetworkConfiguration",
        "tasks have addresses of 127.0.0.0/8, not of the subnets",
    ),
    (
        "AWS::EC2::SecurityGroup",
        "SecurityGroupIngress",
        "is read and checked; see docs/fidelity.md for what is held",
    ),
];

/// How a property differs from AWS's, if it does.
pub fn approximation(resource_type: &str, property: &str) -> Option<&'static str> {
    let mut all = APPROXIMATED.iter();
    all.find(|(kind, name, _)| *kind == resource_type && *name == property).map(|(_, _, how)| *how)
}
