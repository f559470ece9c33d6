//! The stack as typed, validated data: what the template's resources mean to the environment.
//!
//! Resources refer to one another by what CloudFormation's `Ref` or `Fn::GetAtt` would give, so an
//! [`Arn`] is the key by which a rule finds its target group and a service its registry. Nothing
//! here runs; behaviour lives in `alb`, `ecs` and `cloudmap`.

mod coverage;
mod load_balancer;
mod names;
mod namespace;
mod rule;
mod security_group;
mod service;
mod service_connect;
mod target_group;
mod task_definition;

use std::{fmt, sync::Arc};

use ipnet::Ipv4Net;

pub use coverage::{Cause, Coverage, Ignored, IgnoredPart, Otherwise, Warning};
pub use load_balancer::{
    Certificate, DesyncMitigation, ForwardedFor, KeyAlgorithm, Listener, ListenerAttributes,
    ListenerProtocol, LoadBalancer, LoadBalancerAttributes, SslPolicy,
};
pub use names::{NameError, service_names};
pub use namespace::{
    DiscoveryInstance, DiscoveryService, DnsRecord, Namespace, NamespaceKind, RecordKind,
    RoutingPolicy,
};
pub use rule::{
    Action, Authentication, Condition, FixedResponse, Forward, Patterns, QueryPattern, Redirect,
    Rewrite, Rule, Transforms, WeightedTargetGroup,
};
pub use security_group::{
    Direction, IcmpKind, RulePlace, SecurityGroup, SecurityGroupId, SecurityGroupPeer,
    SecurityGroupRule, Traffic,
};
pub use service::{CircuitBreaker, Service, ServiceLoadBalancer, ServiceRegistry, Threshold};
pub use service_connect::{ClientAlias, ConnectEndpoint, ServiceConnect};
pub use target_group::{
    Algorithm, HealthCheck, HealthCheckPort, Matcher, MinimumHealthy, ProtocolVersion, Stickiness,
    TargetGroup, TargetGroupAttributes, TargetProtocol,
};
pub use task_definition::{
    Container, ContainerHealthCheck, Dependency, DependencyCondition, HealthCommand,
    LogConfiguration, NamedPort, RestartPolicy, Secret, TaskDefinition, Ulimit,
};

/// Everything of a template that the environment runs, and an account of the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// The stack's name.
    pub name: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account: String,
    /// In the template's order, as are the lists that follow.
    pub load_balancers: Vec<LoadBalancer>,
    /// All that the template has, used by a rule or not.
    pub target_groups: Vec<TargetGroup>,
    /// ECS services.
    pub services: Vec<Service>,
    /// Cloud Map namespaces of all kinds.
    pub namespaces: Vec<Namespace>,
    /// Those of the template, and after them the VPC's default group.
    pub security_groups: Vec<SecurityGroup>,
    /// The addresses of its VPCs; none where the VPC is not in the template.
    pub networks: Vec<Ipv4Net>,
    /// What was read and is not emulated.
    pub coverage: Coverage,
}

/// What the user lets a stack do otherwise than AWS; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Actions that authenticate clients are left out.
    pub unauthenticated: bool,
    /// Resources that ask for what is not emulated are left out.
    pub partial: bool,
}

/// An Amazon Resource Name, or whatever else a template uses in its place. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn(Arc<str>);

// === impl Stack ===

impl Stack {
    /// The target group with this name.
    pub fn target_group(&self, arn: &Arn) -> Option<&TargetGroup> {
        self.target_groups.iter().find(|group| group.arn == *arn)
    }

    /// The Cloud Map service with this name, and the namespace that it is in.
    pub fn discovery_service(&self, arn: &Arn) -> Option<(&Namespace, &DiscoveryService)> {
        self.namespaces.iter().find_map(|namespace| {
            let service = namespace.services.iter().find(|service| service.arn == *arn)?;
            Some((namespace, service))
        })
    }
}

// === impl Arn ===

impl Arn {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Arn {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
