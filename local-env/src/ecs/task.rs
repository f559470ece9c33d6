//! Tasks, what becomes of them, and what runs them.

use std::{net::Ipv4Addr, sync::Arc};

use scheduler::{ContainerStatus, HealthStatus, Revision, StopReason, Stopped, TaskId};
use stack::Service;

/// A task to be started.
#[derive(Clone, Debug)]
pub struct Task {
    /// The task's own id.
    pub id: TaskId,
    /// The service that the task belongs to, as its deployment has it.
    pub service: Arc<Service>,
    /// The revision that the task's deployment runs.
    pub revision: Revision,
}

/// Something that happened to a task.
#[derive(Clone, Debug)]
pub struct TaskEvent {
    /// The task.
    pub task: Task,
    /// What happened.
    pub change: TaskChange,
}

/// What can happen to a task.
#[derive(Clone, Debug)]
pub enum TaskChange {
    /// The task has an address, and its containers are being started.
    Pending(Ipv4Addr),
    /// The task's containers have been started; whether they listen yet is not known.
    Running,
    /// The checks of the task's own containers come to this.
    Health(HealthStatus),
    /// The task's containers are so now; they are in the task definition's order.
    Containers(Vec<ContainerState>),
    /// The task has ended, or could not be started.
    Stopped(Stopped),
}

/// How a container is doing, and the process that it is.
#[derive(Clone, Debug)]
pub struct ContainerState {
    /// How the container is doing.
    pub status: ContainerStatus,
    /// The id of the container's first process; absent unless that runs on this machine.
    pub process: Option<u32>,
}

/// A line that a task wrote, without the line's end.
#[derive(Clone, Debug)]
pub struct OutputLine {
    /// The task that wrote the line.
    pub task: Task,
    /// The index in the task definition of the container that wrote it.
    pub container: usize,
    /// The line itself, of standard output or standard error.
    pub text: String,
}

/// A launcher of tasks: it runs them, or watches those that something else runs.
pub trait Launcher {
    /// Starts a task.
    fn start(&mut self, task: Task);

    /// Asks a task to end, and says why; its containers are killed once their stop timeouts are over.
    fn stop(&mut self, id: &TaskId, why: StopReason);

    /// Ends all tasks now, and returns once they have ended.
    fn kill(&mut self);
}

// === impl Launcher ===

impl Launcher for Box<dyn Launcher> {
    fn start(&mut self, task: Task) {
        (**self).start(task);
    }

    fn stop(&mut self, id: &TaskId, why: StopReason) {
        (**self).stop(id, why);
    }

    fn kill(&mut self) {
        (**self).kill();
    }
}
