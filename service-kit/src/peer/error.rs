//! What may go wrong with a call of the peer, and the problem that the caller gets.

use std::{error::Error, net::SocketAddr, time::Duration};

use axum::http::StatusCode;
use url::Url;

use super::NameError;
use crate::problem::Problem;

/// Why the peer gave no answer. Each has its own `type` in the [`Problem`] that it becomes.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// 503, `urn:problem:peer-not-configured`.
    #[error("SERVICE_URL is not set, so there is no peer to call")]
    NotConfigured,
    /// 502, `urn:problem:peer-name-not-resolved`.
    #[error(transparent)]
    Name(#[from] NameError),
    /// 502, `urn:problem:peer-unreachable`: refused, or TLS could not be agreed upon.
    #[error("cannot connect to {url} at {} ({cause})", list(addresses))]
    Unreachable {
        /// Where it was asked.
        url: Url,
        /// All that were tried.
        addresses: Vec<SocketAddr>,
        /// What the system says.
        cause: String,
    },
    /// 504, `urn:problem:peer-connect-timeout`.
    #[error(
        "no connection to {url} at {} within {limit:?}; often a security group that lets nothing in",
        list(addresses)
    )]
    NoConnection {
        /// Where it was asked.
        url: Url,
        /// All that were tried.
        addresses: Vec<SocketAddr>,
        /// For all of them together.
        limit: Duration,
    },
    /// 504, `urn:problem:peer-too-slow`.
    #[error("{url} did not answer within {limit:?}")]
    TooSlow {
        /// Where it was asked.
        url: Url,
        /// For the whole call.
        limit: Duration,
    },
    /// 502, `urn:problem:peer-connection-broken`.
    #[error("the connection to {url} broke before the whole answer was there ({cause})")]
    Broken {
        /// Where it was asked.
        url: Url,
        /// What the connection says.
        cause: String,
    },
    /// 502, `urn:problem:peer-bad-status`. Redirects are not followed.
    #[error("{url} answered {status}")]
    Status {
        /// Where it was asked.
        url: Url,
        /// Not 2xx.
        status: StatusCode,
    },
    /// 502, `urn:problem:peer-answer-too-large`.
    #[error("{url} answered with more than {limit} bytes")]
    TooLarge {
        /// Where it was asked.
        url: Url,
        /// The most that is read.
        limit: usize,
    },
}

// === impl PeerError ===

impl PeerError {
    fn words(&self) -> (&'static str, &'static str, StatusCode) {
        use StatusCode as S;
        match self {
            Self::NotConfigured => {
                ("urn:problem:peer-not-configured", "No peer configured", S::SERVICE_UNAVAILABLE)
            }
            Self::Name(_) => (
                "urn:problem:peer-name-not-resolved",
                "The peer's name does not resolve",
                S::BAD_GATEWAY,
            ),
            Self::Unreachable { .. } => {
                ("urn:problem:peer-unreachable", "The peer cannot be reached", S::BAD_GATEWAY)
            }
            Self::NoConnection { .. } => (
                "urn:problem:peer-connect-timeout",
                "The peer does not take connections",
                S::GATEWAY_TIMEOUT,
            ),
            Self::TooSlow { .. } => {
                ("urn:problem:peer-too-slow", "The peer is too slow", S::GATEWAY_TIMEOUT)
            }
            Self::Broken { .. } => {
                ("urn:problem:peer-connection-broken", "The peer hung up", S::BAD_GATEWAY)
            }
            Self::Status { .. } => {
                ("urn:problem:peer-bad-status", "The peer did not succeed", S::BAD_GATEWAY)
            }
            Self::TooLarge { .. } => (
                "urn:problem:peer-answer-too-large",
                "The peer's answer is too large",
                S::BAD_GATEWAY,
            ),
        }
    }
}

impl From<PeerError> for Problem {
    fn from(error: PeerError) -> Self {
        let (kind, title, status) = error.words();
        Self::new(kind, title, status, error.to_string())
    }
}

/// The last of an error's causes, which is the one that says something.
pub(crate) fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn list(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
