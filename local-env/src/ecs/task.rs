//! A task, what becomes of it, and what runs it.

use std::{fmt, net::Ipv4Addr, sync::Arc};

use crate::stack::Service;

/// 32 hexadecimal digits, as in AWS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(Arc<str>);

/// A task to be started.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its own.
    pub id: TaskId,
    /// The service that it belongs to.
    pub service: Arc<Service>,
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
    /// Its containers have been started, at this address; whether they listen yet is not known.
    Running(Ipv4Addr),
    /// It has ended, or could not be started.
    Stopped(Stopped),
}

/// A line of a task's output, without the line's end.
#[derive(Clone, Debug)]
pub struct OutputLine {
    /// The task.
    pub task: Task,
    /// Standard output and standard error alike.
    pub text: String,
}

/// Why a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Its essential container exited with this code.
    Exited(i32),
    /// Its essential container was ended by this signal.
    Signalled(i32),
    /// It never ran.
    FailedToStart(String),
    /// What ran it says no more of it.
    Gone,
}

/// Runs tasks.
pub trait Launcher {
    /// Starts a task.
    fn start(&mut self, task: Task);

    /// Asks a task to end; it is ended when its stop timeout is over.
    fn stop(&mut self, id: &TaskId);

    /// Ends all tasks now, and returns when it is done.
    fn kill(&mut self);
}

// === impl TaskId ===

impl TaskId {
    /// A new one.
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string().into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Enough of it to tell one task from another on a screen.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl Stopped ===

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exited with code {code}"),
            Self::Signalled(signal) => match signal_name(*signal) {
                Some(name) => write!(f, "was ended by {name}"),
                None => write!(f, "was ended by signal {signal}"),
            },
            Self::FailedToStart(why) => write!(f, "could not start: {why}"),
            Self::Gone => f.write_str("is no longer there"),
        }
    }
}

fn signal_name(signal: i32) -> Option<&'static str> {
    nix::sys::signal::Signal::try_from(signal).ok().map(nix::sys::signal::Signal::as_str)
}
