//! How soon the next task may start after one that failed (cloudmap-ecs §3.6).
//!
//! Tasks that stop without ever having run are started again ever more slowly. A task that ran and
//! ended is replaced at once, for ever; in AWS such a loop is no faster than a task starts up, and
//! neither is it here.

use std::time::{Duration, Instant};

/// The waits of the scheduler, as long as they are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long a task that nothing checks has to run to count as healthy: 40 s in AWS.
    pub settled: Duration,
    /// How soon after its start a task may be replaced: about as long as Fargate takes to start
    /// one.
    pub start_up: Duration,
    /// How long the wait after tasks that never ran becomes at the most: 27 minutes in AWS.
    pub longest: Duration,
}

/// The first wait after a task that never ran; each further one is twice as long. AWS does not say.
const FIRST: Duration = Duration::from_secs(1);
/// The number of tasks in a row that never ran of which an event says so.
const CONSISTENTLY: u32 = 3;

/// A record of the tasks that failed, which says when the next one may start.
#[derive(Clone, Debug, Default)]
pub(super) struct Throttle {
    /// The number of tasks in a row that never ran.
    failures: u32,
    not_before: Option<Instant>,
}

// === impl Pace ===

impl Pace {
    /// Scales AWS's waits by `wait`.
    pub fn of(wait: impl Fn(Duration) -> Duration) -> Self {
        Self {
            settled: wait(Duration::from_secs(40)),
            start_up: wait(Duration::from_secs(30)),
            longest: wait(Duration::from_secs(27 * 60)),
        }
    }
}

// === impl Throttle ===

impl Throttle {
    /// Notes that a task stopped without having run. Returns whether that has now happened so often
    /// that an event says so.
    pub(super) fn note_never_ran(&mut self, now: Instant, pace: &Pace) -> bool {
        self.failures = self.failures.saturating_add(1);
        let wait = FIRST.saturating_mul(1 << (self.failures - 1).min(16)).min(pace.longest);
        self.delay_until(now + wait);
        self.failures == CONSISTENTLY
    }

    /// Notes that a task that was started at `started` ran and ended.
    pub(super) fn note_ended(&mut self, started: Instant, pace: &Pace) {
        self.delay_until(started + pace.start_up);
    }

    /// Notes that a task runs, which ends the row of those that never did.
    pub(super) fn note_running(&mut self) {
        self.failures = 0;
    }

    /// Returns when the next task may start; `None` if it may now.
    pub(super) fn blocked_until(&self, now: Instant) -> Option<Instant> {
        self.not_before.filter(|&at| at > now)
    }

    fn delay_until(&mut self, at: Instant) {
        self.not_before = self.not_before.max(Some(at));
    }
}
