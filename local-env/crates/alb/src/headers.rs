//! What the load balancer does to the headers of a request on its way to a target (alb §5.1 to §5.4).

use std::net::SocketAddr;

use super::{
    framing::Framing,
    head::{Field, Fields, Name, RequestHead, is_valid_name},
};
use stack::{ForwardedFor, LoadBalancerAttributes};

/// How many addresses `X-Forwarded-For` may have (alb §1.3).
const MAX_ADDRESSES: usize = 30;

/// What all requests of a client's connection tell a target of it; made once a connection.
#[derive(Clone, Debug)]
pub(super) struct Forwarded {
    peer: Vec<u8>,
    /// The peer's address where it stands behind others.
    peer_in_list: Vec<u8>,
    mode: ForwardedFor,
    /// The lines that are the same for each request.
    lines: Vec<u8>,
}

/// A request as a target is to get it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outgoing<'a> {
    pub(super) head: &'a RequestHead,
    /// The path and query, as they came or as a transform has made them.
    pub(super) target: &'a [u8],
    pub(super) host: &'a [u8],
    pub(super) forwarded: &'a Forwarded,
    pub(super) trace_id: &'a [u8],
    pub(super) framing: Framing,
    pub(super) drop_invalid: bool,
    /// Whether the client asked for another protocol on its connection.
    pub(super) upgrade: bool,
}

// === impl Forwarded ===

impl Forwarded {
    /// Makes what all requests of a connection tell. `port` is the listener's in AWS, which is what
    /// a service is told there.
    pub(super) fn new(
        peer: SocketAddr,
        protocol: &str,
        port: u16,
        attributes: &LoadBalancerAttributes,
    ) -> Self {
        let address = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let alone =
            if attributes.client_port { address.to_string() } else { address.ip().to_string() };
        let listed = match address {
            SocketAddr::V6(_) if !attributes.client_port => format!("[{}]", address.ip()),
            _ => alone.clone(),
        };
        let lines = format!("X-Forwarded-Proto: {protocol}\r\nX-Forwarded-Port: {port}\r\n");
        Self {
            peer: alone.into_bytes(),
            peer_in_list: listed.into_bytes(),
            mode: attributes.forwarded_for,
            lines: lines.into_bytes(),
        }
    }

    /// Adds a line that every request gets.
    pub(super) fn push(&mut self, name: &str, value: &str) {
        self.lines.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }

    fn write(&self, fields: &Fields, out: &mut Vec<u8>) {
        let mut incoming = fields.all(Name::XForwardedFor);
        match (self.mode, incoming.next()) {
            (ForwardedFor::Append, None) => line(out, b"X-Forwarded-For", &self.peer),
            (ForwardedFor::Append, Some(first)) => {
                out.extend_from_slice(b"X-Forwarded-For: ");
                for value in std::iter::once(first).chain(incoming) {
                    out.extend_from_slice(value);
                    out.extend_from_slice(b", ");
                }
                out.extend_from_slice(&self.peer_in_list);
                out.extend_from_slice(b"\r\n");
            }
            (ForwardedFor::Preserve, first) => {
                for value in first.into_iter().chain(incoming) {
                    line(out, b"X-Forwarded-For", value);
                }
            }
            (ForwardedFor::Remove, _) => {}
        }
        out.extend_from_slice(&self.lines);
    }
}

// === impl Outgoing ===

