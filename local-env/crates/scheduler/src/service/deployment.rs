//! Deployments: what a service is being rolled to, and what it was rolled to before.

use std::fmt;

/// The id of a deployment: `ecs-svc/` and 19 digits, as in AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeploymentId(u64);

/// A number for what a deployment runs; the scheduler only tells one from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u32);

/// A deployment of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The deployment's own id.
    pub id: DeploymentId,
    /// What the deployment's tasks run.
    pub revision: Revision,
    /// How far the deployment has come.
    pub rollout: Rollout,
    /// The number of tasks that have failed since the last one that turned healthy.
    pub failed_tasks: u32,
    /// Whether the deployment takes up an earlier one again because a later one failed.
    pub is_rollback: bool,
}

/// `rolloutState`: how far a deployment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollout {
    /// `IN_PROGRESS`: tasks are still to be started or stopped, or to turn healthy.
    InProgress,
    /// `COMPLETED`: all tasks of the deployment are healthy, and no other deployment has any.
    Completed,
    /// `FAILED`: the circuit breaker has given the deployment up.
    Failed,
}

// === impl DeploymentId ===

impl DeploymentId {
    const DIGITS: u64 = 10_u64.pow(19);

    /// Makes an id of a random number.
    pub fn of(random: u64) -> Self {
        Self(random % Self::DIGITS)
    }

    /// Returns the id of the deployment that follows this one.
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

    /// Returns the `rolloutStateReason`, in ECS's words (cloudmap-ecs §3.6).
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
    /// Returns the state as ECS's API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}
