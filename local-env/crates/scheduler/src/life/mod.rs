//! The life of a task: which of its containers to start, check and stop, and when it has ended.
//!
//! Like the scheduler, a task's life has no process and no clock: it is told what happened and the time, and
//! gives orders. Containers start in the order of `dependsOn` and stop in the reverse one; when an
//! essential one exits, all do (cloudmap-ecs §3.3 to §3.5).

mod container;
mod health;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Instant};

use super::{
    container_status::ContainerStatus,
    health::HealthStatus,
    status::ContainerLastStatus,
    stopped::{StopCode, StopReason, Stopped},
};
use clock::Clock;
use container::{ContainerLife, Prospect, Stage};
use stack::{Container, TaskDefinition};

/// What ECS says of an essential container's exit.
const ESSENTIAL: &str = "Essential container in task exited";

/// The life of one task, from its start to its end.
#[derive(Clone, Debug)]
pub struct TaskLife {
    definition: Arc<TaskDefinition>,
    clock: Clock,
    containers: Vec<ContainerLife>,
    stopping: Option<StopReason>,
    is_running: bool,
    health: HealthStatus,
    has_ended: bool,
}

/// Something that happened to a container, which is known by its index in the task definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerEvent {
    /// The container runs.
    Started(usize),
    /// The container cannot be run, for the reason in the user's words.
    CannotStart(usize, String),
    /// The container has exited.
    Exited(usize, Exit),
    /// A health check of the container has ended, and has passed or not.
    Checked(usize, bool),
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The exit code: 128 and the signal's number where a signal ended the container.
    pub code: i32,
    /// What ECS says of the end besides the code, if anything.
    pub reason: Option<String>,
}

/// Something that is to be done for a task; containers are known by their indices in the task
/// definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Start a container, and note at once how that went.
    Start(usize),
    /// Send a container the stop signal.
    Signal(usize),
    /// Kill a container.
    Kill(usize),
    /// Run a container's health check.
    Check(usize),
    /// Say that all containers have been started.
    TellRunning,
    /// Say that the checks of the containers come to something else than before.
    TellHealth(HealthStatus),
    /// Say that all containers have ended.
    TellStopped(Stopped),
}

// === impl TaskLife ===

impl TaskLife {
    /// Makes the life of a task that has yet to start; `is_skipped` says which containers are left
    /// out here.
    pub fn new(
        definition: Arc<TaskDefinition>,
        clock: Clock,
        is_skipped: impl Fn(&Container) -> bool,
    ) -> Self {
        let containers = definition.containers.iter();
        Self {
            containers: containers.map(|it| ContainerLife::new(is_skipped(it))).collect(),
            definition,
            clock,
            stopping: None,
            is_running: false,
            health: HealthStatus::Unknown,
            has_ended: false,
        }
    }

    /// Stops the task; the first reason that is given stays its reason.
    pub fn stop(&mut self, why: StopReason) {
        self.stopping.get_or_insert(why);
    }

    /// Notes what happened to a container.
    pub fn note(&mut self, event: ContainerEvent, now: Instant) {
        match event {
            ContainerEvent::Started(index) => {
                let clock = self.clock;
                if let (Some(life), Some(container)) = self.pair(index) {
                    life.start(container, clock, now);
                }
            }
            ContainerEvent::CannotStart(index, why) => {
                if let Some(life) = self.containers.get_mut(index) {
                    life.stage = Stage::Stopped(None);
                    life.reason = Some(format!("CannotStartContainerError: {why}"));
                    let reason = life.reason.clone().unwrap_or_default();
                    self.stop(StopReason::new(StopCode::TaskFailedToStart, reason));
                }
            }
            ContainerEvent::Exited(index, exit) => self.note_exit(index, exit, now),
            ContainerEvent::Checked(index, passed) => {
                let life = self.containers.get_mut(index);
                if let Some(health) = life.and_then(|life| life.health.as_mut()) {
                    health.note_result(passed, now);
                }
            }
        }
    }

