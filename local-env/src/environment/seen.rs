//! What has been seen of a task's containers, for the metadata endpoint.

use std::time::SystemTime;

use crate::metadata::{ContainerFacts, HealthFacts};
use scheduler::{ContainerLastStatus, ContainerStatus, DesiredStatus};
use stack::Container;

/// What has been seen of a container.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) pid: Option<u32>,
    status: Option<ContainerStatus>,
    started: Option<SystemTime>,
    finished: Option<SystemTime>,
    health_since: Option<SystemTime>,
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
        let has_stopped = |it: &ContainerStatus| it.last_status == ContainerLastStatus::Stopped;
        if has_stopped(&status) && !before.is_some_and(has_stopped) {
            self.finished = Some(now);
        }
        if before.and_then(|it| it.health) != status.health {
            self.health_since = Some(now);
        }
        self.pid = pid;
        self.status = Some(status);
    }

    /// What the endpoint tells of it.
    pub(super) fn facts(
        self,
        model: &Container,
        desired_status: DesiredStatus,
        created: SystemTime,
    ) -> ContainerFacts {
        let status = self.status.as_ref();
        ContainerFacts {
            name: model.name.clone(),
            known_status: status.map(|it| it.last_status).unwrap_or_default(),
            desired_status,
            created: Some(created),
            started: self.started,
            finished: self.finished,
            exit_code: status.and_then(|it| it.exit_code),
            health: status.and_then(|it| it.health).map(|status| HealthFacts {
                status,
                since: self.health_since.unwrap_or(created),
                exit_code: None,
                output: String::new(),
            }),
            restarts: status.and_then(|it| it.restarts),
            pid: self.pid,
        }
    }
}
