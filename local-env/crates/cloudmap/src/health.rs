//! The health of an instance as it is reported (cloudmap-ecs §1.4).
//!
//! A report takes effect some time after the first one with its value: saying it again does not
//! hasten it, and the opposite in the meantime takes it back.

use std::time::{Duration, Instant};

/// `HealthStatus`: the health of an instance, which says whether answers name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceHealth {
    /// Answers name the instance.
    Healthy,
    /// Answers do not name the instance, as long as there are healthy ones.
    Unhealthy,
}

/// A report of an instance's health.
#[derive(Clone, Copy, Debug)]
pub(super) struct HealthReport {
    /// What is reported.
    pub(super) health: InstanceHealth,
    /// When it is reported.
    pub(super) at: Instant,
    /// How long it takes until the report takes effect.
    pub(super) delay: Duration,
}

/// The health of an instance, as it results from the reports.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReportedHealth {
    current: InstanceHealth,
    /// What was reported last, and when it takes effect.
    next: Option<(InstanceHealth, Instant)>,
}

// === impl ReportedHealth ===

impl ReportedHealth {
    pub(super) fn new(current: InstanceHealth) -> Self {
        Self { current, next: None }
    }

    /// Returns the health at a time that is not before the last report.
    pub(super) fn at(&self, now: Instant) -> InstanceHealth {
        match self.next {
            Some((health, since)) if since <= now => health,
            _ => self.current,
        }
    }

    /// Notes a report.
    pub(super) fn note(&mut self, HealthReport { health, at, delay }: HealthReport) {
        let current = self.at(at);
        let pending = self.next.filter(|(next, since)| *next == health && *since > at);
        self.current = current;
        self.next = match pending {
            Some(pending) => Some(pending),
            None if health == current => None,
            None => Some((health, at + delay)),
        };
    }
}

// === impl InstanceHealth ===

impl InstanceHealth {
    /// Returns the health as the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "HEALTHY",
            Self::Unhealthy => "UNHEALTHY",
        }
    }

    /// Reads what the API writes; `None` for any other text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Healthy, Self::Unhealthy].into_iter().find(|it| it.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_secs(30);

    /// The health at each second of a minute, with these reports at these seconds.
    fn history(reports: &[(u64, InstanceHealth)]) -> Vec<InstanceHealth> {
        let start = Instant::now();
        let mut health = ReportedHealth::new(InstanceHealth::Healthy);
        let mut history = Vec::new();
        for second in 0..60 {
            let now = start + Duration::from_secs(second);
            for (_, status) in reports.iter().filter(|(at, _)| *at == second) {
                health.note(HealthReport { health: *status, at: now, delay: DELAY });
            }
            history.push(health.at(now));
        }
        history
    }

    fn unhealthy_from(reports: &[(u64, InstanceHealth)]) -> Option<usize> {
        history(reports).iter().position(|status| *status == InstanceHealth::Unhealthy)
    }

    #[test]
    fn cloudmap_013_saying_it_again_does_not_hasten_it_and_the_opposite_takes_it_back() {
        use InstanceHealth::{Healthy, Unhealthy};
        assert_eq!(unhealthy_from(&[(0, Unhealthy), (20, Unhealthy)]), Some(30));
        assert_eq!(unhealthy_from(&[(0, Unhealthy), (10, Healthy)]), None);
        assert_eq!(unhealthy_from(&[(0, Unhealthy), (10, Healthy), (12, Unhealthy)]), Some(42));
    }

    #[test]
    fn a_report_after_a_change_counts_from_then() {
        use InstanceHealth::{Healthy, Unhealthy};
        let history = history(&[(0, Unhealthy), (40, Healthy)]);
        assert_eq!(history[..30], [Healthy; 30]);
        assert_eq!(history[30..], [Unhealthy; 30]);
    }
}