    /// Returns what is to be done at `now`; each order is given once.
    pub fn advance(&mut self, now: Instant) -> Vec<Order> {
        if self.has_ended {
            return Vec::new();
        }
        let mut orders = Vec::new();
        if self.stopping.is_none() {
            self.give_up_what_cannot_be(now);
        }
        if self.stopping.is_some() {
            self.wind_down(now, &mut orders);
        } else {
            self.wind_up(now, &mut orders);
        }
        orders
    }

    /// Returns when to ask again if nothing happens before.
    pub fn next_wake(&self) -> Option<Instant> {
        let dependencies = (0..self.containers.len()).filter_map(|index| self.deadline(index));
        let own = self.containers.iter().filter_map(|life| match life.stage {
            Stage::Running(_) => life.health.as_ref()?.next_check(),
            Stage::Stopping(kill) => kill,
            _ => None,
        });
        dependencies.chain(own).min()
    }

    /// Describes how each container is doing, in the task definition's order.
    pub fn containers(&self) -> Vec<ContainerStatus> {
        let pairs = self.definition.containers.iter().zip(&self.containers);
        let status = |(container, life): (&Container, &ContainerLife)| ContainerStatus {
            name: container.name.clone(),
            last_status: match life.stage {
                Stage::Waiting => ContainerLastStatus::Pending,
                Stage::Running(_) | Stage::Stopping(_) | Stage::Skipped => {
                    ContainerLastStatus::Running
                }
                Stage::Stopped(_) => ContainerLastStatus::Stopped,
            },
            exit_code: match life.stage {
                Stage::Stopped(code) => code,
                _ => None,
            },
            reason: life.reason.clone(),
            health: container.health_check.as_ref().map(|_| life.health_status()),
            restarts: container.restart_policy.as_ref().map(|_| life.restarts),
        };
        pairs.map(status).collect()
    }

    fn pair(&mut self, index: usize) -> (Option<&mut ContainerLife>, Option<&Container>) {
        (self.containers.get_mut(index), self.definition.containers.get(index))
    }

    fn note_exit(&mut self, index: usize, exit: Exit, now: Instant) {
        let is_stopping = self.stopping.is_some();
        let (Some(life), Some(container)) = self.pair(index) else { return };
        let policy = container.restart_policy.as_ref();
        let restarts = policy.is_some_and(|policy| {
            let Stage::Running(since) = life.stage else { return false };
            now >= since + policy.attempt_period && !policy.ignored_exit_codes.contains(&exit.code)
        });
        life.reason = exit.reason;
        if restarts && !is_stopping {
            life.restarts += 1;
            life.stage = Stage::Waiting;
            return;
        }
        life.stage = Stage::Stopped(Some(exit.code));
        if container.essential {
            self.stop(StopReason::new(StopCode::EssentialContainerExited, ESSENTIAL));
        }
    }

    /// Stops the task if a container waits for what will never be, or has waited too long for it.
    fn give_up_what_cannot_be(&mut self, now: Instant) {
        let waiting = self.definition.containers.iter().zip(&self.containers);
        let waiting = waiting.filter(|(_, life)| matches!(life.stage, Stage::Waiting));
        for (container, _) in waiting {
            for dependency in &container.depends_on {
                let Some(index) = self.named(&dependency.container) else { continue };
                let Some(life) = self.containers.get(index) else { continue };
                let prospect = life.meets(dependency.condition);
                let late = || self.deadline(index).is_some_and(|deadline| deadline <= now);
                if prospect == Prospect::Lost || (prospect == Prospect::Open && late()) {
                    let why = format!(
                        "container {} was not started: {} did not come to be {}",
                        container.name, dependency.container, dependency.condition
                    );
                    return self.stop(StopReason::new(StopCode::TaskFailedToStart, why));
                }
            }
        }
    }