impl Outgoing<'_> {
    /// Writes the head as HTTP/1.1 has it. What the load balancer adds stands first.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let fields = self.head.fields();
        out.extend_from_slice(self.head.method());
        out.push(b' ');
        out.extend_from_slice(self.target);
        out.extend_from_slice(b" HTTP/1.1\r\n");
        self.forwarded.write(fields, out);
        line(out, b"Host", self.host);
        line(out, b"X-Amzn-Trace-Id", self.trace_id);
        if self.upgrade {
            out.extend_from_slice(b"Connection: Upgrade\r\n");
        }
        self.write_framing(out);
        let listed = lists_others(fields);
        for field in fields.iter() {
            if self.passes(field) && !(listed && is_listed(fields, field.name)) {
                line(out, field.name, field.value);
            }
        }
        self.write_cookie(out);
        out.extend_from_slice(b"\r\n");
    }

    /// Makes the head for HTTP/2 (RFC 9113 §8.3.1); `None` where a part is nothing that HTTP/2 has.
    pub(super) fn to_http2(self, scheme: &str) -> Option<http::Request<()>> {
        let mut lines = Vec::new();
        self.forwarded.write(self.head.fields(), &mut lines);
        line(&mut lines, b"X-Amzn-Trace-Id", self.trace_id);
        let uri = http::Uri::builder()
            .scheme(scheme)
            .authority(self.host)
            .path_and_query(self.target)
            .build()
            .ok()?;
        let method = http::Method::from_bytes(self.head.method()).ok()?;
        let mut request = http::Request::builder().method(method).uri(uri).body(()).ok()?;
        *request.version_mut() = http::Version::HTTP_2;
        let headers = request.headers_mut();
        for added in lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let (name, value) = split(added)?;
            append(headers, name, value)?;
        }
        if let Framing::Length(length) = self.framing {
            headers.insert(http::header::CONTENT_LENGTH, length.into());
        }
        for field in self.head.fields().iter().filter(|field| self.passes(*field)) {
            append(headers, field.name, field.value)?;
        }
        for cookie in self.head.fields().all(Name::Cookie) {
            append(headers, b"cookie", cookie)?;
        }
        Some(request)
    }

    fn write_framing(&self, out: &mut Vec<u8>) {
        match self.framing {
            Framing::Length(length) => {
                out.extend_from_slice(b"Content-Length: ");
                out.extend_from_slice(length.to_string().as_bytes());
                out.extend_from_slice(b"\r\n");
            }
            Framing::Chunked | Framing::UntilClose => {
                out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
            }
            Framing::None => {}
        }
    }

    /// Writes the cookies, which HTTP/2 may bring in pieces, as the one line that HTTP/1.1 has
    /// (RFC 9113 §8.2.3).
    fn write_cookie(&self, out: &mut Vec<u8>) {
        let mut cookies = self.head.fields().all(Name::Cookie);
        let Some(first) = cookies.next() else { return };
        out.extend_from_slice(b"Cookie: ");
        out.extend_from_slice(first);
        for cookie in cookies {
            out.extend_from_slice(b"; ");
            out.extend_from_slice(cookie);
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Returns whether a field goes on as it is: not one that is for this connection only
    /// (RFC 9110 §7.6.1), nor one that is written anew.
    fn passes(&self, field: Field<'_>) -> bool {
        match field.known {
            Name::Connection
            | Name::ContentLength
            | Name::Cookie
            | Name::Expect
            | Name::Host
            | Name::KeepAlive
            | Name::ProxyConnection
            | Name::TransferEncoding
            | Name::XAmznTraceId
            | Name::XForwardedFor
            | Name::XForwardedPort
            | Name::XForwardedProto => false,
            Name::Upgrade => self.upgrade,
            Name::Te => field.value.eq_ignore_ascii_case(b"trailers"),
            Name::Other => !self.drop_invalid || is_valid(field.name),
            _ => true,
        }
    }
}

/// Writes the host that a target is told (alb §5.2): in lower case; without a port where the
/// listener has one of the protocols' own, with the listener's where the client gave none.
/// `published` is where the listener is reached here: a client who says so means the listener's own
/// port.
pub(super) fn host_for_target(host: &[u8], port: u16, published: u16, out: &mut Vec<u8>) {
    let (name, given) = split_port(host);
    out.extend(name.iter().map(u8::to_ascii_lowercase));
    if port == 80 || port == 443 {
        return;
    }
    out.push(b':');
    match given {
        Some(given) if given != published.to_string().as_bytes() => out.extend_from_slice(given),
        _ => out.extend_from_slice(port.to_string().as_bytes()),
    }
}

/// Returns a host and its port, if it names one.
pub(super) fn split_port(host: &[u8]) -> (&[u8], Option<&[u8]>) {
    match host.iter().rposition(|&byte| byte == b':') {
        // In `[::1]` the last colon belongs to the address.
        Some(at) if !host[at..].contains(&b']') => (&host[..at], Some(&host[at + 1..])),
        _ => (host, None),
    }
}

/// Returns whether more addresses are named than the load balancer takes.
pub(super) fn has_too_many_addresses(fields: &Fields) -> bool {
    let addresses = |value: &[u8]| memchr::memchr_iter(b',', value).count() + 1;
    fields.all(Name::XForwardedFor).map(addresses).sum::<usize>() > MAX_ADDRESSES
}

/// Returns whether a name is one that ALB takes (alb §1.4).
pub(super) fn is_valid(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&byte| is_valid_name(byte))
}

