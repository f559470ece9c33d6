//! Where a `redirect` action sends a client (alb §3.2).
//!
//! The port of the new address is one of the load balancer's own as often as not. Those are
//! published elsewhere on this machine (443 at 8443), and a browser has to land there, so a port
//! that a listener has becomes the one that it is published on.

use std::collections::BTreeMap;

use http::{HeaderValue, StatusCode};

use crate::stack;

/// A listener's port in AWS to the port that it is published on.
pub type PublishedPorts = BTreeMap<u16, u16>;

/// A compiled `redirect` action.
#[derive(Clone, Debug)]
pub(super) struct Redirect {
    action: stack::Redirect,
    status: StatusCode,
}

/// The parts of a request that the keywords stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub(super) protocol: &'a str,
    /// Without its port.
    pub(super) host: &'a str,
    /// The listener's port in AWS.
    pub(super) port: u16,
    /// With its leading slash.
    pub(super) path: &'a str,
    pub(super) query: &'a str,
}

// === impl Redirect ===

impl Redirect {
    pub(super) fn new(action: &stack::Redirect) -> Self {
        let status =
            if action.status == 302 { StatusCode::FOUND } else { StatusCode::MOVED_PERMANENTLY };
        Self { action: action.clone(), status }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// The `Location`, which names its port even where that is the protocol's own.
    ///
    /// `None` where the parts do not make a header value.
    pub(super) fn location(&self, of: Subject<'_>, ports: &PublishedPorts) -> Option<HeaderValue> {
        let fill = |part: &str| fill(part, of);
        let protocol = fill(&self.action.protocol).to_ascii_lowercase();
        let host = fill(&self.action.host).to_ascii_lowercase();
        let port = fill(&self.action.port);
        let port = match port.parse().ok().and_then(|port: u16| ports.get(&port)) {
            Some(published) => published.to_string(),
            None => port,
        };
        let path = fill(&self.action.path);
        let query = fill(&self.action.query);
        let mark = if query.is_empty() { "" } else { "?" };
        HeaderValue::try_from(format!("{protocol}://{host}:{port}{path}{mark}{query}")).ok()
    }
}

/// One pass, so that what a client sends is never taken for a keyword.
fn fill(template: &str, of: Subject<'_>) -> String {
    let mut filled = String::with_capacity(template.len() + of.path.len());
    let mut rest = template;
    while let Some(start) = rest.find("#{") {
        filled.push_str(&rest[..start]);
        rest = &rest[start..];
        let Some(end) = rest.find('}') else { break };
        match &rest[2..end] {
            "protocol" => filled.push_str(of.protocol),
            "host" => filled.push_str(of.host),
            "port" => filled.push_str(&of.port.to_string()),
            "path" => filled.push_str(of.path.strip_prefix('/').unwrap_or(of.path)),
            "query" => filled.push_str(of.query),
            _ => filled.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: Subject<'static> =
        Subject { protocol: "http", host: "H", port: 80, path: "/a", query: "b=c" };

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
        let location = Redirect::new(action).location(of, &ports).unwrap();
        location.to_str().unwrap().to_owned()
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
        let request = Subject { query: "", ..REQUEST };
        assert_eq!(location(&to_https(), request, &[]), "https://h:443/a");
    }

    #[test]
    fn the_path_keyword_has_no_leading_slash() {
        let action = stack::Redirect { path: "/new/#{path}".into(), ..to_https() };
        let request = Subject { path: "/old/x", ..REQUEST };
        assert_eq!(location(&action, request, &[]), "https://h:443/new/old/x?b=c");
    }

    #[test]
    fn only_the_protocol_changed_keeps_the_port() {
        let action = stack::Redirect { port: "#{port}".into(), ..to_https() };
        assert_eq!(location(&action, REQUEST, &[]), "https://h:80/a?b=c");
    }

    #[test]
    fn a_keyword_in_the_request_is_not_filled() {
        let request = Subject { path: "/#{host}", query: "#{port", ..REQUEST };
        assert_eq!(location(&to_https(), request, &[]), "https://h:443/#{host}?#{port");
    }
}
