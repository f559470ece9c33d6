//! How a target that has just turned healthy is let in slowly: its share grows from nothing to that of
//! any other over the duration (alb §4.5).

use std::time::Duration;

use tokio::time::Instant;

/// A target's slow start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SlowStart {
    since: Instant,
    duration: Duration,
}

// === impl SlowStart ===

impl SlowStart {
    pub(super) fn new(since: Instant, duration: Duration) -> Self {
        Self { since, duration }
    }

    /// Returns the time from which its share is whole.
    pub(super) fn end(self) -> Instant {
        self.since + self.duration
    }

    /// Returns its share of the requests that a settled target in its place would get, 0 to 1.
    pub(super) fn share(self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.since);
        if passed >= self.duration {
            return 1.0;
        }
        passed.as_secs_f64() / self.duration.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_grows_linearly_from_nothing_to_all() {
        let since = Instant::now();
        let start = SlowStart::new(since, Duration::from_secs(30));
        for tenth in 0..=10_u32 {
            let share = start.share(since + Duration::from_secs(3) * tenth);
            assert!((share - f64::from(tenth) / 10.0).abs() < 1e-9, "{tenth}: {share}");
        }
        assert!((start.share(start.end() + Duration::from_secs(9)) - 1.0).abs() < 1e-9);
        assert!(start.share(since - Duration::from_secs(1)).abs() < 1e-9);
    }

    #[test]
    fn a_slow_start_of_no_duration_is_over_at_once() {
        let since = Instant::now();
        assert!((SlowStart::new(since, Duration::ZERO).share(since) - 1.0).abs() < 1e-9);
    }
}
