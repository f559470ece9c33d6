//! Deployments: what a service is being rolled to, and what it was rolled to before.

use std::fmt;

/// `ecs-svc/` and 19 digits, as in AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeploymentId(u64);

/// What a deployment runs. The scheduler only tells one from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u32);

/// A service's deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Its own.
    pub id: DeploymentId,
    /// What it runs.
    pub revision: Revision,
    /// How far it has come.
    pub rollout: Rollout,
    /// Tasks that failed since the last one that turned healthy.
    pub failed_tasks: u32,
    /// Whether it takes up an earlier one again because a later one failed.
    pub is_rollback: bool,
}

/// `rolloutState`: how far a deployment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollout {
    /// `IN_PROGRESS`.
    InProgress,
    /// `COMPLETED`: all its tasks are healthy, and no other deployment has any.
    Completed,
    /// `FAILED`: the circuit breaker has given it up.
    Failed,
}

// === impl DeploymentId ===

impl DeploymentId {
    const DIGITS: u64 = 10_u64.pow(19);

    /// One of as many as 19 digits have, from a random number.
    pub fn of(random: u64) -> Self {
        Self(random % Self::DIGITS)
    }

    /// The next one, which is as hard to guess as a counter.
    pub(super) fn next(self) -> Self {
        Self((self.0 + 1) % Self::DIGITS)
    }
}

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ecs-svc/{:019}", self.0)
    }
}

// === impl Deployment ===

impl Deployment {
    pub(super) fn new(id: DeploymentId, revision: Revision) -> Self {
        let rollout = Rollout::InProgress;
        Self { id, revision, rollout, failed_tasks: 0, is_rollback: false }
    }

    /// `rolloutStateReason`, in ECS's words (cloudmap-ecs §3.6).
    pub fn reason(&self) -> String {
        match (self.rollout, self.is_rollback) {
            (Rollout::InProgress, false) => format!("ECS deployment {} in progress.", self.id),
            (Rollout::InProgress, true) => {
                format!("ECS deployment circuit breaker: rolling back to deploymentId {}.", self.id)
            }
            (Rollout::Completed, _) => format!("ECS deployment {} completed.", self.id),
            (Rollout::Failed, _) => {
                "ECS deployment circuit breaker: tasks failed to start.".to_owned()
            }
        }
    }
}

// === impl Rollout ===

impl Rollout {
    /// As ECS's API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}
