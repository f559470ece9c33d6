//! Which of several causes a request is refused for, and what is found out about it on the way.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use super::*;
use crate::{
    cookie::Sealer,
    desync::Class,
    listener::TargetPolicy,
    rules::{PublishedPorts, Routes, TransformError, tests::groups},
    upstream::Limits,
};
use stack::{
    Arn, Condition, DesyncMitigation, ListenerAttributes, ListenerProtocol, LoadBalancerAttributes,
    Patterns, Rewrite, Rule, WeightedTargetGroup,
};

/// A header that makes a request Severe, and that no rule looks at.
const SEVERE: &str = "Transfer-Encoding: chunked, chunked\r\n";
/// A header that makes a request Ambiguous.
const AMBIGUOUS: &str = "Transfer_Encoding: chunked\r\n";

/// A listener, and what a client speaks to it.
struct Case {
    plan: ListenerPlan,
    handling: Handling,
    protocol: Protocol,
}

/// What is left of a decision once its listener has gone.
#[derive(Debug, PartialEq, Eq)]
struct Decided {
    /// What is done, in a word, or why nothing is.
    course: Result<&'static str, Rejection>,
    connection: Connection,
}

impl Case {
    /// Forwards `/app*` to a group, redirects `/old*`, rewrites the URL of `/bad*` to none, and has a
    /// group without weight at `/none*`; all else gets a fixed response.
    fn new() -> Self {
        let forward = |weight| {
            let target_groups =
                vec![WeightedTargetGroup { target_group: Arn::from("web"), weight }];
            stack::Action::Forward(stack::Forward { target_groups, stickiness: None })
        };
        let redirect = stack::Action::Redirect(stack::Redirect {
            status: 301,
            protocol: "HTTPS".into(),
            host: "#{host}".into(),
            port: "443".into(),
            path: "/#{path}".into(),
            query: "#{query}".into(),
        });
        let mut rules = vec![
            rule(1, "/app*", forward(1)),
            rule(2, "/old*", redirect),
            rule(3, "/bad*", forward(1)),
            rule(4, "/none*", forward(0)),
        ];
        let rewrite = Rewrite { regex: "^/bad".into(), replace: "bad".into() };
        rules[2].transforms.url = Some(rewrite);
        let fixed = FixedResponse { status: 404, content_type: None, body: String::new() };
        let listener = stack::Listener {
            logical_id: "Listener".into(),
            arn: Arn::from("listener"),
            port: 80,
            protocol: ListenerProtocol::Http,
            attributes: ListenerAttributes::default(),
            rules,
            default_action: stack::Action::FixedResponse(fixed),
        };
        let handling = Handling {
            routes: Routes::compile(&listener, &groups(&["web"])).unwrap(),
            attributes: Arc::new(LoadBalancerAttributes::default()),
            listener: Arc::new(listener.attributes),
            tls: None,
            certificates: [].into(),
        };
        Self { plan: plan(), handling, protocol: Protocol::Http1 }
    }

    fn with(change: impl FnOnce(&mut LoadBalancerAttributes)) -> Self {
        let mut case = Self::new();
        change(Arc::make_mut(&mut case.handling.attributes));
        case
    }

    fn decision(&self, head: &RequestHead, unread: Option<Rejection>) -> Decision<'_> {
        let context = Context {
            plan: &self.plan,
            handling: &self.handling,
            protocol: self.protocol,
            source: Ipv4Addr::LOCALHOST.into(),
            date: UNIX_EPOCH + Duration::from_secs(0x6789_1233),
        };
        decide(head, unread, context, &mut fastrand::Rng::with_seed(1))
    }

    fn decided(&self, head: &str, unread: Option<Rejection>) -> Decided {
        let Decision { course, connection, .. } = self.decision(&read(head), unread);
        let course = course.map(|course| match course {
            Course::FixedResponse(_) => "fixed-response",
            Course::Redirect { .. } => "redirect",
            Course::Forward(_) => "forward",
        });
        Decided { course, connection }
    }

    /// Why a request with these lines behind the first is refused.
    fn rejection(&self, line: &str, fields: &str) -> Option<Rejection> {
        self.decided(&format!("{line} HTTP/1.1\r\n{fields}\r\n"), None).course.err()
    }
}

