//! How often a task may ask: 40 times a second, and 60 times at once (cloudmap-ecs §4.1). The limit
//! is the task's, because in AWS each has an endpoint to itself.

use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(1000 / 40);
const BURST: u32 = 60;

/// The rate at which a task asks: when a task that had asked steadily would have got to where this one
/// is.
#[derive(Debug, Default)]
pub(super) struct Rate(Option<Instant>);

// === impl Rate ===

impl Rate {
    /// Returns whether one more request is within the limit; if so, it counts.
    pub(super) fn try_admit(&mut self, now: Instant) -> bool {
        let reached = self.0.map_or(now, |reached| reached.max(now));
        let admits = reached.duration_since(now) <= INTERVAL * (BURST - 1);
        if admits {
            self.0 = Some(reached + INTERVAL);
        }
        admits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_at_once_and_forty_a_second_from_then_on() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        let admitted = |rate: &mut Rate, now| (0..1000).filter(|_| rate.try_admit(now)).count();
        assert_eq!(admitted(&mut rate, start), 60);
        assert_eq!(admitted(&mut rate, start + Duration::from_secs(1)), 40);
        assert_eq!(admitted(&mut rate, start + Duration::from_secs(60)), 60);
    }
}
