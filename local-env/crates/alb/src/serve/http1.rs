//! A client's connection over HTTP/1: one request after another.

use std::rc::Rc;

use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    body::{Activity, Reader, Source},
    client::{ClientConnection, Idle},
    connection::Connection,
    exchange::{self, Answerer, Incoming, Rejection},
    framing::{Framing, UnsupportedCoding, request_framing},
    head::{Malformed, Name, RequestHead, Version, head_end},
    headers::has_option,
    record::Protocol,
    wire::{Buffer, Wire},
};

/// The longest request line, and what the line of a header is shorter than (alb §1.3).
const MAX_LINE: usize = 16 << 10;
/// The longest head.
const MAX_HEAD: usize = 64 << 10;
/// How long what a refused client still sends is taken in, so that it reads why.
const LINGER: std::time::Duration = std::time::Duration::from_secs(2);

struct Http1 {
    client: Rc<ClientConnection>,
    wire: Rc<Wire>,
    buffer: Buffer,
    out: Vec<u8>,
    head: RequestHead,
    activity: Activity,
    idle: Idle,
}

/// What has arrived.
enum Next {
    Request,
    /// Nothing more will arrive.
    End,
    Refused(Rejection),
}

/// Serves a connection until one of the two sides ends it, or `stop` is cancelled and the request in
/// flight is done.
pub(crate) async fn serve(client: Rc<ClientConnection>, wire: Rc<Wire>, stop: &CancellationToken) {
    let idle = Idle::new(client.handling().attributes.idle_timeout);
    let mut connection = Http1 {
        client,
        wire,
        buffer: Buffer::default(),
        out: Vec::with_capacity(1024),
        head: RequestHead::default(),
        activity: Activity::new(Instant::now()),
        idle,
    };
    let mut stopped = std::pin::pin!(stop.cancelled());
    loop {
        let next = tokio::select! {
            biased;
            next = connection.next() => next,
            () = &mut stopped => Next::End,
        };
        let unread = match next {
            Next::Request => None,
            Next::Refused(unread) => Some(unread),
            Next::End => break,
        };
        if connection.answer(unread).await == Connection::Close {
            break;
        }
    }
    connection.close().await;
}

// === impl Http1 ===

impl Http1 {
    /// Waits for the next request's head. Dropped while it waits, it loses nothing.
    async fn next(&mut self) -> Next {
        let mut scanned: usize = 0;
        self.buffer.shrink();
        loop {
            self.skip_empty_lines();
            let bytes = self.buffer.bytes();
            if let Some(end) = end_of_head(bytes, scanned) {
                return self.take(end);
            }
            if let Some(unread) = too_large(bytes) {
                return self.refuse(unread);
            }
            scanned = bytes.len().saturating_sub(3);
            tokio::select! {
                biased;
                read = self.wire.read(&mut self.buffer) => match read {
                    Ok(0) | Err(_) => return Next::End,
                    Ok(_) => self.activity.touch(),
                },
                () = self.idle.elapsed(&self.activity) => {
                    // Who has not begun a request is not told anything (alb §1.2).
                    return if self.buffer.is_empty() { Next::End } else { self.refuse(Rejection::SilentClient) };
                }
            }
        }
    }

    fn take(&mut self, end: usize) -> Next {
        let head = self.buffer.bytes().get(..end).unwrap_or_default();
        if let Some(unread) = lines_too_large(head) {
            return self.refuse(unread);
        }
        let read = self.head.read(head);
        self.buffer.consume(end);
        match read {
            Ok(()) => Next::Request,
            Err(Malformed::Version) => Next::Refused(Rejection::UnsupportedVersion),
            Err(Malformed::RequestLine) => Next::Refused(Rejection::Malformed),
        }
    }

    fn refuse(&mut self, unread: Rejection) -> Next {
        self.head.clear();
        Next::Refused(unread)
    }

