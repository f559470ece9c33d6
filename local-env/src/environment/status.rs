//! What the environment tells of itself: how things stand, and what has just happened.

use std::net::Ipv4Addr;

use alb::TargetState;
use scheduler::{Deployment, HealthStatus, LastStatus, Stopped, TaskId};

/// How the services are doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// In the template's order.
    pub services: Vec<ServiceStatus>,
}

/// How a service is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceStatus {
    /// What people call it.
    pub name: String,
    /// How many tasks it should have.
    pub desired: usize,
    /// Those that have an address.
    pub tasks: Vec<TaskStatus>,
    /// The primary one first.
    pub deployments: Vec<Deployment>,
    /// Whether it has reached a steady state, and nothing has been amiss since.
    pub is_steady: bool,
}

/// How a task is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskStatus {
    /// Its id.
    pub id: TaskId,
    /// The revision of its task definition.
    pub revision: u32,
    /// Its address.
    pub address: Ipv4Addr,
    /// Where it is in its life.
    pub status: LastStatus,
    /// The first port that it is reached at, if it has one.
    pub port: Option<u16>,
    /// What the load balancer thinks of it, where it has one: the worst of several.
    pub target: Option<TargetState>,
    /// What its containers' own checks say.
    pub health: HealthStatus,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A task runs.
    Running {
        /// What people call its service.
        service: String,
        /// The task.
        task: TaskId,
        /// Its address.
        address: Ipv4Addr,
    },
    /// A task has ended.
    Stopped {
        /// What people call its service.
        service: String,
        /// The task.
        task: TaskId,
        /// Why.
        why: Stopped,
        /// Whether it was asked to.
        expected: bool,
    },
    /// A task is somewhere else in its life.
    Status {
        /// What people call its service.
        service: String,
        /// The task.
        task: TaskId,
        /// Where it is now.
        status: LastStatus,
    },
    /// A service tells something, in ECS's words.
    Event {
        /// What people call the service.
        service: String,
        /// The whole sentence.
        message: String,
    },
    /// The template has changed where a running environment cannot follow.
    NotApplied {
        /// What is left as it was, by its logical id, and why.
        what: String,
    },
    /// The load balancer thinks otherwise of a task than before.
    Target {
        /// What people call its service.
        service: String,
        /// The task.
        task: TaskId,
        /// What it thinks now.
        state: TargetState,
    },
}

// === impl Status ===

impl Status {
    /// Whether all services have their tasks, and the load balancer finds them healthy.
    pub fn is_steady(&self) -> bool {
        !self.services.is_empty() && self.services.iter().all(ServiceStatus::is_steady)
    }
}

// === impl ServiceStatus ===

impl ServiceStatus {
    /// Whether it has its tasks, all of the newest deployment, and they are healthy.
    pub fn is_steady(&self) -> bool {
        self.is_steady && self.tasks.iter().all(TaskStatus::is_healthy)
    }
}

// === impl TaskStatus ===

impl TaskStatus {
    /// Whether the load balancer finds it healthy, or there is none to ask.
    pub fn is_healthy(&self) -> bool {
        self.target.as_ref().is_none_or(|state| *state == TargetState::Healthy)
    }
}