    /// Returns until when others wait for a container; `None` while none does.
    fn deadline(&self, index: usize) -> Option<Instant> {
        let container = self.definition.containers.get(index)?;
        let deadline = self.containers.get(index)?.started? + container.start_timeout?;
        let waits = |(other, life): (&Container, &ContainerLife)| {
            let mut own = other.depends_on.iter().filter(|it| it.container == container.name);
            matches!(life.stage, Stage::Waiting)
                && own.any(|it| self.containers[index].meets(it.condition) == Prospect::Open)
        };
        let waiting = self.definition.containers.iter().zip(&self.containers).any(waits);
        (waiting && self.stopping.is_none()).then_some(deadline)
    }

    fn named(&self, name: &str) -> Option<usize> {
        self.definition.containers.iter().position(|container| container.name == name)
    }

    fn wind_up(&mut self, now: Instant, orders: &mut Vec<Order>) {
        orders
            .extend((0..self.containers.len()).filter(|&it| self.may_start(it)).map(Order::Start));
        for (index, life) in self.containers.iter_mut().enumerate() {
            let running = matches!(life.stage, Stage::Running(_));
            if running && life.health.as_mut().is_some_and(|health| health.begin_if_due(now)) {
                orders.push(Order::Check(index));
            }
        }
        let all_started = || self.containers.iter().all(|it| !matches!(it.stage, Stage::Waiting));
        if !self.is_running && all_started() {
            self.is_running = true;
            orders.push(Order::TellRunning);
        }
        let health = self.overall_health();
        if health != self.health {
            self.health = health;
            orders.push(Order::TellHealth(health));
        }
    }

    fn may_start(&self, index: usize) -> bool {
        let (life, container) = (&self.containers[index], &self.definition.containers[index]);
        matches!(life.stage, Stage::Waiting)
            && container.depends_on.iter().all(|dependency| {
                let other = self.named(&dependency.container);
                let other = other.and_then(|other| self.containers.get(other));
                // A restarted container had all that it depends on (it is judged at start only).
                life.restarts > 0
                    || other.is_none_or(|it| it.meets(dependency.condition) == Prospect::Met)
            })
    }

    /// Returns what the checks of all containers come to; containers without a check do not count
    /// (cloudmap-ecs §3.5).
    fn overall_health(&self) -> HealthStatus {
        let checked = self.definition.containers.iter().zip(&self.containers);
        let checked = checked.filter(|(it, _)| it.essential && it.health_check.is_some());
        let statuses: Vec<_> = checked.map(|(_, life)| life.health_status()).collect();
        if statuses.contains(&HealthStatus::Unhealthy) {
            HealthStatus::Unhealthy
        } else if statuses.is_empty() || statuses.contains(&HealthStatus::Unknown) {
            HealthStatus::Unknown
        } else {
            HealthStatus::Healthy
        }
    }

    fn wind_down(&mut self, now: Instant, orders: &mut Vec<Order>) {
        for index in 0..self.containers.len() {
            let depended_on = self.is_depended_on(index);
            let (life, container) =
                (&mut self.containers[index], &self.definition.containers[index]);
            match life.stage {
                Stage::Waiting => life.stage = Stage::Stopped(None),
                Stage::Running(_) if !depended_on => {
                    life.stage = Stage::Stopping(Some(now + container.stop_timeout));
                    orders.push(Order::Signal(index));
                }
                Stage::Stopping(Some(kill)) if kill <= now => {
                    life.stage = Stage::Stopping(None);
                    orders.push(Order::Kill(index));
                }
                _ => {}
            }
        }
        if self.containers.iter().all(ContainerLife::has_ended) {
            self.has_ended = true;
            orders.push(Order::TellStopped(self.ended()));
        }
    }

    /// Returns whether a container that depends on this one has yet to end.
    fn is_depended_on(&self, index: usize) -> bool {
        let name = &self.definition.containers[index].name;
        let others = self.definition.containers.iter().zip(&self.containers);
        others.filter(|(_, life)| matches!(life.stage, Stage::Running(_) | Stage::Stopping(_))).any(
            |(other, _)| other.depends_on.iter().any(|dependency| dependency.container == *name),
        )
    }

    fn ended(&self) -> Stopped {
        self.stopping.clone().unwrap_or_default().with_containers(self.containers())
    }
}
