//! What is thought of an instance whose health somebody reports (cloudmap-ecs §1.4).
//!
//! A report takes effect some time after the first one with its value: saying it again does not
//! hasten it, and the opposite in the meantime takes it back.

use std::time::{Duration, Instant};

/// Whether an instance is to be named in answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthStatus {
    /// It is.
    Healthy,
    /// It is not, as long as others are.
    Unhealthy,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Health {
    status: HealthStatus,
    /// What was reported, and when it takes effect.
    next: Option<(HealthStatus, Instant)>,
}

// === impl Health ===

impl Health {
    pub(super) fn new(status: HealthStatus) -> Self {
        Self { status, next: None }
    }

    pub(super) fn at(&self, now: Instant) -> HealthStatus {
        match self.next {
            Some((status, since)) if since <= now => status,
            _ => self.status,
        }
    }

    pub(super) fn report(&mut self, status: HealthStatus, now: Instant, delay: Duration) {
        let current = self.at(now);
        let pending = self.next.filter(|(next, since)| *next == status && *since > now);
        self.status = current;
        self.next = match pending {
            Some(pending) => Some(pending),
            None if status == current => None,
            None => Some((status, now + delay)),
        };
    }
}

// === impl HealthStatus ===

impl HealthStatus {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "HEALTHY",
            Self::Unhealthy => "UNHEALTHY",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_secs(30);

    /// The status at each second of a minute, with these reports at these seconds.
    fn history(reports: &[(u64, HealthStatus)]) -> Vec<HealthStatus> {
        let start = Instant::now();
        let mut health = Health::new(HealthStatus::Healthy);
        let mut history = Vec::new();
        for second in 0..60 {
            let now = start + Duration::from_secs(second);
            for (_, status) in reports.iter().filter(|(at, _)| *at == second) {
                health.report(*status, now, DELAY);
            }
            history.push(health.at(now));
        }
        history
    }

    fn unhealthy_from(reports: &[(u64, HealthStatus)]) -> Option<usize> {
        history(reports).iter().position(|status| *status == HealthStatus::Unhealthy)
    }

    #[test]
    fn cloudmap_013_saying_it_again_does_not_hasten_it_and_the_opposite_takes_it_back() {
        use HealthStatus::{Healthy, Unhealthy};
        assert_eq!(unhealthy_from(&[(0, Unhealthy), (20, Unhealthy)]), Some(30));
        assert_eq!(unhealthy_from(&[(0, Unhealthy), (10, Healthy)]), None);
        assert_eq!(unhealthy_from(&[(0, Unhealthy), (10, Healthy), (12, Unhealthy)]), Some(42));
    }

    #[test]
    fn a_report_after_a_change_counts_from_then() {
        use HealthStatus::{Healthy, Unhealthy};
        let history = history(&[(0, Unhealthy), (40, Healthy)]);
        assert_eq!(history[..30], [Healthy; 30]);
        assert_eq!(history[30..], [Unhealthy; 30]);
    }
}
