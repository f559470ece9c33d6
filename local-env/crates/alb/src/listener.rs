//! A listener as the connections of one worker see it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use super::{
    access_log::AccessLog,
    cookie::Sealer,
    handling::Handling,
    metrics::Shard,
    rules::PublishedPorts,
    targets::TargetGroup,
    upstream::{Limits, Pool},
};
/// What is the same for all workers.
#[derive(Clone, Debug)]
pub(super) struct ListenerPlan {
    pub(super) ports: Arc<PublishedPorts>,
    /// `http` or `https`.
    pub(super) protocol: &'static str,
    /// In AWS.
    pub(super) port: u16,
    pub(super) published_port: u16,
    /// The host of requests that come without one.
    pub(super) dns_name: Arc<str>,
    pub(super) targets: TargetPolicy,
    /// For cookies that keep a client with a target group.
    pub(super) sealer: Arc<Sealer>,
    pub(super) explain: bool,
    /// The load balancer's, as logs have it.
    pub(super) full_name: Arc<str>,
    pub(super) access_log: Option<AccessLog>,
}

/// What all connections of a listener on one worker share.
#[derive(Debug)]
pub(super) struct ListenerContext {
    pub(super) plan: ListenerPlan,
    /// Which is replaced whole.
    pub(super) handling: RefCell<Rc<Handling>>,
    pub(super) pool: Rc<Pool>,
    pub(super) shard: Arc<Shard>,
    pub(super) random: RefCell<fastrand::Rng>,
    /// Whether answers are the last on their connections, since the load balancer ends.
    pub(super) stopping: Rc<Cell<bool>>,
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

impl ListenerContext {
    /// What is done with what comes now.
    pub(super) fn handling(&self) -> Rc<Handling> {
        Rc::clone(&self.handling.borrow())
    }
}

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
