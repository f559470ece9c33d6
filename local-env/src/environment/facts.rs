//! What the metadata endpoint tells of a task, kept as its containers change.

use std::{net::Ipv4Addr, sync::Arc, time::SystemTime};

use super::task::RunningTask;
use crate::metadata::{ContainerFacts, Directory, HealthFacts, TaskFacts};
use scheduler::{ContainerStatus, LastStatus, Verdict};
use stack::Container;

/// Where the tasks of an environment are told of.
#[derive(Clone)]
pub(super) struct Bulletin {
    pub(super) directory: Directory,
    pub(super) account: String,
    pub(super) region: String,
}

/// What has been seen of a container.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) pid: Option<u32>,
    status: Option<ContainerStatus>,
    started: Option<SystemTime>,
    finished: Option<SystemTime>,
    health_since: Option<SystemTime>,
}

// === impl Bulletin ===

impl Bulletin {
    /// Tells how a task is now.
    pub(super) fn publish(&self, task: &RunningTask) {
        let containers = task.task.service.task_definition.containers.iter().enumerate();
        let is_leaving = task.status > LastStatus::Running || task.leaving.is_some();
        let desired_status = if is_leaving { "STOPPED" } else { "RUNNING" };
        let fact = |(index, model): (usize, &Container)| {
            let seen = task.containers.get(index).cloned().unwrap_or_default();
            seen.facts(model, desired_status, task.created)
        };
        self.directory.publish(TaskFacts {
            id: task.task.id.clone(),
            service: Arc::clone(&task.task.service),
            account: self.account.clone(),
            region: self.region.clone(),
            availability_zone: format!("{}a", self.region),
            address: task.address.unwrap_or(Ipv4Addr::UNSPECIFIED),
            desired_status,
            known_status: task.status.as_str(),
            pull_started: Some(task.created),
            pull_stopped: Some(task.created),
            stopped: None,
            containers: containers.map(fact).collect(),
        });
    }
}

// === impl Seen ===

impl Seen {
    /// A container is so now.
    pub(super) fn note(&mut self, status: ContainerStatus, pid: Option<u32>) {
        let now = SystemTime::now();
        let before = self.status.as_ref();
        if pid.is_some() && pid != self.pid {
            self.started = Some(now);
        }
        if status.last_status == "STOPPED" && before.is_none_or(|it| it.last_status != "STOPPED") {
            self.finished = Some(now);
        }
        if before.and_then(|it| it.health) != status.health {
            self.health_since = Some(now);
        }
        self.pid = pid;
        self.status = Some(status);
    }

    fn facts(
        self,
        model: &Container,
        desired_status: &'static str,
        created: SystemTime,
    ) -> ContainerFacts {
        let status = self.status.as_ref();
        ContainerFacts {
            name: model.name.clone(),
            known_status: status.map_or("PENDING", |it| it.last_status),
            desired_status,
            created: Some(created),
            started: self.started,
            finished: self.finished,
            exit_code: status.and_then(|it| it.exit_code),
            health: status.and_then(|it| it.health).map(|verdict| HealthFacts {
                status: named(verdict),
                since: self.health_since.unwrap_or(created),
                exit_code: None,
                output: String::new(),
            }),
            restarts: status.and_then(|it| it.restarts),
            pid: self.pid,
        }
    }
}

fn named(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Unknown => "UNKNOWN",
        Verdict::Healthy => "HEALTHY",
        Verdict::Unhealthy => "UNHEALTHY",
    }
}
