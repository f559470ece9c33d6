//! The events of a service, in ECS's words (cloudmap-ecs §3.6).

use std::{collections::VecDeque, fmt, time::SystemTime};

use super::{
    service::{DeploymentId, Happening},
    task_id::TaskId,
};
use stack::Arn;

/// The number of a service's events that are kept.
const KEPT: usize = 100;

/// The latest events of a service, the newest first.
#[derive(Clone, Debug, Default)]
pub struct EventLog(VecDeque<ServiceEvent>);

/// An event of a service, as ECS lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceEvent {
    /// When the event happened.
    pub created_at: SystemTime,
    /// The whole sentence, with the service's name in it.
    pub message: String,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// These tasks have been started.
    Started(&'a [TaskId]),
    /// So many targets have been registered in this target group.
    Registered(usize, &'a Arn),
    /// So many tasks of this deployment are being drained.
    Draining(DeploymentId, usize),
    /// So many targets have been deregistered from this target group.
    Deregistered(usize, &'a Arn),
    /// These tasks ran and have been stopped.
    Stopped(&'a [TaskId]),
    /// A target group finds a task unhealthy.
    Unhealthy {
        /// The id of the task.
        task: &'a TaskId,
        /// The port at which the task was checked.
        port: u16,
        /// The name of the target group.
        target_group: &'a str,
        /// What the check met, in ELB's words.
        reason: &'a str,
    },
    /// The checks of this task's own containers fail.
    ContainersUnhealthy(&'a TaskId),
    /// The scheduler has noticed something.
    Happened(Happening),
}

// === impl EventLog ===

impl EventLog {
    /// Adds an event, and drops the oldest one beyond a hundred.
    pub fn add(&mut self, event: ServiceEvent) {
        self.0.push_front(event);
        self.0.truncate(KEPT);
    }

    /// Iterates over the events, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &ServiceEvent> {
        self.0.iter()
    }
}

// === impl Event ===

impl Event<'_> {
    /// Returns the sentence that ECS would write of this service.
    pub fn message(&self, service: &str) -> String {
        format!("(service {service}{self}")
    }
}

/// Writes what follows the service's name in an event.
impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started(tasks) => {
                write!(f, ") has started {} tasks: {}.", tasks.len(), TaskList(tasks))
            }
            Self::Registered(count, group) => {
                write!(f, ") registered {count} targets in (target-group {group})")
            }
            Self::Draining(deployment, count) => {
                write!(
                    f,
                    ", taskSet {deployment}) has begun draining connections on {count} tasks."
                )
            }
            Self::Deregistered(count, group) => {
                write!(f, ") deregistered {count} targets in (target-group {group})")
            }
            Self::Stopped(tasks) => {
                write!(f, ") has stopped {} running tasks: {}.", tasks.len(), TaskList(tasks))
            }
            Self::Unhealthy { task, port, target_group, reason } => write!(
                f,
                ") (task {task}) (port {port}) is unhealthy in (target-group {target_group}) due to \
                 (reason {reason})"
            ),
            Self::ContainersUnhealthy(task) => {
                write!(f, ") (task {task}) failed container health checks.")
            }
            Self::Happened(happening) => happening.fmt(f),
        }
    }
}

/// Tasks as events list them: `(task 0123) (task 4567)`.
struct TaskList<'a>(&'a [TaskId]);

impl fmt::Display for TaskList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, task) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}(task {task})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ecs_073_the_latest_hundred_events_are_kept_the_newest_first() {
        let mut log = EventLog::default();
        for number in 0..150 {
            log.add(ServiceEvent {
                created_at: SystemTime::UNIX_EPOCH,
                message: number.to_string(),
            });
        }
        let kept: Vec<_> = log.iter().map(|event| event.message.clone()).collect();
        let expected: Vec<_> = (50..150).rev().map(|number| number.to_string()).collect();
        assert_eq!(kept, expected);
    }

    #[test]
    fn events_are_told_as_ecs_tells_them() {
        let task = TaskId::random();
        let group = Arn::from("arn:group");
        let deployment = DeploymentId::of(7);
        let tasks = [task.clone()];
        for (event, expected) in [
            (Event::Started(&tasks), format!("(service web) has started 1 tasks: (task {task}).")),
            (
                Event::Draining(deployment, 2),
                "(service web, taskSet ecs-svc/0000000000000000007) has begun draining connections \
                 on 2 tasks."
                    .to_owned(),
            ),
            (
                Event::Deregistered(1, &group),
                "(service web) deregistered 1 targets in (target-group arn:group)".to_owned(),
            ),
            (
                Event::Unhealthy { task: &task, port: 80, target_group: "tg", reason: "x" },
                format!(
                    "(service web) (task {task}) (port 80) is unhealthy in (target-group tg) due to \
                     (reason x)"
                ),
            ),
            (
                Event::Happened(Happening::RollingBack(deployment)),
                "(service web) rolling back to deployment ecs-svc/0000000000000000007.".to_owned(),
            ),
            (
                Event::Happened(Happening::SteadyState),
                "(service web) has reached a steady state.".to_owned(),
            ),
        ] {
            assert_eq!(event.message("web"), expected);
        }
    }
}
