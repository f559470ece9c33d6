//! What of a model is served, and what changes where another one takes its place: rules, actions,
//! attributes and certificates. Sockets stay as they are, so a listener is neither opened nor closed.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    sync::Arc,
};

use crate::{listener::Handling, metrics::Metrics, rules::RouteError, targets::TargetGroup};
use stack::{Arn, Listener, ListenerProtocol, LoadBalancer, LogicalId};

/// What has become of a changed model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// The listeners, by their logical ids, that would have to be opened or closed.
    pub not_applied: BTreeSet<LogicalId>,
}

/// What is served at present.
pub(super) struct Applied {
    /// The model, as far as it has been taken up.
    model: LoadBalancer,
    /// The groups that rules forward to.
    used: HashMap<Arn, Arc<TargetGroup>>,
    /// What HTTPS listeners serve with, by their ports in AWS.
    tls: HashMap<u16, Arc<rustls::ServerConfig>>,
}

// === impl Applied ===

impl Applied {
    pub(super) fn new(model: &LoadBalancer) -> Self {
        Self { model: model.clone(), used: HashMap::new(), tls: HashMap::new() }
    }

    pub(super) fn keep_tls(&mut self, port: u16, tls: Option<&Arc<rustls::ServerConfig>>) {
        self.tls.extend(tls.map(|tls| (port, Arc::clone(tls))));
    }

    /// Returns the model, with the listeners that there are.
    pub(super) fn model(&self) -> &LoadBalancer {
        &self.model
    }

    /// Compiles what the listeners that there are do by another model, by their ports in AWS.
    pub(super) fn compile(
        &self,
        model: &LoadBalancer,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
        tls: &HashMap<u16, Arc<rustls::ServerConfig>>,
    ) -> Result<HashMap<u16, Handling>, RouteError> {
        let compiled = model.listeners.iter().filter(|it| self.has(it)).map(|listener| {
            let port = listener.port;
            let tls = tls.get(&port).or_else(|| self.tls.get(&port)).cloned();
            Ok((port, Handling::compile(model, listener, groups, tls)?))
        });
        compiled.collect()
    }

    /// Has the targets checked of all groups that rules forward to, and returns those to which none
    /// does any more.
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

    /// Returns whether there is a socket for the listener already, with the same protocol.
    fn has(&self, listener: &Listener) -> bool {
        self.model.listeners.iter().any(|it| is_same(it, listener))
    }

    /// Has the listeners that there are become what the model says, and leaves those that it does not
    /// have as they are.
    pub(super) fn take_up(
        &mut self,
        model: &LoadBalancer,
        mut tls: HashMap<u16, Arc<rustls::ServerConfig>>,
    ) -> Reloaded {
        let (known, new): (Vec<_>, Vec<_>) = model.listeners.iter().partition(|it| self.has(it));
        tls.retain(|port, _| known.iter().any(|it| it.port == *port));
        self.tls.extend(tls);
        let mut not_applied: BTreeSet<_> = new.iter().map(|it| it.logical_id.clone()).collect();
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

/// Returns whether a rule of any listener sends requests to the group.
fn forwards_to(model: &LoadBalancer, group: &Arn) -> bool {
    let actions = |listener: &Listener| {
        let rules = listener.rules.iter().map(|rule| &rule.action);
        rules.chain([&listener.default_action]).any(|action| action.forwards_to(group))
    };
    model.listeners.iter().any(actions)
}
