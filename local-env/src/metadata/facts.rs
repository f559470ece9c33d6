//! What is so of a task, as far as its task definition does not say it.

use std::{net::Ipv4Addr, sync::Arc, time::SystemTime};

use scheduler::{ContainerLastStatus, DesiredStatus, HealthStatus, LastStatus, TaskId};
use stack::{Container, Service};

/// A task that was started.
#[derive(Clone, Debug)]
pub struct TaskFacts {
    /// Its own.
    pub id: TaskId,
    /// The service that it belongs to.
    pub service: Arc<Service>,
    /// The account in its ARN.
    pub account: String,
    /// The region in its ARN.
    pub region: String,
    /// `us-west-2a`.
    pub availability_zone: String,
    /// Its address, which all its containers share.
    pub address: Ipv4Addr,
    /// `DesiredStatus`: what the task is to be.
    pub desired_status: DesiredStatus,
    /// `KnownStatus`: where the task is in its life.
    pub known_status: LastStatus,
    /// When its images were first asked for.
    pub pull_started: Option<SystemTime>,
    /// When the last of them was there.
    pub pull_stopped: Option<SystemTime>,
    /// When the last of its containers ended.
    pub stopped: Option<SystemTime>,
    /// In the task definition's order.
    pub containers: Vec<ContainerFacts>,
}

/// A container of a task.
#[derive(Clone, Debug)]
pub struct ContainerFacts {
    /// Its name in the task definition.
    pub name: String,
    /// `KnownStatus`: where the container is in its life.
    pub known_status: ContainerLastStatus,
    /// `DesiredStatus`: what the container is to be.
    pub desired_status: DesiredStatus,
    /// When it was made.
    pub created: Option<SystemTime>,
    /// When it last started.
    pub started: Option<SystemTime>,
    /// When it ended.
    pub finished: Option<SystemTime>,
    /// What it ended with.
    pub exit_code: Option<i32>,
    /// What its health check says; absent where it has none.
    pub health: Option<HealthFacts>,
    /// How often it was started again; absent where it has no restart policy.
    pub restarts: Option<u32>,
    /// The process that it is, where it is one of this machine's.
    pub pid: Option<u32>,
}

/// What a container's health check says.
#[derive(Clone, Debug)]
pub struct HealthFacts {
    /// What the checks come to.
    pub status: HealthStatus,
    /// Since when.
    pub since: SystemTime,
    /// Of the last check.
    pub exit_code: Option<i32>,
    /// Of the last check.
    pub output: String,
}

// === impl TaskFacts ===

impl TaskFacts {
    /// What the task definition says of the container with this name.
    pub(super) fn defined(&self, name: &str) -> Option<&Container> {
        self.service.task_definition.containers.iter().find(|container| container.name == name)
    }
}
