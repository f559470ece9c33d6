//! A task of the environment: where it is in its life, and where it is registered.

use std::{net::Ipv4Addr, rc::Rc, time::SystemTime};

use super::{container::ContainerRecord, status::TaskStatus, wiring::Wiring};
use crate::ecs::{ContainerState, Task};
use alb::TargetState;
use scheduler::{HealthStatus, LastStatus, StopReason};

/// A task from its start to its end.
pub(super) struct RunningTask {
    pub(super) task: Task,
    pub(super) wiring: Rc<Wiring>,
    pub(super) status: LastStatus,
    pub(super) created: SystemTime,
    pub(super) started: Option<SystemTime>,
    is_registered: bool,
    pub(super) address: Option<Ipv4Addr>,
    pub(super) target: Option<TargetState>,
    pub(super) health: HealthStatus,
    /// What has been seen of the containers, in the task definition's order.
    pub(super) containers: Vec<ContainerRecord>,
    /// Why the task is to be stopped once nothing is on its way to it any more.
    pub(super) leaving: Option<StopReason>,
}

// === impl RunningTask ===

impl RunningTask {
    pub(super) fn new(task: Task, wiring: Rc<Wiring>) -> Self {
        Self {
            task,
            wiring,
            status: LastStatus::Provisioning,
            created: SystemTime::now(),
            started: None,
            is_registered: false,
            address: None,
            target: None,
            health: HealthStatus::Unknown,
            containers: Vec::new(),
            leaving: None,
        }
    }

    /// Notes how the task's containers are now.
    pub(super) fn note_containers(&mut self, containers: Vec<ContainerState>) {
        let now = SystemTime::now();
        self.containers.resize_with(containers.len(), ContainerRecord::default);
        for (record, state) in self.containers.iter_mut().zip(containers) {
            record.note(state, now);
        }
    }

    /// Registers the task: from here on requests come, and names lead to it.
    pub(super) fn register(&mut self) {
        self.started = Some(SystemTime::now());
        self.is_registered = true;
        if let Some(address) = self.address {
            self.wiring.register(&self.task.id, address);
            // What it is by now is told as a change, since it may have been checked already.
            self.target = self.wiring.target_state(address).map(|_| TargetState::Initial);
        }
    }

    /// Deregisters the task, and returns whether it was registered: from here on no name leads to it,
    /// and no new request comes.
    pub(super) fn deregister(&mut self) -> bool {
        let address = self.address.filter(|_| self.is_registered);
        if let Some(address) = address {
            self.wiring.deregister(&self.task.id, address);
        }
        std::mem::take(&mut self.is_registered)
    }

    /// Reports what the checks of the task's own containers come to, wherever it is registered.
    pub(super) fn report(&self, health: HealthStatus) {
        if let Some(address) = self.address.filter(|_| self.is_registered) {
            self.wiring.report(&self.task.id, address, health);
        }
    }

    /// Returns whether requests may still be on their way to the task.
    pub(super) fn is_draining(&self) -> bool {
        self.address.is_some_and(|address| self.wiring.is_draining(address))
    }

    /// Notes in which state the load balancer has the task now, and returns that if it is another than
    /// before.
    pub(super) fn note_target_state(&mut self) -> Option<TargetState> {
        let address = self.address.filter(|_| self.started.is_some())?;
        let state = self.wiring.target_state(address);
        if state == self.target {
            return None;
        }
        self.target.clone_from(&state);
        state
    }

    /// Describes how the task is doing; `None` as long as it has no address.
    pub(super) fn describe(&self) -> Option<TaskStatus> {
        let containers = &self.task.service.task_definition.containers;
        Some(TaskStatus {
            id: self.task.id.clone(),
            revision: self.task.service.task_definition.revision,
            address: self.address?,
            port: containers.iter().flat_map(|container| &container.ports).next().copied(),
            status: self.status,
            target: self.target.clone(),
            health: self.health,
        })
    }
}
