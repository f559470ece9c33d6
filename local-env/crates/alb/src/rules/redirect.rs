//! Where a `redirect` action sends a client (alb §3.2).
//!
//! The port of the new address is one of the load balancer's own as often as not. Those are
//! published elsewhere on this machine (443 at 8443), and a browser has to land there, so a port
//! that a listener has becomes the one that it is published on.

use std::collections::BTreeMap;

/// What ALB makes at most (alb §1.3).
const MAX_LOCATION: usize = 8 * 1024;

/// A listener's port in AWS to the port that it is published on.
pub type PublishedPorts = BTreeMap<u16, u16>;

/// A compiled `redirect` action.
#[derive(Clone, Debug)]
pub struct Redirect {
    action: stack::Redirect,
}

/// The parts of a request that the keywords stand for.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The scheme, `http` or `https`.
    pub protocol: &'a str,
    /// The host without its port.
    pub host: &'a [u8],
    /// The listener's port in AWS.
    pub port: u16,
    /// The path as it was sent, with its leading slash.
    pub path: &'a [u8],
    /// The query as it was sent, without the question mark.
    pub query: &'a [u8],
}

/// Why there is no `Location`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// Which ALB answers with 507.
    #[error("the address to redirect to is longer than 8 K")]
    TooLong,
    /// The request holds what no header may.
    #[error("the address to redirect to holds control characters")]
    Illegal,
}

// === impl Redirect ===

impl Redirect {
    pub(super) fn new(action: &stack::Redirect) -> Self {
        Self { action: action.clone() }
    }

    /// Returns the status, 301 or 302.
    pub fn status(&self) -> u16 {
        self.action.status
    }

    /// Returns the `Location`, which names its port even where that is the protocol's own.
    pub fn location(
        &self,
        of: Subject<'_>,
        ports: &PublishedPorts,
    ) -> Result<Vec<u8>, LocationError> {
        let mut location = Vec::with_capacity(64 + of.path.len() + of.query.len());
        fill(&mut location, &self.action.protocol, of);
        location.extend_from_slice(b"://");
        fill(&mut location, &self.action.host, of);
        location.make_ascii_lowercase();
        location.push(b':');
        self.port(&mut location, of, ports);
        fill(&mut location, &self.action.path, of);
        location.push(b'?');
        let before = location.len();
        fill(&mut location, &self.action.query, of);
        if location.len() == before {
            location.pop();
        }
        match location {
            location if location.len() > MAX_LOCATION => Err(LocationError::TooLong),
            location if location.iter().any(u8::is_ascii_control) => Err(LocationError::Illegal),
            location => Ok(location),
        }
    }

    fn port(&self, to: &mut Vec<u8>, of: Subject<'_>, ports: &PublishedPorts) {
        let mut port = Vec::new();
        fill(&mut port, &self.action.port, of);
        let number = str::from_utf8(&port).ok().and_then(|port| port.parse::<u16>().ok());
        match number.and_then(|number| ports.get(&number)) {
            Some(published) => to.extend_from_slice(published.to_string().as_bytes()),
            None => to.extend_from_slice(&port),
        }
    }
}

/// Puts values in place of keywords in one pass, so that what a client sends is never taken for a
/// keyword.
fn fill(to: &mut Vec<u8>, template: &str, of: Subject<'_>) {
    let mut rest = template;
    while let Some(start) = rest.find("#{") {
        to.extend_from_slice(&rest.as_bytes()[..start]);
        rest = &rest[start..];
        let Some(end) = rest.find('}') else { break };
        match &rest[2..end] {
            "protocol" => to.extend_from_slice(of.protocol.as_bytes()),
            "host" => to.extend_from_slice(of.host),
            "port" => to.extend_from_slice(of.port.to_string().as_bytes()),
            "path" => to.extend_from_slice(of.path.strip_prefix(b"/").unwrap_or(of.path)),
            "query" => to.extend_from_slice(of.query),
            _ => to.extend_from_slice(&rest.as_bytes()[..=end]),
        }
        rest = &rest[end + 1..];
    }
    to.extend_from_slice(rest.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: Subject<'static> =
        Subject { protocol: "http", host: b"H", port: 80, path: b"/a", query: b"b=c" };

    fn to_https() -> stack::Redirect {
        stack::Redirect {
            status: 301,
            protocol: "HTTPS".into(),
            host: "#{host}".into(),
            port: "443".into(),
            path: "/#{path}".into(),
            query: "#{query}".into(),
        }
    }

    fn location(action: &stack::Redirect, of: Subject<'_>, ports: &[(u16, u16)]) -> String {
        let ports = ports.iter().copied().collect();
        String::from_utf8(Redirect::new(action).location(of, &ports).unwrap()).unwrap()
    }

    #[test]
    fn the_location_names_host_port_path_and_query() {
        assert_eq!(location(&to_https(), REQUEST, &[]), "https://h:443/a?b=c");
    }

    #[test]
    fn a_listeners_port_becomes_the_published_one() {
        assert_eq!(
            location(&to_https(), REQUEST, &[(80, 8080), (443, 8443)]),
            "https://h:8443/a?b=c"
        );
    }

    #[test]
    fn an_empty_query_leaves_no_question_mark() {
        let request = Subject { query: b"", ..REQUEST };
        assert_eq!(location(&to_https(), request, &[]), "https://h:443/a");
    }

    #[test]
    fn the_path_keyword_has_no_leading_slash() {
        let action = stack::Redirect { path: "/new/#{path}".into(), ..to_https() };
        let request = Subject { path: b"/old/x", ..REQUEST };
        assert_eq!(location(&action, request, &[]), "https://h:443/new/old/x?b=c");
    }

    #[test]
    fn only_the_protocol_changed_keeps_the_port() {
        let action = stack::Redirect { port: "#{port}".into(), ..to_https() };
        assert_eq!(location(&action, REQUEST, &[]), "https://h:80/a?b=c");
    }

    #[test]
    fn a_keyword_in_the_request_is_not_filled() {
        let request = Subject { path: b"/#{host}", query: b"#{port", ..REQUEST };
        assert_eq!(location(&to_https(), request, &[]), "https://h:443/#{host}?#{port");
    }

    #[test]
    fn a_location_has_at_most_8_k() {
        let path = [b'/'; MAX_LOCATION];
        let longest = MAX_LOCATION - "https://h:443".len();
        let of = |path| Subject { path, query: b"", ..REQUEST };
        let redirect = Redirect::new(&to_https());
        let location = |path| redirect.location(of(path), &PublishedPorts::new());
        assert_eq!(location(&path[..longest]).unwrap().len(), MAX_LOCATION);
        assert_eq!(location(&path[..=longest]), Err(LocationError::TooLong));
    }

    #[test]
    fn control_characters_do_not_get_into_the_location() {
        let request = Subject { path: b"/a\r\nSet-Cookie: a=b", ..REQUEST };
        let location = Redirect::new(&to_https()).location(request, &PublishedPorts::new());
        assert_eq!(location, Err(LocationError::Illegal));
    }
}
