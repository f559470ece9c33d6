//! Why the scheduler stops a task, in ECS's words (cloudmap-ecs §3.7).

use super::deployment::DeploymentId;
use stack::Arn;

/// Why the scheduler stops a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopCause {
    /// The load balancer's checks of the task fail.
    TargetUnhealthy,
    /// The checks of the task's own containers fail.
    ContainersUnhealthy,
    /// The task is one too many, or of an older deployment than this one.
    Scaling(DeploymentId),
}

// === impl StopCause ===

impl StopCause {
    /// Returns the `stoppedReason` of a task that is stopped for this cause; `failing` is the target
    /// group that found it unhealthy.
    pub fn reason(self, failing: Option<&Arn>) -> String {
        match (self, failing) {
            (Self::Scaling(deployment), _) => {
                format!("Scaling activity initiated by (deployment {deployment})")
            }
            (Self::TargetUnhealthy, Some(group)) => {
                format!("Task failed ELB health checks in (target-group {group})")
            }
            (Self::TargetUnhealthy, None) => "Task failed ELB health checks".to_owned(),
            (Self::ContainersUnhealthy, _) => "Task failed container health checks".to_owned(),
        }
    }
}
