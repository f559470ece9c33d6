//! What has been seen of a container of a task.

use std::time::SystemTime;

use crate::{
    ecs::ContainerState,
    metadata::{ContainerFacts, HealthFacts},
};
use scheduler::{ContainerLastStatus, ContainerStatus, DesiredStatus};
use stack::Container;

/// A record of what has been seen of a container, and when.
#[derive(Clone, Debug, Default)]
pub(super) struct ContainerRecord {
    process: Option<u32>,
    status: Option<ContainerStatus>,
    started: Option<SystemTime>,
    finished: Option<SystemTime>,
    health_since: Option<SystemTime>,
}

// === impl ContainerRecord ===

impl ContainerRecord {
    /// Notes how the container is at `now`.
    pub(super) fn note(
        &mut self,
        ContainerState { status, process }: ContainerState,
        now: SystemTime,
    ) {
        let before = self.status.as_ref();
        if process.is_some() && process != self.process {
            self.started = Some(now);
        }
        let has_stopped = |it: &ContainerStatus| it.last_status == ContainerLastStatus::Stopped;
        if has_stopped(&status) && !before.is_some_and(has_stopped) {
            self.finished = Some(now);
        }
        if before.and_then(|it| it.health) != status.health {
            self.health_since = Some(now);
        }
        self.process = process;
        self.status = Some(status);
    }

    /// Returns what the metadata endpoint tells of the container, which was made at `created`.
    pub(super) fn facts(
        &self,
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
            pid: self.process,
        }
    }
}
