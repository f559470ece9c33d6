//! What the environment tells of itself: how things stand, and what has just happened.

use std::net::Ipv4Addr;

use crate::{
    alb::TargetState,
    ecs::{Stopped, TaskId},
};

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
    /// Those that run.
    pub tasks: Vec<TaskStatus>,
}

/// How a task is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskStatus {
    /// Its id.
    pub id: TaskId,
    /// Its address.
    pub address: Ipv4Addr,
    /// The first port that it is reached at, if it has one.
    pub port: Option<u16>,
    /// What the load balancer thinks of it, where it has one: the worst of several.
    pub target: Option<TargetState>,
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
    /// Whether it has its tasks, and the load balancer finds them healthy.
    pub fn is_steady(&self) -> bool {
        self.tasks.len() >= self.desired && self.tasks.iter().all(TaskStatus::is_healthy)
    }
}

// === impl TaskStatus ===

impl TaskStatus {
    /// Whether the load balancer finds it healthy, or there is none to ask.
    pub fn is_healthy(&self) -> bool {
        self.target.as_ref().is_none_or(|state| *state == TargetState::Healthy)
    }
}
