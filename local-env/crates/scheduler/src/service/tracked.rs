//! What the scheduler knows of one task, and how it counts.

use std::time::Instant;

use super::{DeploymentId, Policy, StopCause};

/// What a check says of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing yet.
    #[default]
    Unknown,
    /// It passes.
    Healthy,
    /// It fails.
    Unhealthy,
}

#[derive(Clone, Debug)]
pub(super) struct Tracked {
    pub(super) deployment: DeploymentId,
    pub(super) started: Instant,
    pub(super) running: Option<Instant>,
    pub(super) stopping: bool,
    pub(super) target: Verdict,
    pub(super) containers: Verdict,
    /// Whether it counted as healthy once.
    pub(super) was_healthy: bool,
    /// Whether its failing checks have been counted against its deployment.
    pub(super) counted: bool,
    pub(super) protected_until: Option<Instant>,
}

/// How a task counts. Those first in order are stopped first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Its checks fail, and its grace period is over.
    Unhealthy(StopCause),
    /// It starts, or has not been found healthy yet.
    Starting,
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
            target: Verdict::Unknown,
            containers: Verdict::Unknown,
            was_healthy: false,
            counted: false,
            protected_until: None,
        }
    }

    /// When a task counts as healthy, and when its failing checks count (cloudmap-ecs §3.6).
    pub(super) fn standing(&self, policy: &Policy, now: Instant) -> Standing {
        let Some(running) = self.running else { return Standing::Starting };
        if let Some(cause) = self.failing() {
            let ignored = now < running + policy.grace;
            return if ignored { Standing::Starting } else { Standing::Unhealthy(cause) };
        }
        let passes = |checked: bool, verdict| !checked || verdict == Verdict::Healthy;
        let unchecked = !policy.has_load_balancer && !policy.has_container_checks;
        let healthy = if unchecked {
            now >= running + policy.pace.settled
        } else {
            passes(policy.has_load_balancer, self.target)
                && passes(policy.has_container_checks, self.containers)
        };
        if healthy { Standing::Healthy } else { Standing::Starting }
    }

    /// When it may count otherwise though nothing is heard of it.
    pub(super) fn next_change(&self, policy: &Policy) -> [Option<Instant>; 3] {
        let unchecked = !policy.has_load_balancer && !policy.has_container_checks;
        let settled = unchecked.then_some(policy.pace.settled);
        let grace = self.failing().map(|_| policy.grace);
        let after = |wait: Option<std::time::Duration>| Some(self.running? + wait?);
        [after(settled), after(grace), self.protected_until]
    }

    pub(super) fn is_protected(&self, now: Instant) -> bool {
        self.protected_until.is_some_and(|until| until > now)
    }

    fn failing(&self) -> Option<StopCause> {
        match (self.target, self.containers) {
            (Verdict::Unhealthy, _) => Some(StopCause::TargetUnhealthy),
            (_, Verdict::Unhealthy) => Some(StopCause::ContainersUnhealthy),
            _ => None,
        }
    }
}
