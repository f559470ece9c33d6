//! Why the load balancer refuses a request itself, and with which status (alb §1.5, §6.1).

use super::generated::closes;
use crate::connection::Connection;

/// The cause for which a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejection {
    /// What came is no request, or its end cannot be found (alb §1.5).
    #[error("the request is malformed")]
    Malformed,
    /// It names a version of HTTP that its connection does not speak (alb §1.1).
    #[error("the version of HTTP is not supported")]
    UnsupportedVersion,
    /// Its request line is too long (alb §1.3).
    #[error("the request line is too long")]
    LongRequestLine,
    /// A header, or all of them, are too large (alb §1.3).
    #[error("the headers are too large")]
    LargeHeaders,
    /// The client fell silent in the middle of it (alb §1.2).
    #[error("the client fell silent within the request")]
    SilentClient,
    /// Its body has a transfer coding other than `chunked` (alb §6.1).
    #[error("the transfer coding is not supported")]
    UnsupportedCoding,
    /// Its method is TRACE or CONNECT (alb §1.1).
    #[error("the method is not allowed")]
    MethodNotAllowed,
    /// It is of HTTP/1.1 and names no host (alb §1.1).
    #[error("the request names no host")]
    NoHost,
    /// Its desync class is one that the listener blocks (alb §8).
    #[error("the desync mitigation mode blocks the request")]
    Desync,
    /// Its `X-Forwarded-For` has more than 30 addresses (alb §1.3).
    #[error("X-Forwarded-For has too many addresses")]
    TooManyAddresses,
    /// Its path climbs above the root, so that no rule can be chosen (alb §2.3).
    #[error("the path climbs above the root")]
    AboveRoot,
    /// The `Location` of its redirect is too long (alb §3.2).
    #[error("the redirect's Location is too long")]
    LongLocation,
    /// The `Location` of its redirect would hold control characters.
    #[error("the redirect's Location would hold control characters")]
    IllegalLocation,
    /// All target groups of its rule have the weight 0 (alb §3.1).
    #[error("no target group has any weight")]
    NoWeight,
    /// Its target group does not take what the client speaks (alb §1.1).
    #[error("the target group takes another protocol")]
    ProtocolMismatch,
    /// A transform of its rule made a host or URL that cannot be sent (alb §2.6).
    #[error("a transform failed")]
    TransformFailed,
    /// Its target group has no target that gets requests (alb §4.4).
    #[error("the target group has no target")]
    NoTarget,
}

// === impl Rejection ===

impl Rejection {
    /// Returns the status that the client is told.
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Malformed
            | Self::LargeHeaders
            | Self::NoHost
            | Self::Desync
            | Self::AboveRoot
            | Self::IllegalLocation => 400,
            Self::MethodNotAllowed => 405,
            Self::SilentClient => 408,
            Self::LongRequestLine => 414,
            Self::TooManyAddresses => 463,
            Self::ProtocolMismatch => 464,
            Self::TransformFailed => 500,
            Self::UnsupportedCoding => 501,
            Self::NoWeight | Self::NoTarget => 503,
            Self::UnsupportedVersion => 505,
            Self::LongLocation => 507,
        }
    }

    /// Returns what becomes of the client's connection (alb §6.2).
    pub(super) fn connection(self) -> Connection {
        Connection::kept_if(!closes(self.status()))
    }
}
