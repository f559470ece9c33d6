//! An answer on its way to a client: what becomes of its head, over HTTP/1 and HTTP/2
//! (alb §5.5).

use bytes::Bytes;
use h2::server::SendResponse;

use crate::{
    body::{Sink, WriteError, Writer},
    connection::Connection,
    framing::Framing,
    head::{Field, Fields, Name, ResponseHead, Version},
    headers::{append, is_listed, line, lists_others},
    wire::Wire,
};

/// Where a request is answered.
#[derive(Debug)]
pub(crate) enum Answerer<'a> {
    Http1 { wire: &'a Wire, out: &'a mut Vec<u8>, version: Version, head_only: bool },
    Http2 { respond: &'a mut SendResponse<Bytes>, head_only: bool },
}

/// An answer as the client is to get it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<'a> {
    pub(super) head: &'a ResponseHead,
    /// How the body came.
    pub(super) framing: Framing,
    /// The headers that every answer of the listener gets, in place of what came.
    pub(super) imposed: &'a [(String, String)],
    /// The headers of this answer alone.
    pub(super) added: &'a Fields,
    /// What the client is told of its connection.
    pub(super) connection: Connection,
}

// === impl Answerer ===

impl<'a> Answerer<'a> {
    /// Begins the answer; the body goes where this returns. What is written to HTTP/1 waits there for
    /// the body, to be sent along with it. What becomes of the connection is returned too.
    pub(super) fn begin(self, answer: &Answer<'_>) -> Result<(Sink<'a>, Connection), WriteError> {
        match self {
            Self::Http1 { wire, out, version, head_only } => {
                let framing = answer.framing_for(version);
                let connection =
                    answer.connection.and(Connection::kept_if(framing != Framing::UntilClose));
                answer.write(framing, connection, out);
                let chunked = framing == Framing::Chunked && !head_only;
                Ok((Sink::Http1(Writer { wire, out, chunked }), connection))
            }
            Self::Http2 { respond, head_only } => {
                let head = answer.to_http2().ok_or(WriteError::Closed)?;
                let empty = head_only || answer.framing == Framing::None;
                let stream = respond.send_response(head, empty)?;
                Ok((if empty { Sink::Void } else { Sink::Http2(stream) }, answer.connection))
            }
        }
    }
}

// === impl Answer ===

impl Answer<'_> {
    /// Returns how the body is delimited for a client: HTTP/1.0 knows no chunks, and its bodies end
    /// with the connection where their length is unknown.
    fn framing_for(&self, version: Version) -> Framing {
        match self.framing {
            Framing::Chunked | Framing::UntilClose if version < Version::Http11 => {
                Framing::UntilClose
            }
            Framing::UntilClose => Framing::Chunked,
            framing => framing,
        }
    }

    fn write(&self, framing: Framing, connection: Connection, out: &mut Vec<u8>) {
        let head = self.head;
        out.extend_from_slice(b"HTTP/1.1 ");
        push_status(out, head.status());
        out.push(b' ');
        out.extend_from_slice(head.reason());
        out.extend_from_slice(b"\r\n");
        let listed = lists_others(head.fields());
        let mut length_is_told = false;
        for field in head.fields().iter() {
            let again = field.known == Name::ContentLength
                && (framing == Framing::Chunked || std::mem::replace(&mut length_is_told, true));
            if !again && self.passes(field) && !(listed && is_listed(head.fields(), field.name)) {
                line(out, field.name, field.value);
            }
        }
        if framing == Framing::Chunked {
            out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
        }
        let connection: &[u8] = match (head.status(), connection) {
            (101, _) => b"Connection: Upgrade\r\n",
            (_, Connection::Close) => b"Connection: close\r\n",
            (_, Connection::Keep) => b"Connection: keep-alive\r\n",
        };
        out.extend_from_slice(connection);
        for (name, value) in self.imposed {
            line(out, name.as_bytes(), value.as_bytes());
        }
        for field in self.added.iter() {
            line(out, field.name, field.value);
        }
        out.extend_from_slice(b"\r\n");
    }

    fn to_http2(self) -> Option<http::Response<()>> {
        let mut response = http::Response::builder().status(self.head.status()).body(()).ok()?;
        let headers = response.headers_mut();
        let fields = self.head.fields();
        let listed = lists_others(fields);
        for field in fields.iter() {
            if self.passes(field) && !(listed && is_listed(fields, field.name)) {
                append(headers, field.name, field.value)?;
            }
        }
        for (name, value) in self.imposed {
            append(headers, name.as_bytes(), value.as_bytes())?;
        }
        for field in self.added.iter() {
            append(headers, field.name, field.value)?;
        }
        Some(response)
    }

    fn passes(&self, field: Field<'_>) -> bool {
        let upgraded = self.head.status() == 101;
        match field.known {
            Name::Connection | Name::KeepAlive | Name::ProxyConnection | Name::TransferEncoding => {
                false
            }
            Name::Upgrade => upgraded,
            _ => !self.imposes(field.name),
        }
    }

    fn imposes(&self, name: &[u8]) -> bool {
        self.imposed.iter().any(|(imposed, _)| name.eq_ignore_ascii_case(imposed.as_bytes()))
    }
}

/// Writes a status in three digits: a target's has no more, nor has one of the load balancer's own.
fn push_status(out: &mut Vec<u8>, status: u16) {
    for unit in [100, 10, 1] {
        out.push(b'0' + u8::try_from(status / unit % 10).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(head: &[u8], framing: Framing, version: Version) -> String {
        let mut response = ResponseHead::default();
        response.read(head).unwrap();
        let imposed = [("Strict-Transport-Security".to_owned(), "max-age=1".to_owned())];
        let added = Fields::default();
        let answer = Answer {
            head: &response,
            framing,
            imposed: &imposed,
            added: &added,
            connection: Connection::Keep,
        };
        let mut out = Vec::new();
        let framing = answer.framing_for(version);
        answer.write(framing, Connection::kept_if(framing != Framing::UntilClose), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_head_passes_with_its_phrase_and_without_what_is_for_one_connection() {
        let head = b"HTTP/1.1 200 Fine\r\nServer: axum\r\nKeep-Alive: 5\r\nSet-Cookie: a\r\n\
                     set-cookie: b\r\nContent-Length: 2\r\nstrict-transport-security: no\r\n\r\n";
        assert_eq!(
            written(head, Framing::Length(2), Version::Http11),
            "HTTP/1.1 200 Fine\r\nServer: axum\r\nSet-Cookie: a\r\nset-cookie: b\r\n\
             Content-Length: 2\r\nConnection: keep-alive\r\n\
             Strict-Transport-Security: max-age=1\r\n\r\n"
        );
    }

    #[test]
    fn a_body_of_unknown_length_is_chunked_for_1_1_and_ends_the_connection_for_1_0() {
        let head = b"HTTP/1.1 200 OK\r\n\r\n";
        let modern = written(head, Framing::UntilClose, Version::Http11);
        assert!(
            modern.contains("Transfer-Encoding: chunked\r\nConnection: keep-alive"),
            "{modern}"
        );
        let old = written(head, Framing::Chunked, Version::Http10);
        assert!(!old.contains("Transfer-Encoding") && old.contains("Connection: close"), "{old}");
    }
}
