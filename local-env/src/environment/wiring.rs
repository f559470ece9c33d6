//! Where a task is registered while it runs: its service's target groups and its Cloud Map service
//! (cloudmap-ecs §3.3).

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use crate::{
    alb::{TargetGroup, TargetState},
    cloudmap::{Instance, Registry},
    ecs::TaskId,
    stack::{Arn, Service},
};

/// The places where a service's tasks are registered.
pub(super) struct Wiring {
    targets: Vec<(Arc<TargetGroup>, u16)>,
    registry: Option<(Arc<Registry>, Arn)>,
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
        let place = service.registry.as_ref();
        Self {
            targets: service.load_balancers.iter().filter_map(target).collect(),
            registry: place.map(|place| (Arc::clone(registry), place.service.clone())),
        }
    }

    pub(super) fn register(&self, id: &TaskId, address: Ipv4Addr) {
        for (group, port) in &self.targets {
            group.register(SocketAddr::from((address, *port)));
        }
        if let Some((registry, service)) = &self.registry {
            registry.register(service, &Instance { id: id.to_string(), address });
        }
    }

    pub(super) fn deregister(&self, id: &TaskId, address: Ipv4Addr) {
        if let Some((registry, service)) = &self.registry {
            registry.deregister(service, id.as_str());
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
            states.borrow().get(&target).cloned().unwrap_or(TargetState::Initial)
        };
        self.targets.iter().map(state).max_by_key(|state| match state {
            TargetState::Healthy => 0,
            TargetState::Initial => 1,
            TargetState::Unhealthy(_) => 2,
        })
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = &Arc<TargetGroup>> {
        self.targets.iter().map(|(group, _)| group)
    }
}
