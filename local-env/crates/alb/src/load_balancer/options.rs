//! How a load balancer is run.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use crate::{access_log::AccessLog, listener::TargetPolicy, upstream::Limits};

/// The limit of ALB on connecting to a target (alb §1.2).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The limit where another target may be tried.
const FAIL_OVER_TIMEOUT: Duration = Duration::from_secs(1);

/// What happens to a request whose target takes no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// The client is told, as ALB does.
    IsTold,
    /// Another target is tried. This is for tasks that something else stops, without draining them
    /// first as ECS would.
    GoesOver,
}

/// How a load balancer is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where listeners are published.
    pub addresses: Vec<IpAddr>,
    /// What happens to a request whose target takes no connection.
    pub failing: Failing,
    /// Whether answers say which rule took the request, and why.
    pub explain: bool,
    /// Where finished requests are written down, if anywhere.
    pub access_log: Option<AccessLog>,
}

/// Where a listener is published, and with what certificate.
pub struct Publication {
    /// The local port; 0 is any free one.
    pub port: u16,
    /// What an HTTPS listener serves with; `None` for an HTTP listener.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

// === impl Options ===

impl Default for Options {
    /// Returns options by which it listens on 127.0.0.1 alone and does as ALB does.
    fn default() -> Self {
        Self {
            addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            failing: Failing::IsTold,
            explain: false,
            access_log: None,
        }
    }
}

// === impl Failing ===

impl Failing {
    /// Returns how targets are dealt with that take no connection.
    pub(super) fn policy(self) -> TargetPolicy {
        let (fail_over, connect) = match self {
            Self::IsTold => (false, CONNECT_TIMEOUT),
            Self::GoesOver => (true, FAIL_OVER_TIMEOUT),
        };
        TargetPolicy { limits: Limits { connect }, fail_over }
    }
}
