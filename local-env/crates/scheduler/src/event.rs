//! What a service tells of itself, in ECS's words (cloudmap-ecs §3.6).

use std::{collections::VecDeque, fmt, time::SystemTime};

use super::{DeploymentId, Happening, TaskId};
use stack::Arn;

/// How many events of a service are kept.
const KEPT: usize = 100;

/// A service's events, the newest first.
#[derive(Clone, Debug, Default)]
pub struct EventLog(VecDeque<ServiceEvent>);

/// One event of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceEvent {
    /// When it happened.
    pub created_at: SystemTime,
    /// The whole sentence, with the service's name.
    pub message: String,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// Tasks have been started.
    Started(&'a [TaskId]),
    /// Targets have been registered, so many of them.
    Registered(usize, &'a Arn),
    /// Tasks of this deployment are being drained.
    Draining(DeploymentId, usize),
    /// Targets have been deregistered.
    Deregistered(usize, &'a Arn),
    /// Running tasks have been stopped.
    Stopped(&'a [TaskId]),
    /// A target group finds a task unhealthy.
    Unhealthy {
        /// The task.
        task: &'a TaskId,
        /// The port at which it was asked.
        port: u16,
        /// The group's name.
        target_group: &'a str,
        /// What the check met.
        reason: &'a str,
    },
    /// A task's own checks fail.
    ContainersUnhealthy(&'a TaskId),
    /// What the scheduler tells.
    Happened(Happening),
}

// === impl EventLog ===

impl EventLog {
    /// Adds an event; beyond a hundred the oldest goes.
    pub fn add(&mut self, event: ServiceEvent) {
        self.0.push_front(event);
        self.0.truncate(KEPT);
    }

    /// The newest first.
    pub fn iter(&self) -> impl Iterator<Item = &ServiceEvent> {
        self.0.iter()
    }
}

// === impl Event ===

impl Event<'_> {
    /// The sentence that ECS would write.
    pub fn message(&self, service: &str) -> String {
        format!("(service {service}{self}")
    }
}

/// What follows the service's name.
impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started(tasks) => {
                write!(f, ") has started {} tasks: {}.", tasks.len(), List(tasks))
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
                write!(f, ") has stopped {} running tasks: {}.", tasks.len(), List(tasks))
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

/// What follows the service's name.
impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SteadyState => f.write_str(") has reached a steady state."),
            Self::Completed(id) => write!(f, ") (deployment {id}) deployment completed."),
            Self::Failed(id) => {
                write!(f, ") (deployment {id}) deployment failed: tasks failed to start.")
            }
            Self::RollingBack(id) => write!(f, ") rolling back to deployment {id}."),
            Self::Stuck => f.write_str(
                ") was unable to stop or start tasks during a deployment because of the service \
                 deployment configuration. Update the minimumHealthyPercent or maximumPercent value \
                 and try again.",
            ),
            Self::CannotStart => {
                f.write_str(") is unable to consistently start tasks successfully.")
            }
        }
    }
}

/// `(task 0123) (task 4567)`.
struct List<'a>(&'a [TaskId]);

impl fmt::Display for List<'_> {
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
