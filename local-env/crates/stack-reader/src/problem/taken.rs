//! What only one resource can have.

use std::fmt;

use miette::Diagnostic;
use thiserror::Error;

use stack::LogicalId;

/// A second resource claims what a first one has.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[error("has {claim}, which `{first}` (line {first_line}) has")]
#[diagnostic(help("give one of them another"))]
pub struct Taken {
    /// The first resource.
    pub first: LogicalId,
    /// The line of the first resource, counted from 1.
    pub first_line: usize,
    /// What both have.
    pub claim: Claim,
}

/// Something that one resource alone can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The priority of a rule in its listener.
    Priority(u32),
    /// The port of a listener at its load balancer.
    Port(u16),
    /// The name of a namespace among those of its kind.
    NamespaceName(String),
    /// The name of a Cloud Map service in its namespace.
    DiscoveryServiceName(String),
    /// The id of an instance in its Cloud Map service.
    InstanceId(String),
}

// === impl Claim ===

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Priority(priority) => write!(f, "priority {priority} in one listener"),
            Self::Port(port) => write!(f, "port {port} of one load balancer"),
            Self::NamespaceName(name) => {
                write!(f, "the name `{name}`, with which there is one namespace")
            }
            Self::DiscoveryServiceName(name) => write!(f, "the name `{name}` in one namespace"),
            Self::InstanceId(id) => write!(f, "the id `{id}` in one service"),
        }
    }
}
