//! What an environment says of itself: how things stand, and what has just happened.

use std::net::Ipv4Addr;

use alb::TargetState;
use scheduler::{Deployment, HealthStatus, LastStatus, Stopped, TaskId};

/// How the services of an environment are doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The services in the template's order.
    pub services: Vec<ServiceStatus>,
}

/// How a service is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceStatus {
    /// What people call the service.
    pub name: String,
    /// The number of tasks that the service should have.
    pub desired: usize,
    /// The tasks that have an address.
    pub tasks: Vec<TaskStatus>,
    /// The deployments, the primary one first.
    pub deployments: Vec<Deployment>,
    /// Whether the service has reached a steady state, and nothing has been amiss since.
    pub is_steady: bool,
}

/// How a task is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskStatus {
    /// The task's id.
    pub id: TaskId,
    /// The revision of the task's definition.
    pub revision: u32,
    /// The task's address.
    pub address: Ipv4Addr,
    /// Where the task is in its life.
    pub status: LastStatus,
    /// The first port that the task is reached at; absent if it has none.
    pub port: Option<u16>,
    /// The state of the task's target: the worst of several; absent if no target group has the task.
    pub target: Option<TargetState>,
    /// What the checks of the task's own containers come to.
    pub health: HealthStatus,
}

/// Something that has happened in an environment.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A task runs.
    Running {
        /// What people call the task's service.
        service: String,
        /// The task's id.
        task: TaskId,
        /// The task's address.
        address: Ipv4Addr,
    },
    /// A task has ended.
    Stopped {
        /// What people call the task's service.
        service: String,
        /// The task's id.
        task: TaskId,
        /// Why the task has ended.
        why: Stopped,
        /// Whether the task was asked to end.
        expected: bool,
    },
    /// A task has gone on in its life.
    Status {
        /// What people call the task's service.
        service: String,
        /// The task's id.
        task: TaskId,
        /// Where the task is now.
        status: LastStatus,
    },
    /// A service has a new event.
    Event {
        /// What people call the service.
        service: String,
        /// The whole sentence, in ECS's words.
        message: String,
    },
    /// The template has changed where a running environment can't follow.
    NotApplied {
        /// What is left as it was, by its logical id, and why.
        what: String,
    },
    /// The target of a task is in another state than before.
    Target {
        /// What people call the task's service.
        service: String,
        /// The task's id.
        task: TaskId,
        /// The state that the target is in now.
        state: TargetState,
    },
}

// === impl Status ===

impl Status {
    /// Returns whether there are services, and all of them are steady.
    pub fn is_steady(&self) -> bool {
        !self.services.is_empty() && self.services.iter().all(ServiceStatus::is_steady)
    }
}

// === impl ServiceStatus ===

impl ServiceStatus {
    /// Returns whether the service has its tasks, all of the newest deployment, and they are healthy.
    pub fn is_steady(&self) -> bool {
        self.is_steady && self.tasks.iter().all(TaskStatus::is_healthy)
    }
}

// === impl TaskStatus ===

impl TaskStatus {
    /// Returns whether the load balancer finds the task healthy, or no target group has it.
    pub fn is_healthy(&self) -> bool {
        self.target.as_ref().is_none_or(|state| *state == TargetState::Healthy)
    }
}
