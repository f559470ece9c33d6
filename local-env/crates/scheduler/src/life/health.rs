//! A container's own health check: when it is due, and what its results come to (cloudmap-ecs §3.5).

use std::time::{Duration, Instant};

use crate::health::HealthStatus;
use clock::Clock;
use stack::ContainerHealthCheck;

/// What is known of a container's health since the container was started.
#[derive(Clone, Debug)]
pub(super) struct ContainerHealth {
    interval: Duration,
    retries: u32,
    /// Until when failures do not count, unless a check has passed.
    lenient_until: Instant,
    /// When the next check is due; `None` while one runs.
    next: Option<Instant>,
    /// The number of failures in a row, as far as they count.
    failures: u32,
    has_passed: bool,
    status: HealthStatus,
}

// === impl ContainerHealth ===

impl ContainerHealth {
    pub(super) fn new(check: &ContainerHealthCheck, clock: Clock, started: Instant) -> Self {
        let interval = clock.wait(check.interval);
        Self {
            interval,
            retries: check.retries,
            lenient_until: started + check.start_period,
            next: Some(started + interval),
            failures: 0,
            has_passed: false,
            status: HealthStatus::Unknown,
        }
    }

    pub(super) fn status(&self) -> HealthStatus {
        self.status
    }

    pub(super) fn next_check(&self) -> Option<Instant> {
        self.next
    }

    /// Returns whether a check is to be run now; if so, it counts as running from here on.
    pub(super) fn begin_if_due(&mut self, now: Instant) -> bool {
        let due = self.next.is_some_and(|next| next <= now);
        if due {
            self.next = None;
        }
        due
    }

    /// Notes that a check has ended.
    pub(super) fn note_result(&mut self, passed: bool, now: Instant) {
        self.next = Some(now + self.interval);
        if passed {
            self.has_passed = true;
            self.failures = 0;
            self.status = HealthStatus::Healthy;
        } else if self.has_passed || now >= self.lenient_until {
            self.failures += 1;
            if self.failures >= self.retries {
                self.status = HealthStatus::Unhealthy;
            }
        }
    }
}
