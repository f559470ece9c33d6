//! What the metadata endpoint tells of a task, kept as its containers change.

use std::{net::Ipv4Addr, sync::Arc};

use super::task::RunningTask;
use crate::metadata::{Directory, TaskFacts};
use scheduler::{DesiredStatus, LastStatus};
use stack::Container;

/// Where the tasks of an environment are told of.
#[derive(Clone)]
pub(super) struct Bulletin {
    pub(super) directory: Directory,
    pub(super) account: String,
    pub(super) region: String,
}

// === impl Bulletin ===

impl Bulletin {
    /// Tells how a task is now.
    pub(super) fn publish(&self, task: &RunningTask) {
        let containers = task.task.service.task_definition.containers.iter().enumerate();
        let is_leaving = task.status > LastStatus::Running || task.leaving.is_some();
        let desired_status =
            if is_leaving { DesiredStatus::Stopped } else { DesiredStatus::Running };
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
            known_status: task.status,
            pull_started: Some(task.created),
            pull_stopped: Some(task.created),
            stopped: None,
            containers: containers.map(fact).collect(),
        });
    }
}
