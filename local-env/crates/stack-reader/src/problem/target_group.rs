//! What can be wrong with a target group (alb §4).

use miette::Diagnostic;
use thiserror::Error;

/// The attribute that says how targets are chosen.
pub(crate) const ALGORITHM: &str = "load_balancing.algorithm.type";

/// What is wrong with a target group, its health check or its attributes.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum TargetGroupFault {
    /// Targets that are always checked are not to be.
    #[error("is false")]
    #[diagnostic(help("targets of type `ip` are always checked: leave `HealthCheckEnabled` out"))]
    HealthCheckOff,
    /// A check may take longer than the time until the next one.
    #[error("makes a timeout of {timeout} s in an interval of {interval} s")]
    #[diagnostic(help("the timeout must be shorter than the interval"))]
    TimeoutOfInterval {
        /// The value of `HealthCheckTimeoutSeconds`.
        timeout: u32,
        /// The value of `HealthCheckIntervalSeconds`.
        interval: u32,
    },
    /// The matcher has the kind of codes that the other protocol versions have.
    #[error("is given, which this `ProtocolVersion` does not have")]
    #[diagnostic(help("give a `{instead}`"))]
    OtherMatcher {
        /// The property that this version has.
        instead: &'static str,
    },
    /// Stickiness does not go with targets of one zone only.
    #[error("is false in a target group with stickiness")]
    #[diagnostic(help("set `stickiness.enabled` to `false`, or leave this out"))]
    StickyWithinZone,
    /// Anomaly mitigation goes with one algorithm only.
    #[error("is on with another algorithm than `weighted_random`")]
    #[diagnostic(help("set `{ALGORITHM}` to `weighted_random`"))]
    AnomalyMitigation,
    /// Slow start is off, or it takes at least 30 seconds.
    #[error("is {found}")]
    #[diagnostic(help("AWS takes 0 or 30 to 900"))]
    SlowStart {
        /// The seconds that are asked for.
        found: u32,
    },
    /// Slow start goes with one algorithm only.
    #[error("starts slowly with another algorithm than `round_robin`")]
    #[diagnostic(help("set `{ALGORITHM}` to `round_robin`, or this to 0"))]
    SlowStartAlgorithm,
    /// Stickiness does not go with random targets.
    #[error("is true with the algorithm `weighted_random`")]
    #[diagnostic(help("set `{ALGORITHM}` to another, or this to `false`"))]
    StickyAtRandom,
    /// Stickiness is to go by a cookie of the application that has no name.
    #[error("is true by a cookie that is not named")]
    #[diagnostic(help("name the cookie in `stickiness.app_cookie.cookie_name`"))]
    UnnamedCookie,
    /// The application's cookie is called as those of load balancers are.
    #[error("is `{found}`")]
    #[diagnostic(help("the load balancer's own cookies have such names: choose another"))]
    ReservedCookie {
        /// The name.
        found: String,
    },
}
