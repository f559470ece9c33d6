//! What happens to a request on its way, noted for the access log and the metrics.

use std::{net::SocketAddr, sync::Arc, time::SystemTime};

use tokio::time::Instant;

use super::Protocol;
use crate::{
    client::ClientConnection,
    desync::{Class, Verdict},
    head::{Name, RequestHead, Version},
    headers::split_port,
    metrics::{Counter, GroupCounter},
    record::{Kind, Priority, Record, RequestLine},
    rules::{self, Action, TransformError, Transformed},
    targets::{Choice, TargetGroup},
    upstream::Failure,
};

/// Notes on one request.
pub(super) struct Facts {
    started: Instant,
    dispatched: Option<Instant>,
    answered: Option<Instant>,
    pub(super) status: u16,
    pub(super) verdict: Verdict,
    /// Whether servers might read it differently, so that its connections end with it.
    pub(super) doubtful: bool,
    pub(super) group: Option<Arc<TargetGroup>>,
    pub(super) trace_id: Vec<u8>,
    pub(super) redirect_url: Option<Vec<u8>>,
    pub(super) bad_cookie: bool,
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) priority: Priority,
    target: Option<SocketAddr>,
    target_status: Option<u16>,
    action: Option<&'static str>,
    transformed: Transformed,
    transform_status: Option<&'static str>,
    upgraded: bool,
}

// === impl Facts ===

impl Facts {
    pub(super) fn new(started: Instant) -> Self {
        Self {
            started,
            dispatched: None,
            answered: None,
            status: 0,
            verdict: Verdict::default(),
            doubtful: false,
            group: None,
            trace_id: Vec::new(),
            redirect_url: None,
            bad_cookie: false,
            sent: 0,
            received: 0,
            priority: Priority::None,
            target: None,
            target_status: None,
            action: None,
            transformed: Transformed::default(),
            transform_status: None,
            upgraded: false,
        }
    }

    pub(super) fn choose(&mut self, choice: &rules::Choice<'_>) {
        self.priority = Priority::Rule(choice.priority);
        self.action = Some(match choice.action {
            Action::Forward(_) => "forward",
            Action::Redirect(_) => "redirect",
            Action::FixedResponse(_) => "fixed-response",
        });
    }

    /// Notes how the transforms of a rule went, if it has any.
    pub(super) fn transform(
        &mut self,
        transformed: Result<Transformed, TransformError>,
    ) -> Option<Transformed> {
        match transformed {
            Ok(transformed) => {
                if transformed.host.is_some() || transformed.target.is_some() {
                    self.transform_status = Some("TransformSuccess");
                    self.transformed = transformed.clone();
                }
                Some(transformed)
            }
            Err(error) => {
                self.transform_status = Some(error.name());
                None
            }
        }
    }

    pub(super) fn dispatch(&mut self, client: &ClientConnection, choice: &Choice) {
        self.target = Some(choice.target.address);
        if choice.is_new_session() {
            client.listener.shard.count(Counter::NonStickyRequests);
        }
        if let Some(group) = &self.group {
            client.listener.shard.count_group(group, GroupCounter::Requests);
            if choice.is_fail_open() {
                client.listener.shard.count_group(group, GroupCounter::UnhealthyRouting);
            }
        }
    }

    /// The request goes out on a connection to its target.
    pub(super) fn send(&mut self, now: Instant) {
        self.dispatched = Some(now);
    }

    /// The head of the target's answer is there.
    pub(super) fn answer(&mut self, client: &ClientConnection, status: u16, now: Instant) {
        self.answered = Some(now);
        self.status = status;
        self.target_status = Some(status);
        self.upgraded = status == 101;
        if let (Some(group), Some(sent)) = (&self.group, self.dispatched) {
            client.listener.shard.target_answered(
                group,
                status,
                now.saturating_duration_since(sent),
            );
        }
    }

