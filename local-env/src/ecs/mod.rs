//! ECS: the scheduler that keeps a service's tasks running, the life of a task, and the launchers that
//! run tasks.
//!
//! The [`Scheduler`] decides how many tasks there are and [`TaskLife`] what becomes of the containers
//! of one; neither has a process or a clock. A [`Launcher`] does and decides nothing. What becomes of
//! a task comes back as [`TaskEvent`]s, whatever ran it. Its output goes another way, to whoever shows
//! it: there a slow reader slows the task down, and nothing else.

mod command;
mod docker;
mod driver;
mod launcher;
mod network;
mod observe;
mod output;
mod process;
mod task;

pub use command::{Command, CommandBook, Commands, ContainerCommand, Image, Value};
pub use docker::{Docker, Engine, EngineError};
pub use launcher::{Surroundings, TaskLauncher, VariablesOf};
pub use network::{Network, NetworkError};
pub use observe::{LOOK_UP_PATIENCE, Observer, ObservingLauncher, Watched};
pub use task::{Launcher, OutputLine, Task, TaskChange, TaskEvent};
