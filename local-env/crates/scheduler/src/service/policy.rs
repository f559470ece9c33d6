//! A service's settings for its scheduler, as its template says them.

use std::time::Duration;

use super::throttle::Pace;
use stack::{CircuitBreaker, Service};

/// A service's settings for its scheduler.
#[derive(Clone, Debug)]
pub struct ServicePolicy {
    /// The number of tasks to keep running.
    pub desired: u32,
    pub(super) minimum_healthy_percent: u32,
    pub(super) maximum_percent: u32,
    pub(super) grace: Duration,
    pub(super) has_load_balancer: bool,
    pub(super) has_container_checks: bool,
    pub(super) breaker: Option<CircuitBreaker>,
    pub(super) pace: Pace,
}

// === impl ServicePolicy ===

impl ServicePolicy {
    /// Takes the settings from a service's model; `pace` is how AWS's waits pass here.
    pub fn of(service: &Service, pace: Pace) -> Self {
        let mut containers = service.task_definition.containers.iter();
        Self {
            desired: service.desired_count,
            minimum_healthy_percent: service.minimum_healthy_percent,
            maximum_percent: service.maximum_percent,
            grace: service.health_check_grace_period,
            has_load_balancer: !service.load_balancers.is_empty(),
            has_container_checks: containers.any(|it| it.essential && it.health_check.is_some()),
            breaker: service.circuit_breaker,
            pace,
        }
    }

    /// Returns the number of healthy tasks that a deployment leaves running.
    pub(super) fn lower(&self) -> usize {
        let share = u64::from(self.desired) * u64::from(self.minimum_healthy_percent);
        usize::try_from(share.div_ceil(100)).unwrap_or(usize::MAX)
    }

    /// Returns the number of tasks that there may be during a deployment.
    pub(super) fn upper(&self) -> usize {
        let share = u64::from(self.desired) * u64::from(self.maximum_percent);
        usize::try_from(share / 100).unwrap_or(usize::MAX)
    }

    pub(super) fn desired(&self) -> usize {
        usize::try_from(self.desired).unwrap_or(usize::MAX)
    }
}
