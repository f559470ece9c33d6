//! ECS: the scheduler that keeps a service's tasks running, and the launchers that run them.
//!
//! The [`Scheduler`] decides and does nothing; a [`Launcher`] does and decides nothing. What becomes
//! of a task comes back as [`TaskEvent`]s, whatever ran it.

mod network;
mod output;
mod process;
mod scheduler;
mod task;

pub use network::{Network, NetworkError};
pub use process::{Command, ProcessLauncher};
pub use scheduler::{Decision, Scheduler};
pub use task::{Launcher, Stopped, Task, TaskChange, TaskEvent, TaskId};
