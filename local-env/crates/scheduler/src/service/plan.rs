//! What the scheduler says is to be done, and what it has noticed.

use std::{fmt, time::Instant};

use super::{
    deployment::{DeploymentId, Revision},
    stop_cause::StopCause,
};
use crate::task_id::TaskId;

/// A plan of what is to be done for a service now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The tasks to start; the scheduler counts them as there from now on.
    pub start: Vec<PlannedStart>,
    /// The tasks to stop.
    pub stop: Vec<PlannedStop>,
    /// What the service's events are to say.
    pub happenings: Vec<Happening>,
    /// When to ask the scheduler again if nothing happens before.
    pub wake: Option<Instant>,
}

/// A task to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStart {
    /// The id of the new task.
    pub task: TaskId,
    /// What the task runs.
    pub revision: Revision,
}

/// A task to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStop {
    /// The id of the task.
    pub task: TaskId,
    /// Why the task is stopped.
    pub cause: StopCause,
}

/// Something that the scheduler has noticed and that a service's events say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// All tasks run, are healthy and of one deployment.
    SteadyState,
    /// A deployment is completed.
    Completed(DeploymentId),
    /// The circuit breaker has given a deployment up.
    Failed(DeploymentId),
    /// The circuit breaker takes up an earlier revision in this deployment.
    RollingBack(DeploymentId),
    /// The bounds of the deployment configuration leave no room to start or stop anything.
    Stuck,
    /// Tasks stop again and again without having run.
    CannotStart,
}

// === impl Happening ===

/// Writes what follows the service's name in an event.
impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SteadyState => f.write_str(") has reached a steady state."),
            Self::Completed(id) => write!(f, ") (deployment {id}) deployment completed."),
            Self::Failed(id) => {
                write!(f, ") (deployment {id}) deployment failed: tasks failed to start.")
            }
            Self::RollingBack(id) => write!(f, ") rolling back to deployment {id}."),
            Self::Stuck => f.write_str(
                ") was unable to stop or start tasks during a deployment because of the service \
                 deployment configuration. Update the minimumHealthyPercent or maximumPercent value \
                 and try again.",
            ),
            Self::CannotStart => {
                f.write_str(") is unable to consistently start tasks successfully.")
            }
        }
    }
}
