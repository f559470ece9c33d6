//! The access log's entry of a request that is over.

use std::time::SystemTime;

use tokio::time::Instant;

use crate::{
    access_log::{Entry, EntryKind, RequestLine},
    client::ClientConnection,
    head::{Name, RequestHead, Version},
    headers::split_port,
    record::{ActionKind, Protocol, Record},
    rules::TransformError,
};

/// Makes the entry of a request whose answer is complete.
pub(super) fn entry<'a>(
    client: &'a ClientConnection,
    head: &'a RequestHead,
    record: &'a Record,
    (now, date): (Instant, SystemTime),
) -> Entry<'a> {
    let (listener, findings) = (&client.listener, &record.findings);
    let since =
        |from: Option<Instant>, to: Option<Instant>| Some(to?.saturating_duration_since(from?));
    let named = head.fields().get(Name::Host).unwrap_or(listener.dns_name.as_bytes());
    let request = (!head.method().is_empty()).then(|| RequestLine {
        method: head.method(),
        target: head.target(),
        version: version(head.version()),
    });
    let transformed = findings.transformed.as_ref();
    let rewritten = transformed.and_then(|outcome| outcome.as_ref().ok());
    Entry {
        load_balancer: &listener.full_name,
        kind: kind(record, client),
        finished: date,
        created: record.created,
        client: client.peer,
        target: record.target,
        target_group: findings.group.as_deref(),
        request_time: since(Some(record.started), record.dispatched),
        target_time: record.target_time(),
        response_time: since(record.answered, Some(now)),
        status: record.status,
        target_status: record.target_status,
        received: record.received,
        sent: record.sent,
        request,
        scheme: listener.protocol,
        host: split_port(named).0,
        port: listener.port,
        user_agent: head.fields().get(Name::UserAgent),
        tls: client.tls.as_ref().map(|tls| tls.for_log()),
        trace_id: Some(findings.trace_id.as_slice()).filter(|id| !id.is_empty()),
        priority: findings.priority,
        action: findings.action.map(ActionKind::name),
        redirect_url: findings.redirect_url.as_deref(),
        error_reason: findings.bad_cookie.then_some("AWSALBTGCookieInvalid"),
        classification: findings.classification,
        connection: client.trace_id,
        transformed_host: rewritten.and_then(|it| it.host.as_deref()),
        transformed_uri: rewritten.and_then(|it| it.target.as_deref()),
        transform_status: transformed.map(|outcome| {
            outcome.as_ref().err().map_or("TransformSuccess", |it| TransformError::name(*it))
        }),
        node: client.local.ip(),
    }
}

fn kind(record: &Record, client: &ClientConnection) -> EntryKind {
    match (record.protocol, client.tls.is_some(), record.is_upgraded()) {
        (Protocol::Grpc, ..) => EntryKind::Grpcs,
        (Protocol::Http2, ..) => EntryKind::H2,
        (Protocol::Http1, false, false) => EntryKind::Http,
        (Protocol::Http1, true, false) => EntryKind::Https,
        (Protocol::Http1, false, true) => EntryKind::Ws,
        (Protocol::Http1, true, true) => EntryKind::Wss,
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
