//! Connections to targets, kept alive and used again by the worker that opened them.
//!
//! A request is tried again on the same target only where a kept connection turned out to be closed
//! before a byte of the request was written (alb §4.8). When the deregistration delay of a target
//! ends, its connections are cut, whoever uses them.

mod connect;
mod pool;

use std::{io, time::Duration};

pub(super) use pool::{Kept, Pool, Scratch, TargetConnection};

use super::{body::ReadError, head::BadResponse};

/// How long a target may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// How long it may take to accept a connection, and again to greet over TLS.
    pub(super) connect: Duration,
}

/// Why a target gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("cannot connect to the target")]
    Connect(#[source] io::Error),
    #[error("the target did not accept a connection in time")]
    ConnectTimeout,
    #[error("the TLS handshake with the target failed")]
    Tls(#[source] io::Error),
    #[error("the target did not greet over TLS in time")]
    TlsTimeout,
    #[error("the target does not speak HTTP/2")]
    Http2(#[source] h2::Error),
    #[error("the target sent nothing within {} s", .0.as_secs())]
    Silent(Duration),
    #[error("the connection to the target broke before it answered")]
    Broken(#[source] ReadError),
    #[error("the target's answer is no HTTP")]
    Malformed(#[from] BadResponse),
    #[error("the target's answer has a head of more than 32 KB")]
    TooLarge,
    #[error("the request cannot be had over HTTP/2")]
    NotHttp2,
}

// === impl Failure ===

impl Failure {
    /// Returns the status that a client is told (alb §6.1).
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::ConnectTimeout | Self::TlsTimeout | Self::Silent(_) => 504,
            _ => 502,
        }
    }

    /// Returns whether the target cannot have seen any of the request.
    pub(super) fn is_before_request(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::ConnectTimeout | Self::Tls(_) | Self::TlsTimeout)
    }
}
