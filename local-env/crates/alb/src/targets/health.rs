//! When a target is healthy: a state machine over the outcomes of its checks (alb §4.2, §4.3).
//!
//! It has no socket and no clock: it is told outcomes and the time. A new target needs one success;
//! after that it takes as many in a row as the thresholds say. One thing is not AWS's: where waits
//! are shortened, checks come so fast that a program that is still starting would fail them all, so
//! a refused connection is not counted against a new target for as long as AWS would have given it.

use std::{ops::RangeInclusive, time::Duration};

use tokio::time::Instant;

use super::state::{TargetState, UnhealthyReason};
use clock::Clock;
use stack::{HealthCheck, Matcher};

/// How soon a target that does not listen yet is tried again.
const STARTING_INTERVAL: Duration = Duration::from_millis(20);

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CheckOutcome {
    /// An answer with this status, or over gRPC with this code.
    Answered(u16),
    /// The connection was refused: nobody listens.
    Refused,
    /// A connection that broke, or an answer that is not HTTP.
    Broken,
    /// There was no answer in time.
    TimedOut,
}

/// When checks come and what they mean, in local time.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    interval: Duration,
    healthy_threshold: u32,
    unhealthy_threshold: u32,
    matcher: Vec<RangeInclusive<u16>>,
    /// How long a new target may refuse connections without that being a failure.
    start_allowance: Duration,
}

/// The state of a target and what leads to the next one.
#[derive(Clone, Debug)]
pub(super) struct Health {
    state: TargetState,
    since: Instant,
    successes: u32,
    failures: u32,
    starting: bool,
}

// === impl Policy ===

impl Policy {
    pub(super) fn new(check: &HealthCheck, clock: Clock) -> Self {
        let start_allowance = if clock.is_real() {
            Duration::ZERO
        } else {
            check.interval * check.unhealthy_threshold
        };
        Self {
            interval: clock.wait(check.interval),
            healthy_threshold: check.healthy_threshold,
            unhealthy_threshold: check.unhealthy_threshold,
            matcher: match &check.matcher {
                Matcher::Http(codes) | Matcher::Grpc(codes) => codes.clone(),
            },
            start_allowance,
        }
    }

    fn judge(&self, outcome: &CheckOutcome) -> Result<(), UnhealthyReason> {
        match *outcome {
            CheckOutcome::Answered(status)
                if self.matcher.iter().any(|range| range.contains(&status)) =>
            {
                Ok(())
            }
            CheckOutcome::Answered(status) => Err(UnhealthyReason::ResponseCodeMismatch(status)),
            CheckOutcome::Refused | CheckOutcome::Broken => {
                Err(UnhealthyReason::FailedHealthChecks)
            }
            CheckOutcome::TimedOut => Err(UnhealthyReason::Timeout),
        }
    }
}

// === impl Health ===

impl Health {
    /// Makes the health of a target that is checked from `now` on.
    pub(super) fn new(now: Instant) -> Self {
        Self { state: TargetState::Initial, since: now, successes: 0, failures: 0, starting: true }
    }

    pub(super) fn state(&self) -> &TargetState {
        &self.state
    }

    /// Takes in what a check found, and returns whether the state changed.
    pub(super) fn observe(
        &mut self,
        policy: &Policy,
        outcome: &CheckOutcome,
        now: Instant,
    ) -> bool {
        self.starting = self.state == TargetState::Initial
            && *outcome == CheckOutcome::Refused
            && now.duration_since(self.since) < policy.start_allowance;
        if self.starting {
            return false;
        }
        let next = match policy.judge(outcome) {
            Ok(()) => self.succeed(policy),
            Err(reason) => self.fail(policy, reason),
        };
        let Some(next) = next else { return false };
        let changed = next != self.state;
        self.state = next;
        changed
    }

    /// Returns how long after the start of one check the next one comes.
    pub(super) fn interval(&self, policy: &Policy) -> Duration {
        if self.starting { STARTING_INTERVAL.min(policy.interval) } else { policy.interval }
    }

    fn succeed(&mut self, policy: &Policy) -> Option<TargetState> {
        self.failures = 0;
        self.successes += 1;
        let enough = match self.state {
            TargetState::Initial => 1,
            TargetState::Healthy => return None,
            _ => policy.healthy_threshold,
        };
        (self.successes >= enough).then_some(TargetState::Healthy)
    }

