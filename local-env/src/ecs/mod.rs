//! ECS: the scheduler that keeps a service's tasks running, and the launchers that run them.
//!
//! The [`Scheduler`] decides and does nothing; a [`Launcher`] does and decides nothing. What becomes
//! of a task comes back as [`TaskEvent`]s, whatever ran it. Its output goes another way, to whoever shows
//! it: there a slow reader slows the task down, and nothing else.

mod network;
mod observe;
mod output;
mod process;
mod scheduler;
mod task;

pub use network::{Network, NetworkError};
pub use observe::{ObserveError, Observer, ObservingLauncher, Watched};
pub use process::{Command, ProcessLauncher};
pub use scheduler::{Decision, Scheduler};
pub use task::{Launcher, OutputLine, Stopped, Task, TaskChange, TaskEvent, TaskId};
