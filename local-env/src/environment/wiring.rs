//! Where a task is registered while it runs: its service's target groups and its Cloud Map service
//! (cloudmap-ecs §3.3).

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, MutexGuard, PoisonError},
    time::Instant,
};

use crate::connect::{self, Connect, Endpoints};
use alb::{TargetGroup, TargetState, Unused};
use cloudmap::{InstanceHealth, Membership, Registry};
use scheduler::{HealthStatus, TaskId};
use stack::{Arn, Service, ServiceLoadBalancer};

/// Before a target's registration, and when it has drained.
const NOT_REGISTERED: TargetState = TargetState::Unused(Unused::NotRegistered);

fn lock(endpoints: &connect::Shared) -> MutexGuard<'_, Endpoints> {
    // No holder of this lock can panic half-way through a change.
    endpoints.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The places where the tasks of a service's revision are registered.
pub(super) struct Wiring {
    targets: Vec<(Arc<TargetGroup>, u16)>,
    registry: Option<Membership>,
    /// Names of Service Connect, and the container's port.
    connect: Vec<(connect::Shared, u16)>,
    has_container_checks: bool,
}

// === impl Wiring ===

impl Wiring {
    pub(super) fn new(
        service: &Service,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
        registry: &Arc<Registry>,
        connect: &Connect,
    ) -> Self {
        let target = |entry: &ServiceLoadBalancer| {
            Some((Arc::clone(groups.get(&entry.target_group)?), entry.container_port))
        };
        let mut containers = service.task_definition.containers.iter();
        Self {
            targets: service.load_balancers.iter().filter_map(target).collect(),
            registry: Membership::of(service, registry),
            connect: connect.endpoints_of(service),
            has_container_checks: containers.any(|it| it.essential && it.health_check.is_some()),
        }
    }

    /// Whether a task is seen to be registered and deregistered (cloudmap-ecs §3.2).
    pub(super) fn shows_registration(&self) -> bool {
        self.registry.is_some() || self.targets.len() > 1
    }

    /// A task whose containers check themselves is unhealthy in Cloud Map until they pass; what the
    /// load balancer thinks is not told there (cloudmap-ecs §1.5).
    pub(super) fn register(&self, id: &TaskId, address: Ipv4Addr) {
        for (group, port) in &self.targets {
            group.register(SocketAddr::from((address, *port)));
        }
        if let Some(registry) = &self.registry {
            registry.register(id.as_str(), address, !self.has_container_checks);
        }
        if !self.has_container_checks {
            self.connect(address);
        }
    }

    pub(super) fn report(&self, id: &TaskId, address: Ipv4Addr, health: HealthStatus) {
        match health {
            HealthStatus::Healthy => self.connect(address),
            HealthStatus::Unhealthy => self.disconnect(address),
            HealthStatus::Unknown => {}
        }
        let reported = match health {
            HealthStatus::Healthy => InstanceHealth::Healthy,
            HealthStatus::Unhealthy => InstanceHealth::Unhealthy,
            HealthStatus::Unknown => return,
        };
        let report = |it: &Membership| it.report(id.as_str(), reported, Instant::now());
        // A service without custom health takes no reports, and knows none that is unhealthy.
        if let Some(Err(error)) = self.registry.as_ref().map(report) {
            tracing::debug!(%id, %error, "not reported to Cloud Map");
        }
    }

    pub(super) fn deregister(&self, id: &TaskId, address: Ipv4Addr) {
        if let Some(registry) = &self.registry {
            registry.deregister(id.as_str());
        }
        for (group, port) in &self.targets {
            group.deregister(SocketAddr::from((address, *port)));
        }
        self.disconnect(address);
    }

    fn connect(&self, address: Ipv4Addr) {
        for (endpoints, port) in &self.connect {
            lock(endpoints).insert(SocketAddr::from((address, *port)));
        }
    }

    fn disconnect(&self, address: Ipv4Addr) {
        for (endpoints, port) in &self.connect {
            lock(endpoints).remove(SocketAddr::from((address, *port)));
        }
    }

    /// What the load balancer thinks of a task: the worst that any of its target groups does. A group
    /// that no rule uses has nothing to say where another one does.
    pub(super) fn target_state(&self, address: Ipv4Addr) -> Option<TargetState> {
        let states = self.states(address).map(|(_, _, state)| state);
        states.max_by_key(|state| match state {
            TargetState::Unused(Unused::NotInUse) => 0,
            TargetState::Healthy => 1,
            TargetState::Draining => 2,
            TargetState::Initial => 3,
            TargetState::Unused(_) => 4,
            TargetState::Unhealthy(_) => 5,
        })
    }

    /// The target group that finds a task unhealthy, at which port, and why.
    pub(super) fn failing(&self, address: Ipv4Addr) -> Option<(&TargetGroup, u16, String)> {
        let found = |(group, port, state)| match state {
            TargetState::Unhealthy(why) => Some((group, port, format!("{why}"))),
            _ => None,
        };
        self.states(address).find_map(found)
    }

    /// Whether requests may still be on their way to it.
    pub(super) fn is_draining(&self, address: Ipv4Addr) -> bool {
        self.states(address).any(|(_, _, state)| state == TargetState::Draining)
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = &Arc<TargetGroup>> {
        self.targets.iter().map(|(group, _)| group)
    }

    fn states(&self, address: Ipv4Addr) -> impl Iterator<Item = (&TargetGroup, u16, TargetState)> {
        self.targets.iter().map(move |(group, port)| {
            let target = SocketAddr::from((address, *port));
            let state = group.states().borrow().get(&target).cloned();
            (&**group, *port, state.unwrap_or(NOT_REGISTERED))
        })
    }
}
