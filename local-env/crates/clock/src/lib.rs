//! The one place through which AWS's durations pass.
//!
//! A health check every 60 s is right in AWS and useless at a desk, so *waits* are shortened: a
//! minute of AWS's waiting takes a second. *Allowances* for real work (a check's timeout, a stop
//! timeout, a connect timeout, a grace period) are left alone, because a program here starts and
//! answers no faster than it does there; and so are the TTLs that clients see.
//!
//! ```
//! use std::time::Duration;
//!
//! use clock::Clock;
//!
//! let interval = Duration::from_secs(30);
//! assert_eq!(Clock::DESK.wait(interval), Duration::from_millis(500));
//! assert_eq!(Clock::REAL.wait(interval), interval);
//! ```

#![deny(missing_docs)]

pub mod utc;

use std::time::Duration;

/// A clock by which AWS's waits pass at some speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    speed: u32,
}

// === impl Clock ===

impl Clock {
    /// The clock by which a minute of AWS's waiting takes a second.
    pub const DESK: Self = Self { speed: 60 };
    /// The clock by which AWS's waits take as long as in AWS.
    pub const REAL: Self = Self { speed: 1 };

    /// Returns how long a wait of AWS's takes here.
    pub fn wait(self, aws: Duration) -> Duration {
        aws / self.speed
    }

    /// Returns whether AWS's waits take as long as in AWS.
    pub fn is_real(self) -> bool {
        self.speed == 1
    }

    /// Returns how many times faster than in AWS its waits pass.
    pub fn speed(self) -> u32 {
        self.speed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_in_aws_is_a_second_at_the_desk() {
        assert_eq!(Clock::DESK.wait(Duration::from_secs(60)), Duration::from_secs(1));
        assert_eq!(Clock::REAL.wait(Duration::from_secs(60)), Duration::from_secs(60));
    }
}