fn plan() -> ListenerPlan {
    ListenerPlan {
        ports: Arc::new(PublishedPorts::from([(443, 8443)])),
        protocol: "http",
        port: 80,
        published_port: 8080,
        dns_name: "demo.elb.example".into(),
        targets: TargetPolicy { limits: Limits { connect: Duration::ZERO }, fail_over: false },
        sealer: Arc::new(Sealer::new().unwrap()),
        explain: false,
        full_name: "app/demo/0".into(),
        access_log: None,
    }
}

fn rule(priority: u32, path: &str, action: stack::Action) -> Rule {
    Rule {
        logical_id: format!("Rule{priority}").into(),
        priority,
        conditions: vec![Condition::PathPattern(Patterns::Wildcards(vec![path.into()]))],
        transforms: stack::Transforms::default(),
        action,
    }
}

fn read(head: &str) -> RequestHead {
    let mut request = RequestHead::default();
    request.read(head.as_bytes()).unwrap();
    request
}

fn addresses(count: usize) -> String {
    format!("X-Forwarded-For: {}\r\n", vec!["192.0.2.1"; count].join(", "))
}

fn refused(cause: Rejection) -> Decided {
    Decided { course: Err(cause), connection: cause.connection() }
}

#[test]
fn of_several_causes_the_first_in_albs_order_counts() {
    let case = Case::new();
    let (host, many) = ("Host: h\r\n", addresses(31));
    let above = "GET /app/../..";
    for (line, fields, expected) in [
        // alb §1.1: TRACE is refused before anything else is looked at.
        ("TRACE /app/../..", format!("{SEVERE}{many}"), Rejection::MethodNotAllowed),
        ("CONNECT h:443", SEVERE.into(), Rejection::MethodNotAllowed),
        // alb §1.1: without a host there is nothing that rules could be asked.
        (above, format!("{SEVERE}{many}"), Rejection::NoHost),
        // alb §8: the class comes before the limits that only the fields tell.
        (above, format!("{host}{SEVERE}{many}"), Rejection::Desync),
        // alb §1.3, and only then the rules (alb §2.3).
        (above, format!("{host}{many}"), Rejection::TooManyAddresses),
        (above, format!("{host}{}", addresses(30)), Rejection::AboveRoot),
    ] {
        assert_eq!(case.rejection(line, &fields), Some(expected), "{line} {fields}");
    }
    assert_eq!(case.rejection("GET /app", host), None);
}

#[test]
fn what_only_the_action_can_tell_comes_last() {
    let mut case = Case::new();
    let host = "Host: h\r\n";
    let long = format!("GET /old/{}", "a".repeat(8 << 10));
    assert_eq!(case.rejection(&long, host), Some(Rejection::LongLocation));
    assert_eq!(case.rejection("GET /none", host), Some(Rejection::NoWeight));
    assert_eq!(case.rejection("GET /bad", host), Some(Rejection::TransformFailed));
    // alb §1.1: gRPC for a group of HTTP1 is refused before its transforms are tried.
    case.protocol = Protocol::Grpc;
    assert_eq!(case.rejection("GET /bad", host), Some(Rejection::ProtocolMismatch));
    assert_eq!(case.rejection("GET /none", host), Some(Rejection::NoWeight));
    assert_eq!(case.rejection("GET /elsewhere", host), None);
}

#[test]
fn what_is_no_request_is_refused_for_what_it_is_and_has_no_class() {
    let case = Case::with(|it| it.desync_mitigation = DesyncMitigation::Strictest);
    let nothing = RequestHead::default();
    for cause in [Rejection::Malformed, Rejection::LargeHeaders, Rejection::SilentClient] {
        let decision = case.decision(&nothing, Some(cause));
        assert_eq!(decision.course.unwrap_err(), cause);
        assert_eq!(decision.findings.classification.class, Class::Compliant);
        assert_eq!(decision.findings.priority, Priority::None);
        assert!(decision.findings.trace_id.is_empty());
    }
}

