//! What decides in ECS: how many tasks of a service run, and what becomes of the containers of each.
//!
//! [`Scheduler`] keeps one service at its desired count and rolls it from one revision to the next;
//! [`TaskLife`] orders which containers of a task to start, check, signal and kill, and when. Neither
//! has a process, a socket or a clock: they are told what happened and the time, and answer what to
//! do next, so that thousands of random steps can be tried on them.

mod event;
mod life;
mod service;
mod status;
mod stopped;
mod task_id;

pub use event::{Event, EventLog, ServiceEvent};
pub use life::{Exit, Input, Order, TaskLife};
pub use service::{
    Decision, Deployment, DeploymentId, Happening, Pace, Policy, Revision, Rollout, Scheduler,
    StopCause, Verdict,
};
pub use status::LastStatus;
pub use stopped::{ContainerStatus, OUT_OF_MEMORY, StopCode, Stopped};
pub use task_id::TaskId;
