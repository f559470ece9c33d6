//! A load balancer that takes up a changed model while it serves: rules, actions, attributes and
//! certificates, whole and between two requests. Its sockets stay as they are, so a listener is
//! neither opened nor closed.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    sync::Arc,
};

use super::{
    RunningLoadBalancer, SetupError, handling::Handling, metrics::Metrics, targets::TargetGroup,
};
use stack::{Arn, Listener, ListenerProtocol, LoadBalancer};

/// What has become of a changed model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// The listeners, by their logical ids, that would have to be opened or closed.
    pub not_applied: BTreeSet<String>,
}

/// What is served at present.
pub(super) struct Served {
    /// As far as it has been taken up.
    model: LoadBalancer,
    /// The groups that rules forward to.
    used: HashMap<Arn, Arc<TargetGroup>>,
    /// By the listener's port.
    tls: HashMap<u16, Arc<rustls::ServerConfig>>,
}

// === impl RunningLoadBalancer ===

impl RunningLoadBalancer {
    /// What is served: the latest model, with the listeners that there are.
    pub fn model(&self) -> &LoadBalancer {
        &self.served.model
    }

    /// Takes up another model of this load balancer, or nothing of it where its rules make no sense.
    /// `tls` has what HTTPS listeners serve with from here on, by their ports; others keep what they
    /// have. Must be called on a runtime.
    pub fn reload(
        &mut self,
        model: &LoadBalancer,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
        mut tls: HashMap<u16, Arc<rustls::ServerConfig>>,
    ) -> Result<Reloaded, SetupError> {
        let mut changes = HashMap::new();
        for listener in model.listeners.iter().filter(|it| self.served.has(it)) {
            let port = listener.port;
            let tls = tls.get(&port).or_else(|| self.served.tls.get(&port)).cloned();
            changes.insert(port, Handling::compile(model, listener, groups, tls)?);
        }
        let reloaded = self.served.take_up(model);
        tls.retain(|port, _| changes.contains_key(port));
        self.served.tls.extend(tls);
        let unused = self.served.use_groups(groups, &self.metrics);
        let changes = Arc::new(changes);
        for worker in &self.changes {
            // A worker that has ended serves nothing.
            let _ = worker.send(Arc::clone(&changes));
        }
        for group in unused {
            group.leave_by_rule();
        }
        Ok(reloaded)
    }
}

// === impl Served ===

impl Served {
    pub(super) fn new(model: &LoadBalancer) -> Self {
        Self { model: model.clone(), used: HashMap::new(), tls: HashMap::new() }
    }

    pub(super) fn keep_tls(&mut self, port: u16, tls: Option<&Arc<rustls::ServerConfig>>) {
        self.tls.extend(tls.map(|tls| (port, Arc::clone(tls))));
    }

    /// Has the targets checked of all groups that rules forward to; those to which none does any more.
    pub(super) fn use_groups(
        &mut self,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
        metrics: &Metrics,
    ) -> Vec<Arc<TargetGroup>> {
        let used = groups.iter().filter(|(arn, _)| forwards_to(&self.model, arn));
        let used: HashMap<_, _> =
            used.map(|(arn, group)| (arn.clone(), Arc::clone(group))).collect();
        metrics.cover(used.values());
        let mut before = mem::take(&mut self.used);
        for (arn, group) in &used {
            if before.remove(arn).is_none() {
                group.use_by_rule();
            }
        }
        self.used = used;
        before.into_values().collect()
    }

    /// Whether there is a socket for the listener already, with the same protocol.
    fn has(&self, listener: &Listener) -> bool {
        self.model.listeners.iter().any(|it| is_same(it, listener))
    }

    /// The listeners that there are become what the model has them to be; those that it does not have
    /// stay.
    fn take_up(&mut self, model: &LoadBalancer) -> Reloaded {
        let mut not_applied = BTreeSet::new();
        for listener in model.listeners.iter().filter(|it| !self.has(it)) {
            not_applied.insert(listener.logical_id.clone());
        }
        let old = mem::replace(&mut self.model, model.clone()).listeners;
        let next = |old: Listener| {
            let new = model.listeners.iter().find(|new| is_same(&old, new)).cloned();
            new.unwrap_or_else(|| {
                not_applied.insert(old.logical_id.clone());
                old
            })
        };
        self.model.listeners = old.into_iter().map(next).collect();
        Reloaded { not_applied }
    }
}

fn is_same(old: &Listener, new: &Listener) -> bool {
    let is_plain = |it: &Listener| it.protocol == ListenerProtocol::Http;
    old.port == new.port && is_plain(old) == is_plain(new)
}

/// Whether a rule of any listener sends requests to the group.
fn forwards_to(model: &LoadBalancer, group: &Arn) -> bool {
    let actions = |listener: &Listener| {
        let rules = listener.rules.iter().map(|rule| &rule.action);
        rules.chain([&listener.default_action]).any(|action| action.forwards_to(group))
    };
    model.listeners.iter().any(actions)
}
