//! What the scheduler knows of one task, and how that task counts.

use std::time::{Duration, Instant};

use super::{deployment::DeploymentId, policy::ServicePolicy, stop_cause::StopCause};
use crate::health::HealthStatus;

/// A task as the scheduler sees it.
#[derive(Clone, Debug)]
pub(super) struct Tracked {
    pub(super) deployment: DeploymentId,
    pub(super) started: Instant,
    pub(super) running: Option<Instant>,
    pub(super) stopping: bool,
    pub(super) target: HealthStatus,
    pub(super) containers: HealthStatus,
    /// Whether the task counted as healthy once.
    pub(super) was_healthy: bool,
    /// Whether the task's failing checks have been counted against its deployment.
    pub(super) counted: bool,
    pub(super) protected_until: Option<Instant>,
}

/// How a task counts. Tasks whose standing comes first in order are stopped first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// The task's checks fail, and its grace period is over.
    Unhealthy(StopCause),
    /// The task is starting, or has not been found healthy yet.
    Starting,
    /// The task runs, and all that checks it finds it healthy.
    Healthy,
}

// === impl Tracked ===

impl Tracked {
    pub(super) fn new(deployment: DeploymentId, started: Instant) -> Self {
        Self {
            deployment,
            started,
            running: None,
            stopping: false,
            target: HealthStatus::Unknown,
            containers: HealthStatus::Unknown,
            was_healthy: false,
            counted: false,
            protected_until: None,
        }
    }

    /// Returns how the task counts at `now` (cloudmap-ecs §3.6).
    pub(super) fn standing(&self, policy: &ServicePolicy, now: Instant) -> Standing {
        let Some(running) = self.running else { return Standing::Starting };
        if let Some(cause) = self.failing() {
            let ignored = now < running + policy.grace;
            return if ignored { Standing::Starting } else { Standing::Unhealthy(cause) };
        }
        let passes = |checked: bool, health| !checked || health == HealthStatus::Healthy;
        let unchecked = !policy.has_load_balancer && !policy.has_container_checks;
        let healthy = if unchecked {
            now >= running + policy.pace.settled
        } else {
            passes(policy.has_load_balancer, self.target)
                && passes(policy.has_container_checks, self.containers)
        };
        if healthy { Standing::Healthy } else { Standing::Starting }
    }

    /// Returns the times at which the task may count otherwise though nothing happens to it.
    pub(super) fn next_change(&self, policy: &ServicePolicy) -> [Option<Instant>; 3] {
        let unchecked = !policy.has_load_balancer && !policy.has_container_checks;
        let settled = unchecked.then_some(policy.pace.settled);
        let grace = self.failing().map(|_| policy.grace);
        let after = |wait: Option<Duration>| Some(self.running? + wait?);
        [after(settled), after(grace), self.protected_until]
    }

    pub(super) fn is_protected(&self, now: Instant) -> bool {
        self.protected_until.is_some_and(|until| until > now)
    }

    fn failing(&self) -> Option<StopCause> {
        match (self.target, self.containers) {
            (HealthStatus::Unhealthy, _) => Some(StopCause::TargetUnhealthy),
            (_, HealthStatus::Unhealthy) => Some(StopCause::ContainersUnhealthy),
            _ => None,
        }
    }
}
