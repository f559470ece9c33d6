//! What the load balancer thinks of a target, in AWS's words (alb §4.2).

use std::{collections::BTreeMap, fmt, net::SocketAddr};

/// The state of each target, by its address.
pub type TargetStates = BTreeMap<SocketAddr, TargetState>;

/// What the load balancer thinks of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetState {
    /// It is registered, no check has decided yet, and it gets no requests.
    Initial,
    /// It gets requests.
    Healthy,
    /// It gets requests only when too few targets of its group are healthy.
    Unhealthy(UnhealthyReason),
    /// It is deregistered; what it has begun it may finish.
    Draining,
    /// It gets neither requests nor checks.
    Unused(Unused),
}

/// Why a check failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnhealthyReason {
    /// `Target.ResponseCodeMismatch`: the code that came.
    ResponseCodeMismatch(u16),
    /// `Target.Timeout`: no answer in time.
    Timeout,
    /// `Target.FailedHealthChecks`: no connection, or no HTTP answer on it.
    FailedHealthChecks,
}

/// Why a target is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unused {
    /// `Target.NotRegistered`: not yet, or not any more.
    NotRegistered,
    /// `Target.NotInUse`: no rule forwards to its group.
    NotInUse,
}

// === impl TargetState ===

impl TargetState {
    /// Returns AWS's name for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Healthy => "healthy",
            Self::Unhealthy(_) => "unhealthy",
            Self::Draining => "draining",
            Self::Unused(_) => "unused",
        }
    }

    /// Returns AWS's code for why it is so, if it has one. A registration takes no time here, so
    /// there is no `Elb.RegistrationInProgress`.
    pub fn reason_code(&self) -> Option<&'static str> {
        Some(match self {
            Self::Healthy => return None,
            Self::Initial => "Elb.InitialHealthChecking",
            Self::Unhealthy(UnhealthyReason::ResponseCodeMismatch(_)) => {
                "Target.ResponseCodeMismatch"
            }
            Self::Unhealthy(UnhealthyReason::Timeout) => "Target.Timeout",
            Self::Unhealthy(UnhealthyReason::FailedHealthChecks) => "Target.FailedHealthChecks",
            Self::Draining => "Target.DeregistrationInProgress",
            Self::Unused(Unused::NotRegistered) => "Target.NotRegistered",
            Self::Unused(Unused::NotInUse) => "Target.NotInUse",
        })
    }
}

impl fmt::Display for TargetState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Initial | Self::Healthy | Self::Draining => Ok(()),
            Self::Unhealthy(reason) => write!(f, ": {reason}"),
            Self::Unused(why) => write!(f, ": {why}"),
        }
    }
}

// === impl UnhealthyReason ===

impl fmt::Display for UnhealthyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ResponseCodeMismatch(code) => {
                write!(f, "Health checks failed with these codes: [{code}]")
            }
            Self::Timeout => f.write_str("Request timed out"),
            Self::FailedHealthChecks => f.write_str("Health checks failed"),
        }
    }
}

// === impl Unused ===

impl fmt::Display for Unused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRegistered => "not registered with its target group",
            Self::NotInUse => "no rule forwards to its target group",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_told_with_its_reason() {
        let told = |state: &TargetState| (state.to_string(), state.reason_code());
        let mismatch = TargetState::Unhealthy(UnhealthyReason::ResponseCodeMismatch(503));
        let expected = "unhealthy: Health checks failed with these codes: [503]";
        assert_eq!(told(&mismatch), (expected.into(), Some("Target.ResponseCodeMismatch")));
        assert_eq!(told(&TargetState::Healthy), ("healthy".into(), None));
        let draining = Some("Target.DeregistrationInProgress");
        assert_eq!(told(&TargetState::Draining), ("draining".into(), draining));
    }
}
