//! Where the tasks of a service are registered while they run: its target groups, its Cloud Map service
//! and its names of Service Connect (cloudmap-ecs §3.3).

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use crate::connect::{Connect, ConnectPort};
use alb::{TargetGroup, TargetState, Unused};
use cloudmap::{InstanceHealth, Membership, Registry};
use scheduler::{HealthStatus, TaskId};
use stack::{Arn, Service, ServiceLoadBalancer};

/// The state of a target before its registration, and once it has drained.
const NOT_REGISTERED: TargetState = TargetState::Unused(Unused::NotRegistered);

/// The places where the tasks of a service's revision are registered.
pub(super) struct Wiring {
    targets: Vec<GroupPort>,
    registry: Option<Membership>,
    connect: Vec<ConnectPort>,
    has_container_checks: bool,
}

/// A target group, and the port of the tasks that it has as targets.
struct GroupPort {
    group: Arc<TargetGroup>,
    port: u16,
}

/// A task that a target group finds unhealthy.
pub(super) struct FailingTarget<'a> {
    /// The target group.
    pub(super) group: &'a TargetGroup,
    /// The port at which the task was checked.
    pub(super) port: u16,
    /// What the check met, in ELB's words.
    pub(super) reason: String,
}

// === impl Wiring ===

impl Wiring {
    /// Finds the places where the tasks of a service are registered.
    pub(super) fn new(
        service: &Service,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
        registry: &Arc<Registry>,
        connect: &Connect,
    ) -> Self {
        let target = |entry: &ServiceLoadBalancer| {
            let group = Arc::clone(groups.get(&entry.target_group)?);
            Some(GroupPort { group, port: entry.container_port })
        };
        let mut containers = service.task_definition.containers.iter();
        Self {
            targets: service.load_balancers.iter().filter_map(target).collect(),
            registry: Membership::of(service, registry),
            connect: connect.ports_of(service),
            has_container_checks: containers.any(|it| it.essential && it.health_check.is_some()),
        }
    }

    /// Returns whether a task's status shows that it is being registered and deregistered
    /// (cloudmap-ecs §3.2).
    pub(super) fn shows_registration(&self) -> bool {
        self.registry.is_some() || self.targets.len() > 1
    }

    /// Registers a task. One whose containers have checks of their own is unhealthy in Cloud Map until
    /// these pass; what the load balancer finds is not reported there (cloudmap-ecs §1.5).
    pub(super) fn register(&self, id: &TaskId, address: Ipv4Addr) {
        for GroupPort { group, port } in &self.targets {
            group.register(SocketAddr::from((address, *port)));
        }
        if let Some(registry) = &self.registry {
            registry.register(id.as_str(), address, !self.has_container_checks);
        }
        if !self.has_container_checks {
            self.connect(address);
        }
    }

    /// Reports what the checks of a task's own containers come to.
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

    /// Deregisters a task.
    pub(super) fn deregister(&self, id: &TaskId, address: Ipv4Addr) {
        if let Some(registry) = &self.registry {
            registry.deregister(id.as_str());
        }
        for GroupPort { group, port } in &self.targets {
            group.deregister(SocketAddr::from((address, *port)));
        }
        self.disconnect(address);
    }

    fn connect(&self, address: Ipv4Addr) {
        for ConnectPort { endpoints, port } in &self.connect {
            endpoints.with(|it| it.insert(SocketAddr::from((address, *port))));
        }
    }

    fn disconnect(&self, address: Ipv4Addr) {
        for ConnectPort { endpoints, port } in &self.connect {
            endpoints.with(|it| it.remove(SocketAddr::from((address, *port))));
        }
    }

    /// Returns the state of a task's target: the worst of several, among which that of a group that no
    /// rule uses counts least; `None` if no target group has the task.
    pub(super) fn target_state(&self, address: Ipv4Addr) -> Option<TargetState> {
        let states = self.states(address).map(|(_, state)| state);
        states.max_by_key(|state| match state {
            TargetState::Unused(Unused::NotInUse) => 0,
            TargetState::Healthy => 1,
            TargetState::Draining => 2,
            TargetState::Initial => 3,
            TargetState::Unused(_) => 4,
            TargetState::Unhealthy(_) => 5,
        })
    }

    /// Returns which target group finds a task unhealthy, if any does.
    pub(super) fn failing(&self, address: Ipv4Addr) -> Option<FailingTarget<'_>> {
        self.states(address).find_map(|(place, state)| match state {
            TargetState::Unhealthy(why) => {
                let (group, reason) = (&*place.group, why.to_string());
                Some(FailingTarget { group, port: place.port, reason })
            }
            _ => None,
        })
    }

    /// Returns whether requests may still be on their way to a task.
    pub(super) fn is_draining(&self, address: Ipv4Addr) -> bool {
        self.states(address).any(|(_, state)| state == TargetState::Draining)
    }

    /// Iterates over the target groups.
    pub(super) fn groups(&self) -> impl Iterator<Item = &Arc<TargetGroup>> {
        self.targets.iter().map(|place| &place.group)
    }

    fn states(&self, address: Ipv4Addr) -> impl Iterator<Item = (&GroupPort, TargetState)> {
        self.targets.iter().map(move |place| {
            let target = SocketAddr::from((address, place.port));
            let state = place.group.states().borrow().get(&target).cloned();
            (place, state.unwrap_or(NOT_REGISTERED))
        })
    }
}
