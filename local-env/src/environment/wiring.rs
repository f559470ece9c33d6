//! Where a task is registered while it runs: its service's target groups and its Cloud Map service
//! (cloudmap-ecs §3.3).

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use crate::{
    alb::{TargetGroup, TargetState, Unused},
    cloudmap::{Membership, Registry},
    ecs::TaskId,
    stack::{Arn, Service},
};

/// Before a target's registration, and when it has drained.
const NOT_REGISTERED: TargetState = TargetState::Unused(Unused::NotRegistered);

/// The places where a service's tasks are registered.
pub(super) struct Wiring {
    targets: Vec<(Arc<TargetGroup>, u16)>,
    registry: Option<Membership>,
}

// === impl Wiring ===

impl Wiring {
    pub(super) fn new(
        service: &Service,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
        registry: &Arc<Registry>,
    ) -> Self {
        let target = |entry: &crate::stack::ServiceLoadBalancer| {
            Some((Arc::clone(groups.get(&entry.target_group)?), entry.container_port))
        };
        Self {
            targets: service.load_balancers.iter().filter_map(target).collect(),
            registry: Membership::of(service, registry),
        }
    }

    pub(super) fn register(&self, id: &TaskId, address: Ipv4Addr) {
        for (group, port) in &self.targets {
            group.register(SocketAddr::from((address, *port)));
        }
        if let Some(registry) = &self.registry {
            registry.register(id.as_str(), address);
        }
    }

    pub(super) fn deregister(&self, id: &TaskId, address: Ipv4Addr) {
        if let Some(registry) = &self.registry {
            registry.deregister(id.as_str());
        }
        for (group, port) in &self.targets {
            group.deregister(SocketAddr::from((address, *port)));
        }
    }

    /// What the load balancer thinks of a task: the worst that any of its target groups does.
    pub(super) fn target_state(&self, address: Ipv4Addr) -> Option<TargetState> {
        let state = |(group, port): &(Arc<TargetGroup>, u16)| {
            let states = group.states();
            let target = SocketAddr::from((address, *port));
            states.borrow().get(&target).cloned().unwrap_or(NOT_REGISTERED)
        };
        self.targets.iter().map(state).max_by_key(|state| match state {
            TargetState::Healthy => 0,
            TargetState::Draining => 1,
            TargetState::Initial => 2,
            TargetState::Unused(_) => 3,
            TargetState::Unhealthy(_) => 4,
        })
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = &Arc<TargetGroup>> {
        self.targets.iter().map(|(group, _)| group)
    }
}
