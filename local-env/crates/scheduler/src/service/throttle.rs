//! How soon the next task may start after one that failed (cloudmap-ecs §3.6).
//!
//! Tasks that stop without ever having run are started again ever more slowly. A task that ran and
//! ended is replaced at once, for ever; in AWS such a loop is no faster than a task starts up, and
//! neither is it here.

use std::time::Duration;

use std::time::Instant;

/// The waits of the scheduler, as they pass here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// After so long a running task counts as healthy where nothing checks it: 40 s in AWS.
    pub settled: Duration,
    /// A task that ends sooner is replaced no sooner: about as long as Fargate takes to start one.
    pub start_up: Duration,
    /// The longest wait after tasks that never ran: 27 minutes in AWS.
    pub longest: Duration,
}

/// The first wait after a task that never ran; each further one is twice as long. AWS does not say.
const FIRST: Duration = Duration::from_secs(1);
/// So many tasks in a row that never ran are told of.
const CONSISTENTLY: u32 = 3;

/// Whether a task may start.
#[derive(Clone, Debug, Default)]
pub(super) struct Throttle {
    /// Tasks in a row that never ran.
    failures: u32,
    not_before: Option<Instant>,
}

// === impl Pace ===

impl Pace {
    /// AWS's waits, as this clock lets them pass.
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
    /// A task stopped without having run. Whether that has now happened so often that it is told of.
    pub(super) fn never_ran(&mut self, now: Instant, pace: &Pace) -> bool {
        self.failures = self.failures.saturating_add(1);
        let wait = FIRST.saturating_mul(1 << (self.failures - 1).min(16)).min(pace.longest);
        self.delay_until(now + wait);
        self.failures == CONSISTENTLY
    }

    /// A task that was started then, and ran, ended.
    pub(super) fn ended(&mut self, started: Instant, pace: &Pace) {
        self.delay_until(started + pace.start_up);
    }

    /// A task runs.
    pub(super) fn runs(&mut self) {
        self.failures = 0;
    }

    /// When the next task may start, if not now.
    pub(super) fn blocked_until(&self, now: Instant) -> Option<Instant> {
        self.not_before.filter(|&at| at > now)
    }

    fn delay_until(&mut self, at: Instant) {
        self.not_before = self.not_before.max(Some(at));
    }
}
