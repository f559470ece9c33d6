//! The launchers of ECS's tasks: as processes of this machine, as containers of a Docker Engine, or
//! watched where something else runs them.
//!
//! The crate [`scheduler`] decides how many tasks there are and what becomes of the containers of one.
//! A [`Launcher`] does as it is told and decides nothing. What becomes of a task comes back as
//! [`TaskEvent`]s, whatever ran it. What it writes goes another way, to whoever shows it: there a slow
//! reader slows the task down, and nothing else.

mod command;
mod docker;
mod driver;
mod launcher;
mod network;
mod observe;
mod output;
mod process;
mod run;
mod task;

pub(crate) use command::{Command, CommandBook, Commands, ContainerCommand, Image, Value};
pub use docker::EngineError;
pub(crate) use docker::{Docker, Engine};
pub(crate) use launcher::{Surroundings, TaskLauncher};
pub use network::{Network, NetworkError};
pub(crate) use observe::{LOOK_UP_PATIENCE, Observer, Watched};
pub(crate) use run::VariablesOf;
pub use task::{ContainerState, Launcher, OutputLine, Task, TaskChange, TaskEvent};
