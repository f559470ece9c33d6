//! A client's connection over HTTP/2: many requests at once, each a stream (RFC 9113).

use std::rc::Rc;

use bytes::Bytes;
use h2::{RecvStream, server::SendResponse};
use http::Request;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    body::{self, Activity, Source},
    client::{ClientConnection, Idle},
    connection::Connection,
    exchange::{self, Answerer, Incoming},
    framing::Framing,
    head::{RequestHead, Version},
    record::Protocol,
    wire::{Wire, WireIo},
};

/// The limit of ALB on streams at once (alb §1.1).
const MAX_STREAMS: u32 = 128;
/// The limit of ALB on requests of a connection (alb §1.1).
const MAX_REQUESTS: usize = 10_000;
/// The largest set of headers (alb §1.3).
const MAX_HEADERS: u32 = 64 << 10;
/// What a client may send of a body before it is asked to go on.
const WINDOW: u32 = 256 << 10;

/// Serves a connection until one of the two sides ends it, or `stop` is cancelled and the streams are
/// done.
pub(crate) async fn serve(client: Rc<ClientConnection>, wire: Rc<Wire>, stop: &CancellationToken) {
    let mut builder = h2::server::Builder::new();
    builder.max_concurrent_streams(MAX_STREAMS).max_header_list_size(MAX_HEADERS);
    builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW * 4);
    let mut connection = match builder.handshake::<_, Bytes>(WireIo(wire)).await {
        Ok(connection) => connection,
        Err(error) => return tracing::debug!(%error, "no HTTP/2 connection"),
    };
    let activity = Rc::new(Activity::new(Instant::now()));
    let idle = Idle::new(client.handling().attributes.idle_timeout);
    let mut stopped = std::pin::pin!(stop.cancelled());
    let (mut requests, mut ending) = (0, false);
    loop {
        tokio::select! {
            biased;
            accepted = connection.accept() => match accepted {
                Some(Ok((request, respond))) => {
                    activity.touch();
                    requests += 1;
                    let stream = Stream { client: Rc::clone(&client), activity: Rc::clone(&activity) };
                    tokio::task::spawn_local(stream.answer(request, respond));
                    if !ending && (requests >= MAX_REQUESTS || client.is_old()) {
                        ending = true;
                        connection.graceful_shutdown();
                    }
                }
                Some(Err(error)) => return tracing::debug!(%error, "client connection ended"),
                None => return,
            },
            () = &mut stopped, if !ending => {
                ending = true;
                connection.graceful_shutdown();
            }
            () = idle.elapsed(&activity) => {
                // The streams in flight have timers of their own.
                if client.in_flight.get() == 0 {
                    return;
                }
                activity.touch();
            }
        }
    }
}

struct Stream {
    client: Rc<ClientConnection>,
    activity: Rc<Activity>,
}

// === impl Stream ===

impl Stream {
    async fn answer(self, request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
        let (parts, received) = request.into_parts();
        let Some(head) = head(&parts) else {
            return respond.send_reset(h2::Reason::PROTOCOL_ERROR);
        };
        let framing = framing(&parts, &received);
        let head_only = parts.method == http::Method::HEAD;
        let activity = Activity::new(Instant::now());
        let idle = Idle::new(self.client.handling().attributes.idle_timeout);
        let incoming = Incoming {
            head: &head,
            source: Source::Http2(body::Stream::new(received)),
            answerer: Answerer::Http2 { respond: &mut respond, head_only },
            framing,
            unread: None,
            connection: Connection::Keep,
            protocol: Protocol::of_stream(&head),
        };
        let connection = exchange::run(&self.client, incoming, &activity, &idle).await;
        if connection == Connection::Close {
            respond.send_reset(h2::Reason::CANCEL);
        }
        self.activity.touch();
    }
}

/// Returns the head in the form that all heads have here; `None` without an authority.
fn head(parts: &http::request::Parts) -> Option<RequestHead> {
    let target = match (parts.uri.path_and_query(), &parts.method) {
        (Some(target), _) => target.as_str(),
        (None, &http::Method::CONNECT) => parts.uri.authority()?.as_str(),
        (None, _) => "/",
    };
    let mut head =
        RequestHead::new(parts.method.as_str().as_bytes(), target.as_bytes(), Version::Http2);
    let fields = head.fields_mut();
    if let Some(authority) = parts.uri.authority() {
        fields.push(b"host", authority.as_str().as_bytes());
    }
    for (name, value) in &parts.headers {
        fields.push(name.as_str().as_bytes(), value.as_bytes());
    }
    Some(head)
}

fn framing(parts: &http::request::Parts, body: &RecvStream) -> Framing {
    if body.is_end_stream() {
        return Framing::None;
    }
    let length = parts.headers.get(http::header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    length.map_or(Framing::Chunked, Framing::Length)
}