/// Returns whether the `Connection` header lists this option.
pub(super) fn has_option(fields: &Fields, option: &[u8]) -> bool {
    fields.all(Name::Connection).flat_map(options).any(|it| it.eq_ignore_ascii_case(option))
}

/// Returns whether `Connection` names anything but the usual.
pub(super) fn lists_others(fields: &Fields) -> bool {
    const USUAL: [&[u8]; 4] = [b"keep-alive", b"close", b"upgrade", b""];
    let usual = |option: &[u8]| USUAL.iter().any(|usual| option.eq_ignore_ascii_case(usual));
    fields.all(Name::Connection).flat_map(options).any(|option| !usual(option))
}

/// Returns whether `Connection` names this header.
pub(super) fn is_listed(fields: &Fields, name: &[u8]) -> bool {
    has_option(fields, name)
}

pub(super) fn line(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.reserve(name.len() + value.len() + 4);
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// Adds a field to HTTP/2's; `None` where HTTP/2 can't have it.
pub(super) fn append(headers: &mut http::HeaderMap, name: &[u8], value: &[u8]) -> Option<()> {
    let name = http::HeaderName::from_bytes(name).ok()?;
    headers.try_append(name, http::HeaderValue::from_bytes(value).ok()?).ok()?;
    Some(())
}

fn options(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii)
}

fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    Some((&line[..colon], line[colon + 1..].trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(host: &str, port: u16) -> String {
        let mut out = Vec::new();
        host_for_target(host.as_bytes(), port, port + 8000, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_port_is_taken_from_the_host_of_a_usual_listener_and_added_on_others() {
        assert_eq!(host("A.Example:80", 80), "a.example");
        assert_eq!(host("a.example", 443), "a.example");
        assert_eq!(host("a.example", 81), "a.example:81");
        assert_eq!(host("a.example:99", 81), "a.example:99");
        assert_eq!(host("[::1]", 80), "[::1]");
        assert_eq!(host("[::1]:80", 80), "[::1]");
    }

    #[test]
    fn the_published_port_stands_for_the_listeners_own() {
        assert_eq!(host("localhost:8081", 81), "localhost:81");
    }

    #[test]
    fn thirty_addresses_are_taken_and_thirty_one_are_not() {
        let mut fields = Fields::default();
        fields.push(b"X-Forwarded-For", ["1.1.1.1"; 15].join(", ").as_bytes());
        fields.push(b"x-forwarded-for", ["1.1.1.1"; 15].join(",").as_bytes());
        assert!(!has_too_many_addresses(&fields));
        fields.push(b"x-forwarded-for", b"1.1.1.1");
        assert!(has_too_many_addresses(&fields));
    }

    fn sent(fields: &[(&str, &str)], framing: Framing) -> String {
        let mut head = RequestHead::new(b"GET", b"/", super::super::head::Version::Http11);
        for (name, value) in fields {
            head.fields_mut().push(name.as_bytes(), value.as_bytes());
        }
        let peer = "192.0.2.1:5".parse().unwrap();
        let forwarded = Forwarded::new(peer, "http", 80, &LoadBalancerAttributes::default());
        let outgoing = Outgoing {
            head: &head,
            target: b"/",
            host: b"h",
            forwarded: &forwarded,
            trace_id: b"Root=1",
            framing,
            drop_invalid: false,
            upgrade: false,
        };
        let mut out = Vec::new();
        outgoing.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_for_one_connection_only_stays_behind() {
        let text = sent(
            &[
                ("Connection", "close, X-Mine"),
                ("x-mine", "1"),
                ("Keep-Alive", "5"),
                ("TE", "gzip"),
                ("Upgrade", "h2c"),
                ("X-Other", "2"),
            ],
            Framing::None,
        );
        assert!(text.ends_with("X-Amzn-Trace-Id: Root=1\r\nX-Other: 2\r\n\r\n"), "{text}");
    }

    #[test]
    fn cookies_that_came_in_pieces_go_on_as_one_line() {
        let text = sent(&[("cookie", "a=1"), ("x", "y"), ("cookie", "b=2")], Framing::Length(3));
        assert!(text.contains("Content-Length: 3\r\nx: y\r\nCookie: a=1; b=2\r\n"), "{text}");
    }
}
