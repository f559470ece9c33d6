//! What the load balancer does to the headers of a request and of its answer (alb §5).

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, header};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const X_AMZN_TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// What a connection's requests are told of it; made once, cloned cheaply.
#[derive(Clone, Debug)]
pub(super) struct Forwarded {
    peer: HeaderValue,
    protocol: HeaderValue,
    port: HeaderValue,
}

// === impl Forwarded ===

impl Forwarded {
    /// `port` is the listener's in AWS, which is what a service is told there.
    pub(super) fn new(peer: IpAddr, protocol: &'static str, port: u16) -> Self {
        Self {
            peer: HeaderValue::try_from(peer.to_canonical().to_string())
                .unwrap_or_else(|_| HeaderValue::from_static("unknown")),
            protocol: HeaderValue::from_static(protocol),
            port: HeaderValue::from(port),
        }
    }

    /// Adds the peer behind those that a request names already, and replaces the rest.
    pub(super) fn apply(&self, headers: &mut HeaderMap) {
        let peers = self.peers(headers);
        headers.insert(X_FORWARDED_FOR, peers);
        headers.insert(X_FORWARDED_PROTO, self.protocol.clone());
        headers.insert(X_FORWARDED_PORT, self.port.clone());
    }

    fn peers(&self, headers: &HeaderMap) -> HeaderValue {
        if !headers.contains_key(X_FORWARDED_FOR) {
            return self.peer.clone();
        }
        let mut peers = Vec::new();
        for value in headers.get_all(X_FORWARDED_FOR) {
            peers.extend_from_slice(value.as_bytes());
            peers.extend_from_slice(b", ");
        }
        peers.extend_from_slice(self.peer.as_bytes());
        HeaderValue::from_bytes(&peers).unwrap_or_else(|_| self.peer.clone())
    }
}

/// Extends the request's trace id, or gives it one.
pub(super) fn trace(
    headers: &mut HeaderMap,
    extend: impl FnOnce(Option<&HeaderValue>) -> HeaderValue,
) {
    let value = extend(headers.get(X_AMZN_TRACE_ID));
    headers.insert(X_AMZN_TRACE_ID, value);
}

/// HTTP/2 may send a cookie in pieces, which HTTP/1.1 has as one line (RFC 9113 §8.2.3).
pub(super) fn join_cookies(headers: &mut HeaderMap) {
    let mut cookies = headers.get_all(header::COOKIE).iter();
    let (Some(first), Some(second)) = (cookies.next(), cookies.next()) else { return };
    let mut joined = first.as_bytes().to_vec();
    for cookie in std::iter::once(second).chain(cookies) {
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(cookie.as_bytes());
    }
    if let Ok(value) = HeaderValue::from_bytes(&joined) {
        headers.insert(header::COOKIE, value);
    }
}

/// Takes out what is meant for one connection only: what `Connection` names, and the headers that
/// are so by definition (RFC 9110 §7.6.1). `Transfer-Encoding` is not among them: hyper frames the
/// bodies and keeps it true.
pub(super) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    if headers.contains_key(header::CONNECTION) {
        for name in named_by_connection(headers) {
            headers.remove(name);
        }
        headers.remove(header::CONNECTION);
    }
    for name in [KEEP_ALIVE, PROXY_CONNECTION, header::UPGRADE] {
        headers.remove(name);
    }
    if headers.get(header::TE).is_some_and(|value| value != "trailers") {
        headers.remove(header::TE);
    }
}

fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(header::CONNECTION).iter();
    let names = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    names.filter_map(|name| HeaderName::try_from(name.trim()).ok()).collect()
}

/// The host that a request is for, without its port.
pub(super) fn host_without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // In `[::1]` the last colon belongs to the address.
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    }
}

/// A host name of its own for a request that came without one (HTTP/1.0; alb §1.1).
pub(super) fn set_host(headers: &mut HeaderMap, host: &str) {
    if let Ok(value) = HeaderValue::from_str(host) {
        headers.insert(header::HOST, value);
    }
}

/// The authority of an HTTP/2 or absolute-form request, as a `Host` header would have it.
pub(super) fn authority(uri: &http::Uri) -> Option<&str> {
    uri.authority()?.as_str().rsplit('@').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    fn forwarded() -> Forwarded {
        Forwarded::new([127, 0, 0, 1].into(), "https", 443)
    }

    #[test]
    fn a_request_is_told_its_peer_protocol_and_listener_port() {
        let mut map = headers(&[("x-forwarded-proto", "gopher"), ("x-forwarded-port", "70")]);
        forwarded().apply(&mut map);
        assert_eq!(map["x-forwarded-for"], "127.0.0.1");
        assert_eq!(map["x-forwarded-proto"], "https");
        assert_eq!(map["x-forwarded-port"], "443");
    }

    #[test]
    fn the_peer_is_put_behind_those_that_stand_there() {
        let mut map = headers(&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2")]);
        forwarded().apply(&mut map);
        let all: Vec<_> = map.get_all("x-forwarded-for").iter().collect();
        assert_eq!(all, ["1.1.1.1, 2.2.2.2, 127.0.0.1"]);
    }

    #[test]
    fn what_is_meant_for_one_connection_stays_there() {
        let mut map = headers(&[
            ("connection", "x-private, close"),
            ("x-private", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "gzip"),
            ("upgrade", "h2c"),
            ("accept", "*/*"),
        ]);
        remove_hop_by_hop(&mut map);
        assert_eq!(map, headers(&[("accept", "*/*")]));
    }

    #[test]
    fn a_cookie_in_pieces_becomes_one_line() {
        let mut map = headers(&[("cookie", "a=1"), ("cookie", "b=2")]);
        join_cookies(&mut map);
        assert_eq!(map, headers(&[("cookie", "a=1; b=2")]));
    }

    #[test]
    fn a_host_is_known_without_its_port() {
        for (host, name) in [
            ("localhost:8080", "localhost"),
            ("localhost", "localhost"),
            ("[::1]:8080", "[::1]"),
            ("[::1]", "[::1]"),
        ] {
            assert_eq!(host_without_port(host), name);
        }
    }
}
