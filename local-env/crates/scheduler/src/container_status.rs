//! How a container of a task is doing, as ECS describes it (cloudmap-ecs §3.2, §3.5).

use super::{health::HealthStatus, status::ContainerLastStatus};

/// A description of how a container is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerStatus {
    /// The container's name in the task definition.
    pub name: String,
    /// Where the container is in its life.
    pub last_status: ContainerLastStatus,
    /// The code that the container exited with; absent until then.
    pub exit_code: Option<i32>,
    /// What ECS says of the container's end besides its code: `OutOfMemoryError: …` and the like.
    pub reason: Option<String>,
    /// What the container's own health check comes to; absent where it has none.
    pub health: Option<HealthStatus>,
    /// How often the container was restarted; absent where it has no restart policy.
    pub restarts: Option<u32>,
}
