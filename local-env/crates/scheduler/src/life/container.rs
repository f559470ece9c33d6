//! A container of a task: where it is in its life.

use std::time::Instant;

use super::health::Health;
use crate::Verdict;
use clock::Clock;
use stack::{Container, DependencyCondition};

/// Where a container is in its life.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    /// For what it depends on.
    Waiting,
    /// It runs since then.
    Running(Instant),
    /// It has been signalled, and is killed then, unless it has been already.
    Stopping(Option<Instant>),
    /// It has exited with this code, or never ran.
    Stopped(Option<i32>),
    /// It is left out here: whoever depends on it finds that all is well.
    Skipped,
}

#[derive(Clone, Debug)]
pub(super) struct ContainerLife {
    pub(super) stage: Stage,
    pub(super) health: Option<Health>,
    pub(super) restarts: u32,
    /// When it was started first.
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
        self.health = check.map(|check| Health::new(check, clock, now));
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Stopped(_) | Stage::Skipped)
    }

    pub(super) fn verdict(&self) -> Verdict {
        match (&self.stage, &self.health) {
            (Stage::Skipped, _) => Verdict::Healthy,
            (_, Some(health)) => health.verdict(),
            (_, None) => Verdict::Unknown,
        }
    }

    /// Whether the container that depends on this one in this way may start.
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
            (_, Healthy) => match self.verdict() {
                Verdict::Healthy => Prospect::Met,
                Verdict::Unknown => Prospect::Open,
                Verdict::Unhealthy => Prospect::Lost,
            },
        }
    }
}
