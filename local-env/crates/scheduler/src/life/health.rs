//! A container's own health check: when it is due, and what its results come to (cloudmap-ecs §3.5).

use std::time::Duration;

use std::time::Instant;

use crate::Verdict;
use clock::Clock;
use stack::ContainerHealthCheck;

/// The state of one container's check since its start.
#[derive(Clone, Debug)]
pub(super) struct Health {
    interval: Duration,
    retries: u32,
    /// Until then failures do not count, unless a check has passed.
    lenient_until: Instant,
    /// When the next check is due; `None` while one runs.
    next: Option<Instant>,
    /// In a row, as far as they count.
    failures: u32,
    has_passed: bool,
    verdict: Verdict,
}

// === impl Health ===

impl Health {
    pub(super) fn new(check: &ContainerHealthCheck, clock: Clock, started: Instant) -> Self {
        let interval = clock.wait(check.interval);
        Self {
            interval,
            retries: check.retries,
            lenient_until: started + check.start_period,
            next: Some(started + interval),
            failures: 0,
            has_passed: false,
            verdict: Verdict::Unknown,
        }
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.verdict
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Whether a check is to be run now; if so it counts as running.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let due = self.next.is_some_and(|next| next <= now);
        if due {
            self.next = None;
        }
        due
    }

    /// A check has ended.
    pub(super) fn checked(&mut self, passed: bool, now: Instant) {
        self.next = Some(now + self.interval);
        if passed {
            self.has_passed = true;
            self.failures = 0;
            self.verdict = Verdict::Healthy;
        } else if self.has_passed || now >= self.lenient_until {
            self.failures += 1;
            if self.failures >= self.retries {
                self.verdict = Verdict::Unhealthy;
            }
        }
    }
}
