//! What can be wrong with an ECS service (cloudmap-ecs §3.6, §3.9, §3.14).

use std::fmt;

use miette::Diagnostic;
use thiserror::Error;

use super::listed;
use stack::LogicalId;

/// What is wrong with an ECS service, or does not fit between it and what it refers to.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum ServiceFault {
    /// Fargate keeps a number of tasks, and not one on each instance.
    #[error("is `{found}`")]
    #[diagnostic(help("Fargate supports `REPLICA` only"))]
    SchedulingStrategy {
        /// The value of `SchedulingStrategy`.
        found: String,
    },
    /// The service registers its tasks in more target groups than AWS takes.
    #[error("is one target group too many")]
    #[diagnostic(help("AWS takes up to {most} in one service"))]
    TooManyTargetGroups {
        /// The most that AWS takes.
        most: usize,
    },
    /// Tasks of this network mode cannot be registered in a target group of this type.
    #[error("is `{group}`, a target group of type `{found}`")]
    #[diagnostic(help("{}", target_type(*found, definition)))]
    TargetType {
        /// The target group.
        group: LogicalId,
        /// The type that it has.
        found: TargetType,
        /// The task definition, whose network mode wants the other type.
        definition: LogicalId,
    },
    /// The task definition has no such container.
    #[error("is `{found}`, which does not exist in the task definition")]
    #[diagnostic(help("`{definition}` has {}", listed::all(known)))]
    UnknownContainer {
        /// The name that is asked for.
        found: String,
        /// The task definition.
        definition: LogicalId,
        /// The names of its containers.
        known: Vec<String>,
    },
    /// The container does not map the port.
    #[error("is {port}, which the container `{container}` does not map")]
    #[diagnostic(help("its `PortMappings` have {}", listed::all(mapped)))]
    UnmappedPort {
        /// The port that is asked for.
        port: u16,
        /// The container.
        container: String,
        /// The ports that it maps.
        mapped: Vec<u16>,
    },
    /// The service is registered in two services of Cloud Map.
    #[error("is a second registry")]
    #[diagnostic(help("a service has at most one"))]
    SecondRegistry,
    /// A registry has a port of its own and one of a container, or half of the latter.
    #[error("names its port in two ways or by half")]
    #[diagnostic(help("give `Port`, or `ContainerName` and `ContainerPort`, or none of them"))]
    HalfPort,
    /// SRV records need a port.
    #[error("names no port for the SRV records of its Cloud Map service")]
    #[diagnostic(help("give `Port`, or `ContainerName` and `ContainerPort`"))]
    NoPortForSrv,
    /// Tasks have addresses, and no names for CNAME records to give.
    #[error("names a Cloud Map service with CNAME records")]
    #[diagnostic(help("give the Cloud Map service records of type A or SRV"))]
    CnameRegistry,
    /// Service Connect has no namespace, from the service or its cluster.
    #[error("has no namespace")]
    #[diagnostic(help("give it a `Namespace`, or the cluster `ServiceConnectDefaults`"))]
    NoNamespace,
    /// No port mapping of the task definition has this name.
    #[error("is `{found}`, which no port mapping is called")]
    #[diagnostic(help(
        "give the port mapping that is meant this `Name`; in `{definition}` these have one: {}",
        listed::all(known)
    ))]
    UnknownPortName {
        /// The name that is asked for.
        found: String,
        /// The task definition.
        definition: LogicalId,
        /// The names that its port mappings have.
        known: Vec<String>,
    },
}

/// How AWS names the targets of a group (alb §4.1). Here all of them have addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetType {
    /// By their addresses: tasks of network mode `awsvpc`.
    Ip,
    /// By their instances and ports there: tasks of the other network modes.
    Instance,
}

fn target_type(found: TargetType, definition: &LogicalId) -> String {
    match found {
        TargetType::Instance => {
            format!("the network mode of `{definition}` is `awsvpc`, which needs `TargetType: ip`")
        }
        TargetType::Ip => format!(
            "the network mode of `{definition}` is not `awsvpc`, so it needs `TargetType: \
             instance`, which is the default"
        ),
    }
}

// === impl TargetType ===

impl fmt::Display for TargetType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ip => "ip",
            Self::Instance => "instance",
        })
    }
}
