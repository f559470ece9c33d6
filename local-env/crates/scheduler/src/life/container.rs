//! A container of a task, and where it is in its life.

use std::time::Instant;

use super::health::ContainerHealth;
use crate::health::HealthStatus;
use clock::Clock;
use stack::{Container, DependencyCondition};

/// Where a container is in its life.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    /// The container waits for what it depends on.
    Waiting,
    /// The container has been running since then.
    Running(Instant),
    /// The container has been signalled and is killed then; `None` once it has been killed.
    Stopping(Option<Instant>),
    /// The container has exited with this code; `None` if it never ran.
    Stopped(Option<i32>),
    /// The container is left out here: whatever depends on it finds that all is well.
    Skipped,
}

/// The life of one container of a task.
#[derive(Clone, Debug)]
pub(super) struct ContainerLife {
    pub(super) stage: Stage,
    pub(super) health: Option<ContainerHealth>,
    pub(super) restarts: u32,
    /// When the container was started for the first time.
    pub(super) started: Option<Instant>,
    pub(super) reason: Option<String>,
}

/// Whether a condition holds, may still come to hold, or never will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prospect {
    Met,
    Open,
    Lost,
}

// === impl ContainerLife ===

impl ContainerLife {
    pub(super) fn new(skipped: bool) -> Self {
        let stage = if skipped { Stage::Skipped } else { Stage::Waiting };
        Self { stage, health: None, restarts: 0, started: None, reason: None }
    }

    pub(super) fn start(&mut self, container: &Container, clock: Clock, now: Instant) {
        self.stage = Stage::Running(now);
        self.started.get_or_insert(now);
        let check = container.health_check.as_ref();
        self.health = check.map(|check| ContainerHealth::new(check, clock, now));
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Stopped(_) | Stage::Skipped)
    }

    pub(super) fn health_status(&self) -> HealthStatus {
        match (&self.stage, &self.health) {
            (Stage::Skipped, _) => HealthStatus::Healthy,
            (_, Some(health)) => health.status(),
            (_, None) => HealthStatus::Unknown,
        }
    }

    /// Returns whether a container that depends on this one under this condition may start.
    pub(super) fn meets(&self, condition: DependencyCondition) -> Prospect {
        use DependencyCondition::{Complete, Healthy, Start, Success};
        match (&self.stage, condition) {
            (Stage::Waiting, _) => Prospect::Open,
            (Stage::Stopped(None), _) => Prospect::Lost,
            (Stage::Skipped, _)
            | (_, Start)
            | (Stage::Stopped(_), Complete)
            | (Stage::Stopped(Some(0)), Success) => Prospect::Met,
            (Stage::Stopped(_), Success | Healthy) => Prospect::Lost,
            (_, Complete | Success) => Prospect::Open,
            (_, Healthy) => match self.health_status() {
                HealthStatus::Healthy => Prospect::Met,
                HealthStatus::Unknown => Prospect::Open,
                HealthStatus::Unhealthy => Prospect::Lost,
            },
        }
    }
}
