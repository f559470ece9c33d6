//! A task, what becomes of it, and what runs it.

use std::{net::Ipv4Addr, sync::Arc};

use scheduler::{ContainerStatus, HealthStatus, Revision, StopReason, Stopped, TaskId};
use stack::Service;

/// A task to be started.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its own.
    pub id: TaskId,
    /// The service that it belongs to, as its deployment has it.
    pub service: Arc<Service>,
    /// What its deployment runs.
    pub revision: Revision,
}

/// What happened to a task.
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
    /// It has an address, and its containers are being started.
    Pending(Ipv4Addr),
    /// Its containers have been started; whether they listen yet is not known.
    Running,
    /// Its containers' own checks come to this.
    Health(HealthStatus),
    /// How its containers are doing, and the processes that they are.
    Containers(Vec<(ContainerStatus, Option<u32>)>),
    /// It has ended, or could not be started.
    Stopped(Stopped),
}

/// A line of a task's output, without the line's end.
#[derive(Clone, Debug)]
pub struct OutputLine {
    /// The task.
    pub task: Task,
    /// The container's place in the task definition.
    pub container: usize,
    /// Standard output and standard error alike.
    pub text: String,
}

/// Runs tasks.
pub trait Launcher {
    /// Starts a task.
    fn start(&mut self, task: Task);

    /// Asks a task to end, and says why; its containers are ended when their stop timeouts are over.
    fn stop(&mut self, id: &TaskId, why: StopReason);

    /// Ends all tasks now, and returns when it is done.
    fn kill(&mut self);
}