    /// Counts a failure, and returns the state that it leads to, if any. A target that stays
    /// unhealthy keeps the reason of its latest failure.
    fn fail(&mut self, policy: &Policy, reason: UnhealthyReason) -> Option<TargetState> {
        self.successes = 0;
        self.failures = self.failures.saturating_add(1);
        let unhealthy = matches!(self.state, TargetState::Unhealthy(_));
        (unhealthy || self.failures >= policy.unhealthy_threshold)
            .then_some(TargetState::Unhealthy(reason))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use stack::{HealthCheckPort, TargetProtocol};

    const OK: CheckOutcome = CheckOutcome::Answered(200);
    const BAD: CheckOutcome = CheckOutcome::Answered(503);

    fn policy(clock: Clock) -> Policy {
        let check = HealthCheck {
            protocol: TargetProtocol::Http,
            path: "/".into(),
            port: HealthCheckPort::Traffic,
            interval: Duration::from_secs(60),
            timeout: Duration::from_secs(5),
            healthy_threshold: 5,
            unhealthy_threshold: 2,
            matcher: Matcher::Http(vec![200..=200]),
        };
        Policy::new(&check, clock)
    }

    fn after(outcomes: &[CheckOutcome]) -> TargetState {
        let now = Instant::now();
        let mut health = Health::new(now);
        for outcome in outcomes {
            health.observe(&policy(Clock::REAL), outcome, now);
        }
        health.state().clone()
    }

    fn unhealthy() -> TargetState {
        TargetState::Unhealthy(UnhealthyReason::ResponseCodeMismatch(503))
    }

    #[test]
    fn a_new_target_needs_one_success() {
        assert_eq!(after(&[]), TargetState::Initial);
        assert_eq!(after(&[OK]), TargetState::Healthy);
        assert_eq!(after(&[BAD, OK]), TargetState::Healthy);
    }

    #[test]
    fn a_healthy_target_fails_after_the_unhealthy_threshold_in_a_row() {
        assert_eq!(after(&[OK, BAD]), TargetState::Healthy);
        assert_eq!(after(&[OK, BAD, OK, BAD]), TargetState::Healthy);
        assert_eq!(after(&[OK, BAD, BAD]), unhealthy());
    }

    #[test]
    fn an_unhealthy_target_recovers_after_the_healthy_threshold_in_a_row() {
        let mut outcomes = vec![OK, BAD, BAD, OK, OK, OK, OK];
        assert_eq!(after(&outcomes), unhealthy());
        outcomes.push(OK);
        assert_eq!(after(&outcomes), TargetState::Healthy);
        assert_eq!(after(&[BAD, BAD, OK, OK, OK, OK, BAD, OK]), unhealthy());
    }

    #[test]
    fn the_reason_is_that_of_the_latest_failure() {
        assert_eq!(
            after(&[BAD, BAD, CheckOutcome::TimedOut]),
            TargetState::Unhealthy(UnhealthyReason::Timeout)
        );
        let refused = TargetState::Unhealthy(UnhealthyReason::FailedHealthChecks);
        assert_eq!(after(&[CheckOutcome::Refused, CheckOutcome::Refused]), refused);
    }

    #[test]
    fn at_the_desk_a_program_may_take_as_long_to_listen_as_aws_gives_it() {
        let (policy, start) = (policy(Clock::DESK), Instant::now());
        let mut health = Health::new(start);
        for second in 0..119 {
            health.observe(&policy, &CheckOutcome::Refused, start + Duration::from_secs(second));
            assert_eq!(*health.state(), TargetState::Initial);
            assert_eq!(health.interval(&policy), STARTING_INTERVAL);
        }
        health.observe(&policy, &CheckOutcome::Refused, start + Duration::from_secs(120));
        assert_eq!(health.interval(&policy), Duration::from_secs(1));
        health.observe(&policy, &CheckOutcome::Refused, start + Duration::from_secs(121));
        assert_eq!(*health.state(), TargetState::Unhealthy(UnhealthyReason::FailedHealthChecks));
    }

    #[test]
    fn at_the_desk_a_wrong_answer_counts_from_the_first_check_on() {
        let (policy, now) = (policy(Clock::DESK), Instant::now());
        let mut health = Health::new(now);
        health.observe(&policy, &BAD, now);
        health.observe(&policy, &BAD, now);
        assert_eq!(*health.state(), unhealthy());
    }

    proptest! {
        /// Any history: the state is what the last outcomes in a row make of it.
        #[test]
        fn a_run_of_outcomes_always_decides(history in prop::collection::vec(any::<bool>(), 0..200)) {
            let outcomes = |passed: &bool| if *passed { OK } else { BAD };
            let mut outcomes: Vec<_> = history.iter().map(outcomes).collect();
            outcomes.extend([OK, OK, OK, OK, OK]);
            prop_assert_eq!(after(&outcomes), TargetState::Healthy);
            outcomes.extend([BAD, BAD]);
            prop_assert_eq!(after(&outcomes), unhealthy());
        }
    }
}
