//! A listener as the connections of one worker see it.

mod handling;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

pub(crate) use handling::Handling;

use crate::{
    access_log::AccessLog,
    cookie::Sealer,
    metrics::Shard,
    rules::PublishedPorts,
    targets::TargetGroup,
    upstream::{Limits, Pool},
};

/// What is the same for all workers.
#[derive(Clone, Debug)]
pub(crate) struct ListenerPlan {
    pub(crate) ports: Arc<PublishedPorts>,
    /// The scheme, `http` or `https`.
    pub(crate) protocol: &'static str,
    /// The listener's port in AWS.
    pub(crate) port: u16,
    pub(crate) published_port: u16,
    /// The host of requests that come without one.
    pub(crate) dns_name: Arc<str>,
    pub(crate) targets: TargetPolicy,
    /// The sealer of cookies that keep a client with a target group.
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) explain: bool,
    /// The load balancer's, as logs have it.
    pub(crate) full_name: Arc<str>,
    pub(crate) access_log: Option<AccessLog>,
}

/// What all connections of a listener on one worker share.
#[derive(Debug)]
pub(crate) struct ListenerContext {
    pub(crate) plan: ListenerPlan,
    /// What the listener does, which is replaced whole.
    pub(crate) handling: RefCell<Rc<Handling>>,
    pub(crate) pool: Rc<Pool>,
    pub(crate) shard: Arc<Shard>,
    pub(crate) random: RefCell<fastrand::Rng>,
    /// Whether answers are the last on their connections, since the load balancer ends.
    pub(crate) stopping: Rc<Cell<bool>>,
    /// The configurations for targets that are spoken to over TLS: by HTTP/1.1, and by HTTP/2.
    pub(crate) any_certificate: [Arc<rustls::ClientConfig>; 2],
}

/// How targets are dealt with that do not answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TargetPolicy {
    pub(crate) limits: Limits,
    /// Whether another target is tried. ALB tries none (alb §4.8).
    pub(crate) fail_over: bool,
}

// === impl ListenerContext ===

impl ListenerContext {
    /// Returns what is done with what comes now.
    pub(crate) fn handling(&self) -> Rc<Handling> {
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
    /// Returns how many other targets may be tried.
    pub(crate) fn others(self, group: &TargetGroup) -> usize {
        if self.fail_over { group.eligible().saturating_sub(1) } else { 0 }
    }
}
