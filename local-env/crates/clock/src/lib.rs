//! The one place through which AWS's durations pass.
//!
//! A health check every 60 s is right in AWS and useless at a desk, so *waits* are shortened: a
//! minute of AWS's waiting takes a second. *Allowances* for real work (a check's timeout, a stop
//! timeout, a connect timeout, a grace period) are left alone, because a program here starts and
//! answers no faster than it does there; and so are the TTLs that clients see.

pub mod utc;

use std::time::Duration;

/// How fast AWS's waits pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    speed: u32,
}

// === impl Clock ===

impl Clock {
    /// A minute of waiting takes a second.
    pub const DESK: Self = Self { speed: 60 };
    /// AWS's own pace.
    pub const REAL: Self = Self { speed: 1 };

    /// How long a wait of AWS's takes here.
    pub fn wait(self, aws: Duration) -> Duration {
        aws / self.speed
    }

    /// Whether this is AWS's own pace.
    pub fn is_real(self) -> bool {
        self.speed == 1
    }

    /// How many times faster than AWS's waits pass.
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
