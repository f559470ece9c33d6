//! The facts of tasks and their containers that no task definition says.

use std::{net::Ipv4Addr, sync::Arc, time::SystemTime};

use scheduler::{ContainerLastStatus, DesiredStatus, HealthStatus, LastStatus, TaskId};
use stack::{Container, Service};

/// The facts of a task that was started.
#[derive(Clone, Debug)]
pub struct TaskFacts {
    /// The task's own id.
    pub id: TaskId,
    /// The service that the task belongs to.
    pub service: Arc<Service>,
    /// The account in the task's ARN.
    pub account: String,
    /// The region in the task's ARN.
    pub region: String,
    /// `AvailabilityZone`: `us-west-2a`, say.
    pub availability_zone: String,
    /// The task's address, which all its containers share.
    pub address: Ipv4Addr,
    /// `DesiredStatus`: what the task is to be.
    pub desired_status: DesiredStatus,
    /// `KnownStatus`: where the task is in its life.
    pub known_status: LastStatus,
    /// `PullStartedAt`: when the task's images were first asked for.
    pub pull_started: Option<SystemTime>,
    /// `PullStoppedAt`: when the last of the images was there.
    pub pull_stopped: Option<SystemTime>,
    /// `ExecutionStoppedAt`: when the last of the containers ended.
    pub stopped: Option<SystemTime>,
    /// The containers in the task definition's order.
    pub containers: Vec<ContainerFacts>,
}

/// The facts of a container of a task.
#[derive(Clone, Debug)]
pub struct ContainerFacts {
    /// The container's name in the task definition.
    pub name: String,
    /// `KnownStatus`: where the container is in its life.
    pub known_status: ContainerLastStatus,
    /// `DesiredStatus`: what the container is to be.
    pub desired_status: DesiredStatus,
    /// `CreatedAt`: when the container was made.
    pub created: Option<SystemTime>,
    /// `StartedAt`: when the container last started.
    pub started: Option<SystemTime>,
    /// `FinishedAt`: when the container ended.
    pub finished: Option<SystemTime>,
    /// `ExitCode`: the code that the container ended with.
    pub exit_code: Option<i32>,
    /// `Health`: what the container's health check says; absent where it has none.
    pub health: Option<HealthFacts>,
    /// `RestartCount`: how often the container was started again; absent where it has no restart policy.
    pub restarts: Option<u32>,
    /// The id of the process that the container is; absent unless that runs on this machine.
    pub pid: Option<u32>,
}

/// The facts of a container's health check.
#[derive(Clone, Debug)]
pub struct HealthFacts {
    /// What the checks come to.
    pub status: HealthStatus,
    /// Since when the checks have come to that.
    pub since: SystemTime,
    /// The exit code of the last check.
    pub exit_code: Option<i32>,
    /// The output of the last check.
    pub output: String,
}

// === impl TaskFacts ===

impl TaskFacts {
    /// Returns the definition of the container with this name.
    pub(super) fn defined(&self, name: &str) -> Option<&Container> {
        self.service.task_definition.containers.iter().find(|container| container.name == name)
    }
}
