//! Why rules cannot be compiled.

use stack::Arn;

/// Why a listener's rules can't be compiled.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// An action forwards to a target group that the stack doesn't have.
    #[error("no target group has the name {0}")]
    UnknownTargetGroup(Arn),
    /// A fixed response's status is none that AWS takes.
    #[error("{0} is no status for a fixed response: it has to be 2xx, 4xx or 5xx")]
    BadStatus(u16),
    /// A regular expression that can't be read or is too large.
    #[error("`{0}` is no regular expression that can be used")]
    Regex(String, #[source] regex::Error),
}
