//! What an update of the stack changes without any task: target groups, listeners and names. Only what
//! would take a socket to be opened or closed is left as it was, of which there is a notice.

use std::{collections::HashMap, sync::Arc};

use super::{
    Environment, EnvironmentError, certificates, running::RunningEnvironment, status::Notice,
};
use crate::ecs::Launcher;
use alb::{RunningLoadBalancer, TargetGroup};
use stack::{Listener, LoadBalancer, Stack};

// === impl Environment ===

impl Environment {
    /// Takes over the target groups that are new or have changed. Tasks may be registered in them,
    /// though no rule leads there yet.
    fn reload_groups(&mut self, stack: &Stack) {
        for model in &stack.target_groups {
            let group = self.groups.entry(model.arn.clone());
            group.or_insert_with(|| TargetGroup::new(model, self.clock)).reload(model);
        }
    }

    /// Returns what those HTTPS listeners serve with whose certificates are others than before.
    fn new_certificates(
        &self,
        old: &LoadBalancer,
        new: &LoadBalancer,
    ) -> Result<HashMap<u16, Arc<rustls::ServerConfig>>, EnvironmentError> {
        let mut changed = new.clone();
        if old.attributes.http2 == new.attributes.http2 {
            let before = |port| old.listeners.iter().find(|it| it.port == port);
            let is_new =
                |it: &Listener| before(it.port).is_some_and(|old| old.protocol != it.protocol);
            changed.listeners.retain(is_new);
        }
        Ok(certificates(&changed, self.authority.as_ref())?)
    }
}

// === impl RunningEnvironment ===

impl<L: Launcher> RunningEnvironment<L> {
    /// Takes over all of a stack but its services, with a notice of each thing that stays as it was.
    pub(super) fn reload(&mut self, stack: &Stack) {
        self.environment.reload_groups(stack);
        let mut left = Vec::new();
        if let Err(error) = self.environment.registry.reload(&stack.namespaces) {
            left.push(format!("namespaces: {error}"));
        }
        for model in &stack.load_balancers {
            let mut running = self.balancers.iter_mut();
            match running.find(|it| it.model().arn == model.arn) {
                Some(running) => left.extend(reload(&self.environment, running, model)),
                None => left.push(format!("load balancer {}, which is new", model.logical_id)),
            }
        }
        for old in self.balancers.iter().map(RunningLoadBalancer::model) {
            if stack.load_balancers.iter().all(|it| it.arn != old.arn) {
                left.push(format!("load balancer {}, which is gone", old.logical_id));
            }
        }
        left.extend(self.environment.connect.missing(stack).into_iter().map(|alias| {
            format!("the name {}:{} of Service Connect, which is new", alias.name, alias.port)
        }));
        for what in left {
            self.send_notice(Notice::NotApplied { what });
        }
    }

    /// Forgets the target groups that the stack does not have and that nothing running refers to.
    pub(super) fn forget_groups(&mut self) {
        let Environment { groups, stack, .. } = &mut self.environment;
        let watched = &mut self.watched;
        groups.retain(|arn, group| {
            let is_there = stack.target_groups.iter().any(|it| it.arn == *arn);
            let stays = is_there || Arc::strong_count(group) > 1;
            if !stays {
                watched.remove(arn);
            }
            stays
        });
    }
}

/// Has a load balancer take over its model, and returns what is left as it was.
fn reload(
    environment: &Environment,
    running: &mut RunningLoadBalancer,
    model: &LoadBalancer,
) -> Vec<String> {
    let name = &model.logical_id;
    let tls = match environment.new_certificates(running.model(), model) {
        Ok(tls) => tls,
        Err(error) => return vec![format!("load balancer {name}: {error}")],
    };
    match running.reload(model, &environment.groups, tls) {
        Ok(reloaded) => {
            let left = reloaded.not_applied.into_iter();
            left.map(|listener| format!("listener {listener}, which is opened or closed")).collect()
        }
        Err(error) => vec![format!("load balancer {name}: {error}")],
    }
}
