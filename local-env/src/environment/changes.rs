//! What becomes of a service's tasks: each change is passed to the scheduler, registered where it matters,
//! and recorded.

use std::{rc::Rc, time::SystemTime};

use tokio::time::Instant;

use super::{service::RunningService, status::Notice, task::RunningTask};
use crate::ecs::{Task, TaskChange};
use alb::TargetState;
use scheduler::{Event, HealthStatus, LastStatus, Stopped, TaskId};

// === impl RunningService ===

impl RunningService {
    /// Notes what has become of a task.
    pub(super) fn note(&mut self, task: Task, change: TaskChange) {
        let id = task.id.clone();
        match change {
            TaskChange::Pending(address) => {
                // One that the scheduler did not ask for runs all the same.
                let latest = self.revisions.values().next_back();
                let wiring = latest.map(|it| Rc::clone(&it.wiring));
                let Some(wiring) = wiring else { return };
                let entry = self.tasks.entry(id.clone());
                entry.or_insert_with(|| RunningTask::new(task, wiring)).address = Some(address);
                self.advance(&id, LastStatus::Pending);
            }
            TaskChange::Running => self.note_running(&id),
            TaskChange::Health(health) => self.note_health(&id, health),
            TaskChange::Containers(containers) => {
                if let Some(task) = self.tasks.get_mut(&id) {
                    task.note_containers(containers);
                    self.bulletin.publish(task);
                }
            }
            TaskChange::Stopped(why) => self.note_stopped(&id, why),
        }
    }

    /// Spares a task from scaling and deployments until then; `None` ends its protection.
    pub(super) fn protect(&mut self, id: &TaskId, until: Option<SystemTime>) {
        let left = until.and_then(|until| until.duration_since(SystemTime::now()).ok());
        self.scheduler.set_protection(id, left.map(|left| Instant::now().into_std() + left));
    }

    fn note_running(&mut self, id: &TaskId) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if task.status > LastStatus::Running {
            return;
        }
        task.register();
        let (shown, address) = (task.wiring.shows_registration(), task.address);
        if shown {
            self.advance(id, LastStatus::Activating);
        }
        self.advance(id, LastStatus::Running);
        self.scheduler.note_running(id, Instant::now().into_std());
        for group in self.groups() {
            self.record_event(&Event::Registered(1, &group));
        }
        if let Some(address) = address {
            let task = id.clone();
            self.journal.record(|service| Notice::Running { service, task, address });
        }
    }

    fn note_health(&mut self, id: &TaskId, health: HealthStatus) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        task.health = health;
        task.report(health);
        self.scheduler.note_container_health(id, health);
        if health == HealthStatus::Unhealthy {
            self.record_event(&Event::ContainersUnhealthy(id));
        }
    }

    /// Takes a task that has ended out of everything.
    fn note_stopped(&mut self, id: &TaskId, why: Stopped) {
        self.advance(id, LastStatus::Deprovisioning);
        self.advance(id, LastStatus::Stopped);
        self.tasks.remove(id).as_mut().map(RunningTask::deregister);
        self.bulletin.withdraw(id);
        let expected = self.scheduler.note_stopped(id, Instant::now().into_std());
        let task = id.clone();
        self.journal.record(|service| Notice::Stopped { service, task, why, expected });
    }

    /// Notes in which states the load balancer has the tasks now.
    pub(super) fn note_targets(&mut self) {
        let changed = self.tasks.iter_mut().filter_map(|(id, task)| {
            Some((id.clone(), task.note_target_state()?, task.leaving.is_some()))
        });
        for (id, state, leaving) in changed.collect::<Vec<_>>() {
            self.scheduler.note_target_health(&id, health_of(&state));
            if matches!(state, TargetState::Unhealthy(_)) && !leaving {
                self.record_unhealthy(&id);
            }
            self.journal.record(|service| Notice::Target { service, task: id, state });
        }
    }

    fn record_unhealthy(&mut self, id: &TaskId) {
        let task = self.tasks.get(id);
        let Some((address, task)) = task.and_then(|task| Some((task.address?, task))) else {
            return;
        };
        let wiring = Rc::clone(&task.wiring);
        if let Some(failing) = wiring.failing(address) {
            let (target_group, reason) = (failing.group.name(), failing.reason.as_str());
            let port = failing.port;
            self.record_event(&Event::Unhealthy { task: id, port, target_group, reason });
        }
    }
}

/// Returns the health that the state of a target stands for.
fn health_of(state: &TargetState) -> HealthStatus {
    match state {
        TargetState::Healthy => HealthStatus::Healthy,
        TargetState::Unhealthy(_) => HealthStatus::Unhealthy,
        _ => HealthStatus::Unknown,
    }
}
