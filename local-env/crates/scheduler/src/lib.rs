//! What decides in ECS: how many tasks of a service run, and what becomes of the containers of each.
//!
//! [`Scheduler`] keeps one service at its desired count and rolls it from one revision to the next;
//! [`TaskLife`] orders which containers of a task to start, check, signal and kill, and when. Neither
//! has a process, a socket or a clock: they are told what happened and the time, and answer what to
//! do next, so that thousands of random steps can be tried on them.
//!
//! ```
//! use std::{sync::Arc, time::{Duration, Instant}};
//!
//! use scheduler::{DeploymentId, Pace, Revision, Scheduler, ServicePolicy, TaskId};
//! use stack::{Container, Service, TaskDefinition};
//!
//! let definition = TaskDefinition::new("web", vec![Container::new("web", "web:1")]);
//! let service = Service::new("web", Arc::new(definition));
//! let pace = Pace::of(|wait| wait / 60);
//! let policy = ServicePolicy::of(&service, pace);
//! let mut scheduler = Scheduler::new(policy, Revision(1), DeploymentId::of(7));
//!
//! let now = Instant::now();
//! let plan = scheduler.decide(now, TaskId::random);
//! assert_eq!(plan.start.len(), 1, "a service is one task unless it says otherwise");
//!
//! scheduler.note_running(&plan.start[0].task, now);
//! assert!(!scheduler.is_steady());
//! let later = now + pace.settled;
//! scheduler.decide(later, TaskId::random);
//! assert!(scheduler.is_steady(), "nothing checks the task, so it counts as healthy by then");
//! ```

#![deny(missing_docs)]

mod container_status;
mod event;
mod health;
mod life;
mod service;
mod status;
mod stopped;
mod task_id;

pub use container_status::ContainerStatus;
pub use event::{Event, EventLog, ServiceEvent};
pub use health::HealthStatus;
pub use life::{ContainerEvent, Exit, Order, TaskLife};
pub use service::{
    Deployment, DeploymentId, Happening, Pace, Plan, PlannedStart, PlannedStop, Revision, Rollout,
    Scheduler, ServicePolicy, StopCause,
};
pub use status::{ContainerLastStatus, DesiredStatus, LastStatus};
pub use stopped::{OUT_OF_MEMORY, StopCode, StopReason, Stopped};
pub use task_id::TaskId;
