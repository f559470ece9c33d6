//! A listener as the connections of one worker see it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use super::{
    access_log::AccessLog,
    cookie::Sealer,
    metrics::Shard,
    rules::{PublishedPorts, Routes},
    targets::TargetGroup,
    upstream::{Limits, Pool},
};
use crate::stack::{Certificate, ListenerAttributes, LoadBalancerAttributes};

/// What is the same for all workers.
#[derive(Clone, Debug)]
pub(super) struct ListenerPlan {
    pub(super) routes: Arc<Routes>,
    pub(super) ports: Arc<PublishedPorts>,
    pub(super) tls: Option<Arc<rustls::ServerConfig>>,
    /// In AWS.
    pub(super) port: u16,
    pub(super) published_port: u16,
    /// The host of requests that come without one.
    pub(super) dns_name: Arc<str>,
    pub(super) attributes: Arc<LoadBalancerAttributes>,
    pub(super) listener: Arc<ListenerAttributes>,
    pub(super) targets: TargetPolicy,
    /// For cookies that keep a client with a target group.
    pub(super) sealer: Arc<Sealer>,
    pub(super) explain: bool,
    /// The load balancer's, as logs have it.
    pub(super) full_name: Arc<str>,
    pub(super) access_log: Option<AccessLog>,
    /// Those that clients are shown, for the log to name.
    pub(super) certificates: Arc<[Certificate]>,
}

/// What all connections of a listener on one worker share.
#[derive(Debug)]
pub(super) struct ListenerContext {
    pub(super) plan: ListenerPlan,
    pub(super) pool: Rc<Pool>,
    pub(super) shard: Arc<Shard>,
    pub(super) random: RefCell<fastrand::Rng>,
    /// Whether answers are the last on their connections, since the load balancer ends.
    pub(super) stopping: Rc<Cell<bool>>,
    /// `http` or `https`.
    pub(super) protocol: &'static str,
    /// For targets that are spoken to over TLS: HTTP/1.1, and HTTP/2.
    pub(super) any_certificate: [Arc<rustls::ClientConfig>; 2],
}

/// How targets are dealt with that do not answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct TargetPolicy {
    pub(super) limits: Limits,
    /// Whether another target is tried. ALB tries none (alb §4.8).
    pub(super) fail_over: bool,
}

// === impl ListenerContext ===

impl std::ops::Deref for ListenerContext {
    type Target = ListenerPlan;

    fn deref(&self) -> &ListenerPlan {
        &self.plan
    }
}

// === impl TargetPolicy ===

impl TargetPolicy {
    /// How many other targets may be tried.
    pub(super) fn others(self, group: &TargetGroup) -> usize {
        if self.fail_over { group.eligible().saturating_sub(1) } else { 0 }
    }
}