#[test]
fn an_unknown_coding_is_blocked_by_its_class_first() {
    // alb §1.5: a 501 where the class has not blocked the request already.
    let case = Case::new();
    let head =
        |coding| format!("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: {coding}\r\n\r\n");
    let unread = Some(Rejection::UnsupportedCoding);
    assert_eq!(case.decided(&head("gzip, chunked"), unread), refused(Rejection::UnsupportedCoding));
    assert_eq!(case.decided(&head("unheard-of"), unread), refused(Rejection::Desync));
}

#[test]
fn each_cause_has_its_status_and_tells_whether_the_connection_goes_on() {
    use Connection::{Close, Keep};
    for (cause, status, connection) in [
        (Rejection::Malformed, 400, Close),
        (Rejection::LargeHeaders, 400, Close),
        (Rejection::NoHost, 400, Close),
        (Rejection::Desync, 400, Close),
        (Rejection::AboveRoot, 400, Close),
        (Rejection::IllegalLocation, 400, Close),
        (Rejection::MethodNotAllowed, 405, Close),
        (Rejection::SilentClient, 408, Close),
        (Rejection::LongRequestLine, 414, Close),
        (Rejection::TooManyAddresses, 463, Keep),
        (Rejection::ProtocolMismatch, 464, Keep),
        (Rejection::TransformFailed, 500, Keep),
        (Rejection::UnsupportedCoding, 501, Close),
        (Rejection::NoWeight, 503, Keep),
        (Rejection::NoTarget, 503, Keep),
        (Rejection::UnsupportedVersion, 505, Close),
        (Rejection::LongLocation, 507, Keep),
    ] {
        assert_eq!((cause.status(), cause.connection()), (status, connection), "{cause}");
    }
}

#[test]
fn an_ambiguous_request_goes_on_and_ends_its_connections() {
    let head = format!("GET /app HTTP/1.1\r\nHost: h\r\n{AMBIGUOUS}\r\n");
    let decided = |mode| Case::with(|it| it.desync_mitigation = mode).decided(&head, None);
    let forwarded = |connection| Decided { course: Ok("forward"), connection };
    assert_eq!(decided(DesyncMitigation::Defensive), forwarded(Connection::Close));
    assert_eq!(decided(DesyncMitigation::Monitor), forwarded(Connection::Keep));
    assert_eq!(decided(DesyncMitigation::Strictest), refused(Rejection::Desync));
}

#[test]
fn what_the_head_settles_is_found() {
    let case = Case::new();
    let found = |path: &str| {
        let head = read(&format!("GET {path} HTTP/1.1\r\nHost: h\r\nX_Y: 1\r\n\r\n"));
        case.decision(&head, None).findings
    };
    let forwarded = found("/app");
    assert_eq!(forwarded.priority, Priority::Rule(1));
    assert_eq!(forwarded.action, Some(ActionKind::Forward));
    assert_eq!(forwarded.group.unwrap().name(), "web");
    assert_eq!(forwarded.invalid_headers, Some(InvalidHeaders::Forwarded));
    assert!(forwarded.trace_id.starts_with(b"Root=1-67891233-"));
    let redirected = found("/old?a");
    let location: &[u8] = b"https://h:8443/old?a";
    assert_eq!(redirected.redirect_url.as_deref(), Some(location));
    assert!(redirected.group.is_none());
    assert_eq!(found("/elsewhere").priority, Priority::Rule(0));
    assert_eq!(found("/..").priority, Priority::Failed);
    let failed = found("/bad").transformed.unwrap().unwrap_err();
    assert_eq!(failed, TransformError::InvalidPath);
}

#[test]
fn invalid_headers_are_dropped_before_rules_look() {
    // alb §1.4.
    let case = Case::with(|it| it.drop_invalid_headers = true);
    let invalid = read("GET / HTTP/1.1\r\nHost: h\r\nX_Y: 1\r\n\r\n");
    let found = case.decision(&invalid, None).findings.invalid_headers;
    assert_eq!(found, Some(InvalidHeaders::Dropped));
    let valid = read("GET / HTTP/1.1\r\nHost: h\r\nX-Y: 1\r\n\r\n");
    assert_eq!(case.decision(&valid, None).findings.invalid_headers, None);
}