    /// Answers the request whose head has been read, and returns whether there may be another.
    async fn answer(&mut self, unread: Option<Rejection>) -> Connection {
        let (framing, unread) = match (unread, request_framing(self.head.fields())) {
            (Some(unread), _) => (Framing::None, Some(unread)),
            (None, Ok(framing)) => (framing, None),
            (None, Err(UnsupportedCoding::Unknown)) => {
                (Framing::None, Some(Rejection::UnsupportedCoding))
            }
            (None, Err(UnsupportedCoding::NotLast)) => (Framing::None, Some(Rejection::Malformed)),
        };
        if unread.is_none() && self.expects_continue() && !self.send_continue().await {
            return Connection::Close;
        }
        let version = self.head.version();
        let head_only = self.head.method() == b"HEAD";
        let listener = &self.client.listener;
        let ends = !keeps_open(&self.head) || self.client.is_old() || listener.stopping.get();
        let incoming = Incoming {
            head: &self.head,
            source: Source::Http1(Reader::new(&self.wire, &mut self.buffer, framing)),
            answerer: Answerer::Http1 { wire: &self.wire, out: &mut self.out, version, head_only },
            framing,
            unread,
            connection: Connection::kept_if(!ends),
            protocol: Protocol::Http1,
        };
        exchange::run(&self.client, incoming, &self.activity, &self.idle).await
    }

    fn expects_continue(&self) -> bool {
        let expect = self.head.fields().get(Name::Expect);
        self.head.version() == Version::Http11
            && expect.is_some_and(|it| it.eq_ignore_ascii_case(b"100-continue"))
    }

    /// Answers `Expect: 100-continue`, whatever becomes of the request (alb §1.1).
    async fn send_continue(&self) -> bool {
        self.wire.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.is_ok()
    }

    /// Passes over empty lines before the first line of a request (RFC 9112 §2.2).
    fn skip_empty_lines(&mut self) {
        while let [b'\r', b'\n', ..] | [b'\n', ..] = self.buffer.bytes() {
            let count = if self.buffer.bytes().starts_with(b"\n") { 1 } else { 2 };
            self.buffer.consume(count);
        }
    }

    /// Says that this is all, and takes in for a while what is still under way: a connection that is
    /// closed with bytes unread may take the answer away from the client (RFC 9112 §9.6).
    async fn close(&mut self) {
        if let Err(error) = self.wire.finish().await {
            tracing::trace!(%error, "a client left before its connection was closed");
            return;
        }
        let rest = async {
            loop {
                self.buffer.consume(usize::MAX);
                match self.wire.read(&mut self.buffer).await {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                }
            }
        };
        if timeout(LINGER, rest).await.is_err() {
            tracing::trace!("a client went on sending");
        }
    }
}

/// Returns where a head ends. A first line that names no version is all there is of it: a request
/// of HTTP/0.9, or none at all.
fn end_of_head(bytes: &[u8], scanned: usize) -> Option<usize> {
    if scanned < MAX_LINE
        && let Some(line) = memchr::memchr(b'\n', bytes)
        && memchr::memmem::find(bytes.get(..line)?, b" HTTP/").is_none()
    {
        return Some(line + 1);
    }
    head_end(bytes, scanned)
}

/// Returns why a head whose end has not come is too large already, if it is.
fn too_large(bytes: &[u8]) -> Option<Rejection> {
    let first = bytes.get(..MAX_LINE + "\r\n".len())?;
    if !first.contains(&b'\n') {
        return Some(Rejection::LongRequestLine);
    }
    (bytes.len() > MAX_HEAD).then_some(Rejection::LargeHeaders)
}

fn lines_too_large(head: &[u8]) -> Option<Rejection> {
    if head.len() < MAX_LINE {
        return None;
    }
    let bare = |line: &[u8]| line.strip_suffix(b"\r").unwrap_or(line).len();
    let mut lines = head.split(|&byte| byte == b'\n').map(bare);
    if lines.next().is_some_and(|first| first > MAX_LINE) {
        return Some(Rejection::LongRequestLine);
    }
    (head.len() > MAX_HEAD || lines.any(|line| line >= MAX_LINE)).then_some(Rejection::LargeHeaders)
}

fn keeps_open(head: &RequestHead) -> bool {
    match head.version() {
        Version::Http09 => false,
        Version::Http10 => has_option(head.fields(), b"keep-alive"),
        _ => !has_option(head.fields(), b"close"),
    }
}