    pub(super) fn fail(&mut self, client: &ClientConnection, failure: &Failure) {
        self.status = failure.status();
        let counter = match failure {
            Failure::Tls(_) | Failure::TlsTimeout => GroupCounter::TlsErrors,
            _ => GroupCounter::ConnectionErrors,
        };
        if let Some(group) = &self.group {
            client.listener.shard.count_group(group, counter);
        }
    }

    /// The request is over: it is counted, and written down where that is asked for.
    pub(super) fn tell(&self, client: &ClientConnection, head: &RequestHead, protocol: Protocol) {
        let shard = &client.listener.shard;
        shard.add(Counter::ProcessedBytes, self.received + self.sent);
        if self.target_status.is_none() {
            shard.answered(self.status);
            match self.action {
                Some("redirect") => shard.count(Counter::Redirects),
                Some("fixed-response") => shard.count(Counter::FixedResponses),
                _ => {}
            }
        }
        if let Priority::Rule(_) = self.priority {
            shard.count(Counter::RuleEvaluations);
        }
        if self.verdict.class != Class::Compliant {
            shard.count(Counter::NonCompliantRequests);
        }
        if protocol == Protocol::Grpc {
            shard.count(Counter::GrpcRequests);
        }
        if let Some(log) = &client.listener.access_log {
            log.tell(&self.record(client, head, protocol));
        }
    }

    fn record<'a>(
        &'a self,
        client: &'a ClientConnection,
        head: &'a RequestHead,
        protocol: Protocol,
    ) -> Record<'a> {
        let listener = &client.listener;
        let now = Instant::now();
        let finished = SystemTime::now();
        let since =
            |from: Option<Instant>, to: Option<Instant>| Some(to?.saturating_duration_since(from?));
        let named = head.fields().get(Name::Host).unwrap_or(listener.dns_name.as_bytes());
        let request = (!head.method().is_empty()).then(|| RequestLine {
            method: head.method(),
            target: head.target(),
            version: version(head.version()),
        });
        Record {
            load_balancer: &listener.full_name,
            kind: self.kind(client, protocol),
            finished,
            created: finished.checked_sub(now - self.started).unwrap_or(finished),
            client: client.peer,
            target: self.target,
            target_group: self.group.as_deref(),
            request_time: since(Some(self.started), self.dispatched),
            target_time: since(self.dispatched, self.answered),
            response_time: since(self.answered, Some(now)),
            status: self.status,
            target_status: self.target_status,
            received: self.received,
            sent: self.sent,
            request,
            scheme: listener.protocol,
            host: split_port(named).0,
            port: listener.port,
            user_agent: head.fields().get(Name::UserAgent),
            tls: client.tls.as_ref().map(|tls| tls.record()),
            trace_id: Some(self.trace_id.as_slice()).filter(|id| !id.is_empty()),
            priority: self.priority,
            action: self.action,
            redirect_url: self.redirect_url.as_deref(),
            error_reason: self.bad_cookie.then_some("AWSALBTGCookieInvalid"),
            verdict: self.verdict,
            connection: client.trace_id,
            transformed_host: self.transformed.host.as_deref(),
            transformed_uri: self.transformed.target.as_deref(),
            transform_status: self.transform_status,
            node: client.local.ip(),
        }
    }

    fn kind(&self, client: &ClientConnection, protocol: Protocol) -> Kind {
        match (protocol, client.tls.is_some(), self.upgraded) {
            (Protocol::Grpc, ..) => Kind::Grpcs,
            (Protocol::Http2, ..) => Kind::H2,
            (Protocol::Http1, false, false) => Kind::Http,
            (Protocol::Http1, true, false) => Kind::Https,
            (Protocol::Http1, false, true) => Kind::Ws,
            (Protocol::Http1, true, true) => Kind::Wss,
        }
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::Http09 => "HTTP/0.9",
        Version::Http10 => "HTTP/1.0",
        Version::Http11 => "HTTP/1.1",
        Version::Http2 => "HTTP/2.0",
    }
}
