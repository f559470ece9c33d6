//! What happened to a request: plain data, noted while the request passes.
//!
//! The exchange notes here and nowhere else. Once the request is over, the metrics count from this and
//! the access log's entry is made from it. It has no clock; it is given the time.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use crate::{
    desync::Classification,
    head::{Name, RequestHead},
    rules::{Action, TransformError, Transformed},
    targets::{ChosenTarget, TargetGroup},
    upstream::Failure,
};

/// A request and what became of it.
#[derive(Debug)]
pub(crate) struct Record {
    /// What the client speaks.
    pub(crate) protocol: Protocol,
    /// The date at which its head had come.
    pub(crate) created: SystemTime,
    /// The same moment for measuring from.
    pub(crate) started: Instant,
    /// What its head settled.
    pub(crate) findings: Findings,
    /// The target that it was given to last.
    pub(crate) target: Option<SocketAddr>,
    /// Whether it was given to a target for want of healthy ones.
    pub(crate) fail_open: bool,
    /// Whether its client is to stay with a target and was not given one where it stayed before.
    pub(crate) new_session: bool,
    /// How often a target gave no answer.
    pub(crate) failures: Failures,
    /// When it was sent to the target that it was given to last.
    pub(crate) dispatched: Option<Instant>,
    /// When the head of the target's answer had come.
    pub(crate) answered: Option<Instant>,
    /// What the client was answered.
    pub(crate) status: u16,
    /// What the target answered.
    pub(crate) target_status: Option<u16>,
    /// The bytes that the client sent.
    pub(crate) received: u64,
    /// The bytes that the client was sent.
    pub(crate) sent: u64,
}

/// What the head of a request settled.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// How differently servers might read it (alb §8).
    pub(crate) classification: Classification,
    /// What became of headers whose names are not valid, if it has any (alb §1.4).
    pub(crate) invalid_headers: Option<InvalidHeaders>,
    /// Which rule took it.
    pub(crate) priority: Priority,
    /// What that rule does.
    pub(crate) action: Option<ActionKind>,
    /// The target group that it goes to.
    pub(crate) group: Option<Arc<TargetGroup>>,
    /// Whether its client sent a group cookie that cannot be read.
    pub(crate) bad_cookie: bool,
    /// Where its client is redirected to.
    pub(crate) redirect_url: Option<Vec<u8>>,
    /// What the rule's transforms rewrote, or why they could not; `None` where they rewrote nothing.
    pub(crate) transformed: Option<Result<Transformed, TransformError>>,
    /// The `X-Amzn-Trace-Id` that its target gets or would have got; empty for what was no request.
    pub(crate) trace_id: Vec<u8>,
}

/// How often a target gave no answer, by what CloudWatch counts it as (alb §9.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Failures {
    /// The connection was refused or broke, or nothing came on it in time.
    pub(crate) connection: u32,
    /// The TLS handshake failed.
    pub(crate) tls: u32,
}

/// What a client speaks (alb §1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/1.1 or older.
    Http1,
    /// HTTP/2.
    Http2,
    /// gRPC, over HTTP/2.
    Grpc,
}

/// What a rule does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActionKind {
    /// `forward`.
    Forward,
    /// `redirect`.
    Redirect,
    /// `fixed-response`.
    FixedResponse,
}

/// What became of headers whose names are not valid (alb §1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidHeaders {
    /// Rules and targets do not see them.
    Dropped,
    /// They were passed on.
    Forwarded,
}

/// Which rule took a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// The rule with this priority; 0 is the default rule.
    Rule(u32),
    /// No rule, since the path could not be evaluated.
    Failed,
    /// No rule, since the request did not get that far.
    #[default]
    None,
}

// === impl Record ===

impl Record {
    /// Begins the record of a request whose head has come.
    pub(crate) fn new(protocol: Protocol, (now, date): (Instant, SystemTime)) -> Self {
        Self {
            protocol,
            created: date,
            started: now,
            findings: Findings::default(),
            target: None,
            fail_open: false,
            new_session: false,
            failures: Failures::default(),
            dispatched: None,
            answered: None,
            status: 0,
            target_status: None,
            received: 0,
            sent: 0,
        }
    }

    /// Notes which target the request is given to.
    pub(crate) fn note_target(&mut self, chosen: &ChosenTarget) {
        self.target = Some(chosen.target.address);
        self.fail_open |= chosen.is_fail_open();
        self.new_session |= chosen.is_new_session();
    }

    /// Notes that the request goes out on a connection to its target.
    pub(crate) fn note_dispatch(&mut self, now: Instant) {
        self.dispatched = Some(now);
    }

    /// Notes that the head of the target's answer is there.
    pub(crate) fn note_answer(&mut self, status: u16, now: Instant) {
        self.answered = Some(now);
        self.status = status;
        self.target_status = Some(status);
    }

    /// Notes why a target gave no answer.
    pub(crate) fn note_failure(&mut self, failure: &Failure) {
        self.status = failure.status();
        match failure {
            Failure::Tls(_) | Failure::TlsTimeout => self.failures.tls += 1,
            _ => self.failures.connection += 1,
        }
    }

    /// Returns how long the target took from the request to the head of its answer.
    pub(crate) fn target_time(&self) -> Option<Duration> {
        Some(self.answered?.saturating_duration_since(self.dispatched?))
    }

    /// Returns whether the client's connection has become a tunnel (alb §1.1).
    pub(crate) fn is_upgraded(&self) -> bool {
        self.target_status == Some(101)
    }
}

// === impl Protocol ===

impl Protocol {
    /// Returns what a stream of HTTP/2 carries: gRPC has a content type of its own.
    pub(crate) fn of_stream(head: &RequestHead) -> Self {
        match head.fields().get(Name::ContentType) {
            Some(kind) if kind.starts_with(b"application/grpc") => Self::Grpc,
            _ => Self::Http2,
        }
    }
}

// === impl ActionKind ===

impl ActionKind {
    /// Returns the kind of an action.
    pub(crate) fn of(action: &Action) -> Self {
        match action {
            Action::Forward(_) => Self::Forward,
            Action::Redirect(_) => Self::Redirect,
            Action::FixedResponse(_) => Self::FixedResponse,
        }
    }

    /// Returns AWS's name for it, as the access log has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Redirect => "redirect",
            Self::FixedResponse => "fixed-response",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record::new(Protocol::Http1, (Instant::now(), SystemTime::UNIX_EPOCH))
    }

    #[test]
    fn the_targets_time_is_from_the_request_to_the_head_of_its_answer() {
        let mut record = record();
        let started = record.started;
        assert_eq!(record.target_time(), None);
        record.note_dispatch(started + Duration::from_secs(1));
        assert_eq!(record.target_time(), None);
        record.note_answer(101, started + Duration::from_secs(3));
        assert_eq!(record.target_time(), Some(Duration::from_secs(2)));
        assert!(record.is_upgraded());
    }

    #[test]
    fn each_target_without_an_answer_is_noted_and_the_last_one_tells_the_status() {
        let mut record = record();
        record.note_failure(&Failure::TlsTimeout);
        record.note_failure(&Failure::TooLarge);
        assert_eq!(record.failures, Failures { connection: 1, tls: 1 });
        assert_eq!((record.status, record.target_status), (502, None));
    }
}
