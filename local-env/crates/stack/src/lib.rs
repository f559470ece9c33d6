//! The stack as typed, validated data: what the template's resources mean to the environment.
//!
//! Resources refer to one another by what CloudFormation's `Ref` or `Fn::GetAtt` would give, so an
//! [`Arn`] is the key by which a rule finds its target group and a service its registry. Nothing
//! here runs, and nothing here reads templates: `stack-reader` makes a stack of one, and the load
//! balancer, the names and the scheduler each take their part of it. A stack can be written by hand
//! too.
//!
//! ```
//! use std::sync::Arc;
//!
//! use stack::{Container, Service, TaskDefinition};
//!
//! let web = Container::new("web", "team/web:v1");
//! let service = Service::new("Web", Arc::new(TaskDefinition::new("web", vec![web])));
//! assert_eq!(service.desired_count, 1);
//! assert_eq!(service.task_definition.containers[0].repository(), "web");
//! ```

#![deny(missing_docs)]

mod coverage;
mod load_balancer;
mod logical_id;
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
pub use logical_id::LogicalId;
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

/// A stack: everything of a template that the environment runs, and an account of the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// The name of the stack.
    pub name: String,
    /// The region: `AWS::Region`.
    pub region: String,
    /// The account: `AWS::AccountId`.
    pub account: String,
    /// The load balancers in the template's order, in which the lists that follow are too.
    pub load_balancers: Vec<LoadBalancer>,
    /// The target groups, used by a rule or not.
    pub target_groups: Vec<TargetGroup>,
    /// The services of ECS.
    pub services: Vec<Service>,
    /// The namespaces of Cloud Map, of all kinds.
    pub namespaces: Vec<Namespace>,
    /// The security groups of the template, and after them the VPC's default group.
    pub security_groups: Vec<SecurityGroup>,
    /// The ranges of addresses of its VPCs; none where the VPC is not in the template.
    pub networks: Vec<Ipv4Net>,
    /// The account of what is not run, or not as in AWS.
    pub coverage: Coverage,
}

/// The ways in which the user lets a stack differ from AWS; none by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Whether actions that authenticate clients may be left out.
    pub unauthenticated: bool,
    /// Whether resources that ask for what is not emulated may be left out.
    pub partial: bool,
}

/// An Amazon Resource Name, or whatever else a template uses in its place. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn(Arc<str>);

// === impl Stack ===

impl Stack {
    /// Returns the target group with this ARN.
    pub fn target_group(&self, arn: &Arn) -> Option<&TargetGroup> {
        self.target_groups.iter().find(|group| group.arn == *arn)
    }

    /// Returns the Cloud Map service with this ARN, and the namespace that it is in.
    pub fn discovery_service(&self, arn: &Arn) -> Option<(&Namespace, &DiscoveryService)> {
        self.namespaces.iter().find_map(|namespace| {
            let service = namespace.services.iter().find(|service| service.arn == *arn)?;
            Some((namespace, service))
        })
    }
}

// === impl Arn ===

impl Arn {
    /// Returns the name as text.
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
