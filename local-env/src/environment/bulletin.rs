//! What the metadata endpoint tells of the tasks, published as these change.

use std::{net::Ipv4Addr, sync::Arc};

use super::task::RunningTask;
use crate::metadata::{Directory, TaskFacts};
use scheduler::{DesiredStatus, LastStatus, TaskId};
use stack::Container;

/// Where the tasks of an environment are published, and what all of them have in common.
#[derive(Clone)]
pub(super) struct Bulletin {
    pub(super) directory: Directory,
    pub(super) account: String,
    pub(super) region: String,
}

// === impl Bulletin ===

impl Bulletin {
    /// Publishes how a task is now.
    pub(super) fn publish(&self, task: &RunningTask) {
        let containers = task.task.service.task_definition.containers.iter().enumerate();
        let is_leaving = task.status > LastStatus::Running || task.leaving.is_some();
        let desired_status =
            if is_leaving { DesiredStatus::Stopped } else { DesiredStatus::Running };
        let facts = |(index, model): (usize, &Container)| {
            let record = task.containers.get(index).cloned().unwrap_or_default();
            record.facts(model, desired_status, task.created)
        };
        self.directory.publish(TaskFacts {
            id: task.task.id.clone(),
            service: Arc::clone(&task.task.service),
            account: self.account.clone(),
            region: self.region.clone(),
            availability_zone: format!("{}a", self.region),
            address: task.address.unwrap_or(Ipv4Addr::UNSPECIFIED),
            desired_status,
            known_status: task.status,
            pull_started: Some(task.created),
            pull_stopped: Some(task.created),
            stopped: None,
            containers: containers.map(facts).collect(),
        });
    }

    /// Tells of a task no more.
    pub(super) fn withdraw(&self, task: &TaskId) {
        self.directory.forget(task);
    }
}
