//! The answers that the load balancer makes itself, with the bodies and headers of ALB's own
//! (alb §6.2).

use std::{borrow::Cow, time::SystemTime};

use bytes::Bytes;

use crate::{connection::Connection, head::ResponseHead};

/// An answer of the load balancer's own.
#[derive(Clone, Debug)]
pub(super) struct Generated {
    pub(super) status: u16,
    /// What becomes of the client's connection.
    pub(super) connection: Connection,
    content_type: Option<Cow<'static, str>>,
    body: Bytes,
    location: Option<Vec<u8>>,
    grpc: bool,
}

// === impl Generated ===

impl Generated {
    /// Makes the error page of a status, whose causes stand in alb §6.1.
    pub(super) fn error(status: u16) -> Self {
        let page = page(status);
        let content_type = (!page.is_empty()).then_some(Cow::Borrowed("text/html"));
        let connection = Connection::kept_if(!closes(status));
        Self { status, connection, content_type, body: page, location: None, grpc: false }
    }

    /// Makes the error for a client that speaks gRPC, which stands in the headers (alb §1.1).
    pub(super) fn grpc_error(status: u16) -> Self {
        let content_type = Some(Cow::Borrowed("application/grpc"));
        Self { body: Bytes::new(), content_type, grpc: true, ..Self::error(status) }
    }

    /// Makes the answer of a redirect.
    pub(super) fn redirect(status: u16, location: Vec<u8>) -> Self {
        Self { location: Some(location), ..Self::error(status) }
    }

    /// Makes the answer of a `fixed-response` action; the character set is ALB's addition
    /// (alb §3.3).
    pub(super) fn fixed(action: &stack::FixedResponse) -> Self {
        let content_type = action.content_type.as_deref().unwrap_or("text/plain");
        Self {
            status: action.status,
            connection: Connection::Keep,
            content_type: Some(format!("{content_type}; charset=utf-8").into()),
            body: Bytes::from(action.body.clone()),
            location: None,
            grpc: false,
        }
    }

    /// Returns the `Location`, which stands behind the headers that every answer gets (alb §3.2).
    pub(super) fn location(&self) -> Option<&[u8]> {
        self.location.as_deref()
    }

    pub(super) fn body(&self) -> &Bytes {
        &self.body
    }

    /// Fills in the head. `server` is whether the load balancer says its name (alb §5.5).
    pub(super) fn write(&self, head: &mut ResponseHead, server: bool, now: SystemTime) {
        head.start(self.status, phrase(self.status).as_bytes());
        let fields = head.fields_mut();
        if server {
            fields.push(b"Server", b"awselb/2.0");
        }
        fields.push(b"Date", httpdate::fmt_http_date(now).as_bytes());
        if let Some(content_type) = &self.content_type {
            fields.push(b"Content-Type", content_type.as_bytes());
        }
        fields.push(b"Content-Length", self.body.len().to_string().as_bytes());
        if self.grpc {
            fields.push(b"grpc-status", b"14");
            fields.push(b"grpc-message", b"unavailable");
        }
    }
}

/// Returns whether an error of this status ends the client's connection, since what follows it could
/// not be told from the rest (alb §6.2).
pub(super) fn closes(status: u16) -> bool {
    matches!(status, 400 | 405 | 408 | 413 | 414 | 501 | 505)
}

fn page(status: u16) -> Bytes {
    let phrase = phrase(status);
    if phrase.is_empty() {
        return Bytes::new();
    }
    let title = format!("{status} {phrase}");
    let html = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n\
         <center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    html.into()
}

/// Returns the phrase of a status: nginx's, which ALB follows, where it differs from the registered
/// one. Statuses of ALB's own have none.
fn phrase(status: u16) -> &'static str {
    match status {
        405 => "Not Allowed",
        408 => "Request Time-out",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Large",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        _ => http::StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_are_as_long_as_those_of_alb() {
        for (status, length) in [
            (301, 134),
            (302, 110),
            (400, 122),
            (403, 118),
            (405, 122),
            (408, 132),
            (414, 142),
            (463, 0),
            (464, 0),
            (500, 142),
            (501, 130),
            (502, 122),
            (503, 162),
            (504, 132),
            (505, 152),
        ] {
            assert_eq!(page(status).len(), length, "{status}");
        }
    }

    #[test]
    fn a_fixed_response_keeps_the_connection_whatever_its_status() {
        // alb §6.2.
        let action = stack::FixedResponse { status: 400, content_type: None, body: String::new() };
        assert_eq!(Generated::fixed(&action).connection, Connection::Keep);
        assert_eq!(Generated::error(400).connection, Connection::Close);
    }

    #[test]
    fn a_fixed_response_says_its_character_set() {
        let action = stack::FixedResponse {
            status: 404,
            content_type: Some("application/json".into()),
            body: "{}".into(),
        };
        let mut head = ResponseHead::default();
        Generated::fixed(&action).write(&mut head, true, SystemTime::UNIX_EPOCH);
        let lines: Vec<_> =
            head.fields().iter().map(|it| String::from_utf8_lossy(it.value).into_owned()).collect();
        let date = "Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(lines, ["awselb/2.0", date, "application/json; charset=utf-8", "2"]);
    }
}
