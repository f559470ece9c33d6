//! What a service wants of its scheduler, as its template says.

use std::time::Duration;

use super::Pace;
use stack::{CircuitBreaker, Service};

/// What a service wants of its scheduler.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Tasks to keep running.
    pub desired: u32,
    pub(super) minimum_healthy_percent: u32,
    pub(super) maximum_percent: u32,
    pub(super) grace: Duration,
    pub(super) has_load_balancer: bool,
    pub(super) has_container_checks: bool,
    pub(super) breaker: Option<CircuitBreaker>,
    pub(super) pace: Pace,
}

// === impl Policy ===

impl Policy {
    /// What the template says.
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

    pub(super) fn lower(&self) -> usize {
        let share = u64::from(self.desired) * u64::from(self.minimum_healthy_percent);
        usize::try_from(share.div_ceil(100)).unwrap_or(usize::MAX)
    }

    pub(super) fn upper(&self) -> usize {
        let share = u64::from(self.desired) * u64::from(self.maximum_percent);
        usize::try_from(share / 100).unwrap_or(usize::MAX)
    }

    pub(super) fn desired(&self) -> usize {
        usize::try_from(self.desired).unwrap_or(usize::MAX)
    }
}
