//! The VPC as far as a stack can tell: who may reach whom, by the security groups of both.
//!
//! [`Reach`] is a pure answer, without sockets; what becomes of a connection that it denies is for
//! others. What it has to assume about addresses stands in its module.

mod passage;
mod reach;
#[cfg(test)]
mod tests;

use std::{fmt, net::IpAddr};

use stack::LogicalId;

pub use passage::Passage;
pub use reach::Reach;

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// A task of the service with this logical id.
    Task(LogicalId),
    /// The load balancer with this logical id.
    LoadBalancer(LogicalId),
    /// Somebody outside the stack, who is in no security group.
    Address(IpAddr),
}

/// The protocol that a connection speaks below its ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// The Transmission Control Protocol.
    Tcp,
    /// The User Datagram Protocol.
    Udp,
}

// === impl End ===

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task(id) | Self::LoadBalancer(id) => write!(f, "`{id}`"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

// === impl Protocol ===

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}
