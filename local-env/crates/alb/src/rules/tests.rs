//! The rules as a whole: which one takes a request, and what is told of it.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use super::*;
use crate::{TargetGroup, head::Fields};
use clock::Clock;
use stack::{
    Condition, FixedResponse, ListenerAttributes, ListenerProtocol, Patterns, QueryPattern,
};

/// Target groups that are called by their names alone.
pub(crate) fn groups(names: &[&str]) -> HashMap<Arn, Arc<TargetGroup>> {
    let models = names.iter().map(|name| stack::TargetGroup::named(name));
    models.map(|model| (model.arn.clone(), TargetGroup::new(&model, Clock::DESK))).collect()
}

/// A request that is put together part by part.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) host: String,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) fields: Fields,
    pub(super) source: IpAddr,
}

impl Sent {
    fn get(path: &str) -> Self {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (path, None),
        };
        Self {
            method: "GET".into(),
            host: "app.example.com".into(),
            path: path.into(),
            query,
            fields: Fields::default(),
            source: Ipv4Addr::LOCALHOST.into(),
        }
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.push(name.as_bytes(), value.as_bytes());
        self
    }

    pub(super) fn request(&self) -> Request<'_> {
        Request {
            method: self.method.as_bytes(),
            host: self.host.as_bytes(),
            path: self.path.as_bytes(),
            query: self.query.as_ref().map(String::as_bytes),
            fields: &self.fields,
            source: self.source,
        }
    }
}

fn answer(status: u16) -> stack::Action {
    let body = String::new();
    stack::Action::FixedResponse(FixedResponse { status, content_type: None, body })
}

pub(super) fn rule(priority: u32, conditions: Vec<Condition>) -> stack::Rule {
    stack::Rule {
        logical_id: format!("Rule{priority}").into(),
        priority,
        conditions,
        transforms: stack::Transforms::default(),
        action: answer(200),
    }
}

fn listener(rules: Vec<stack::Rule>) -> stack::Listener {
    stack::Listener {
        logical_id: "Listener".into(),
        arn: Arn::from("listener"),
        port: 80,
        protocol: ListenerProtocol::Http,
        attributes: ListenerAttributes::default(),
        rules,
        default_action: answer(404),
    }
}

pub(super) fn routes(rules: Vec<stack::Rule>) -> Routes {
    Routes::compile(&listener(rules), &HashMap::new()).unwrap()
}

fn chosen(rules: &[stack::Rule], sent: &Sent) -> u32 {
    routes(rules.to_vec()).choose(&sent.request()).unwrap().priority
}

/// Whether a rule with this one condition matches.
fn holds(condition: &Condition, sent: &Sent) -> bool {
    chosen(&[rule(1, vec![condition.clone()])], sent) == 1
}

fn wildcards(values: &[&str]) -> Patterns {
    Patterns::Wildcards(values.iter().map(ToString::to_string).collect())
}

fn regexes(values: &[&str]) -> Patterns {
    Patterns::Regexes(values.iter().map(ToString::to_string).collect())
}

fn path(values: &[&str]) -> Condition {
    Condition::PathPattern(wildcards(values))
}

fn host(values: &[&str]) -> Condition {
    Condition::HostHeader(wildcards(values))
}

fn header(name: &str, values: &[&str]) -> Condition {
    Condition::HttpHeader { name: name.into(), patterns: wildcards(values) }
}

fn query(key: Option<&str>, value: &str) -> Condition {
    let key = key.map(ToOwned::to_owned);
    Condition::QueryString(vec![QueryPattern { key, value: value.into() }])
}

fn from(networks: &[&str]) -> Condition {
    Condition::SourceIp(networks.iter().map(|network| network.parse().unwrap()).collect())
}

// === Which rule ===

#[test]
fn the_rule_with_the_lowest_priority_wins_whatever_the_order() {
    let rules = [rule(20, vec![path(&["/a*"])]), rule(10, vec![path(&["/a*"])])];
    assert_eq!(chosen(&rules, &Sent::get("/a")), 10);
}

#[test]
fn a_condition_holds_when_any_of_its_values_matches() {
    let condition = path(&["/a", "/b"]);
    assert!(holds(&condition, &Sent::get("/b")));
    assert!(!holds(&condition, &Sent::get("/c")));
}

#[test]
fn all_conditions_of_a_rule_must_hold() {
    let rules = [rule(1, vec![path(&["/a"]), host(&["app.*"])])];
    assert_eq!(chosen(&rules, &Sent::get("/a")), 1);
    assert_eq!(chosen(&rules, &Sent { host: "web.example.com".into(), ..Sent::get("/a") }), 0);
    assert_eq!(chosen(&rules, &Sent::get("/b")), 0);
}

#[test]
fn without_a_matching_rule_the_default_rule_takes_the_request() {
    let routes = routes(vec![rule(1, vec![path(&["/a"])])]);
    let sent = Sent::get("/");
    let choice = routes.choose(&sent.request()).unwrap();
    assert_eq!((choice.priority, choice.logical_id), (0, None));
    assert!(matches!(choice.action, Action::FixedResponse(fixed) if fixed.status == 404));
    assert!(choice.transforms.is_empty());
}

#[test]
fn a_rule_is_told_by_priority_and_name() {
    let routes = routes(vec![rule(7, vec![path(&["/a"])])]);
    let sent = Sent::get("/a");
    let choice = routes.choose(&sent.request()).unwrap();
    assert_eq!((choice.priority, choice.logical_id), (7, Some(&"Rule7".into())));
}

#[test]
fn an_asterisk_for_a_target_is_for_the_default_rule() {
    let rules = [rule(1, vec![path(&["*"])])];
    assert_eq!(chosen(&rules, &Sent { path: "*".into(), ..Sent::get("/") }), 0);
}

#[test]
fn a_path_above_the_root_is_refused_whatever_the_rules() {
    for rules in [vec![], vec![rule(1, vec![host(&["app.*"])])]] {
        let sent = Sent::get("/a/b/..%2f..%2f..%2fc");
        assert_eq!(routes(rules).choose(&sent.request()).unwrap_err(), AboveRoot);
    }
}

#[test]
fn an_authentication_is_remembered_beside_the_action_behind_it() {
    let mut listener = listener(vec![]);
    let action = Box::new(answer(200));
    listener.default_action = stack::Action::Unauthenticated(Authentication::Oidc, action);
    let routes = Routes::compile(&listener, &HashMap::new()).unwrap();
    let sent = Sent::get("/");
    let choice = routes.choose(&sent.request()).unwrap();
    assert_eq!(choice.unauthenticated, Some(Authentication::Oidc));
    assert!(matches!(choice.action, Action::FixedResponse(_)));
}

#[test]
fn a_rule_for_an_unknown_target_group_is_refused() {
    let mut listener = listener(vec![]);
    listener.default_action = stack::Action::Forward(stack::Forward::to(Arn::from("nobody")));
    let error = Routes::compile(&listener, &HashMap::new()).unwrap_err();
    assert_eq!(error.to_string(), "no target group has the name nobody");
    assert!(Routes::compile(&listener, &groups(&["nobody"])).is_ok());
}

#[test]
fn a_fixed_response_with_the_status_of_another_kind_is_refused() {
    let mut listener = listener(vec![]);
    listener.default_action = answer(302);
    let error = Routes::compile(&listener, &HashMap::new()).unwrap_err();
    assert!(error.to_string().starts_with("302 is no status"), "{error}");
}

#[test]
fn routes_are_shared_by_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&routes(vec![]));
}

// === Paths ===

#[test]
fn paths_are_compared_with_regard_to_case_and_without_their_query() {
    assert!(!holds(&path(&["/Img/*"]), &Sent::get("/img/a")));
    assert!(holds(&path(&["/a"]), &Sent::get("/a?x=/b")));
}

#[test]
fn paths_are_compared_once_they_are_normalised() {
    assert!(holds(&path(&["/b"]), &Sent::get("/a/../b")));
    assert!(holds(&path(&["/img/*"]), &Sent::get("/im%67/a")));
    assert!(!holds(&path(&["/a/b"]), &Sent::get("/a//b")));
}

#[test]
fn a_regular_expression_is_searched_for_in_the_path() {
    let versions = Condition::PathPattern(regexes(&["^/api/v[0-9]+/"]));
    assert!(holds(&versions, &Sent::get("/api/v2/x")));
    assert!(!holds(&versions, &Sent::get("/api/vx/")));
    let anywhere = Condition::PathPattern(regexes(&["b.d"]));
    assert!(holds(&anywhere, &Sent::get("/abcde")));
    assert!(!holds(&anywhere, &Sent::get("/aBcde")));
}

#[test]
fn a_regular_expression_that_is_none_is_refused() {
    let broken = rule(1, vec![Condition::PathPattern(regexes(&["(?=a)"]))]);
    let error = Routes::compile(&listener(vec![broken]), &HashMap::new()).unwrap_err();
    assert_eq!(error.to_string(), "`(?=a)` is no regular expression that can be used");
}

// === Hosts ===

#[test]
fn hosts_are_compared_without_regard_to_case() {
    let condition = host(&["*.Example.com"]);
    for (name, expected) in
        [("A.EXAMPLE.com", true), ("a.b.example.com", true), ("example.com", false), ("", false)]
    {
        assert_eq!(holds(&condition, &Sent { host: name.into(), ..Sent::get("/") }), expected);
    }
    let regex = Condition::HostHeader(regexes(&["^APP[.]"]));
    assert!(holds(&regex, &Sent::get("/")));
}

// === Headers ===

#[test]
fn a_headers_name_and_value_are_compared_without_regard_to_case() {
    let condition = header("user-agent", &["*chrome*"]);
    assert!(holds(&condition, &Sent::get("/").with("User-Agent", "Mozilla Chrome/1")));
    let regex = Condition::HttpHeader { name: "X-A".into(), patterns: regexes(&["^b+$"]) };
    assert!(holds(&regex, &Sent::get("/").with("x-a", "bBb")));
}

#[test]
fn each_value_of_a_repeated_header_is_tried() {
    let condition = header("X-A", &["two"]);
    let sent = Sent::get("/").with("X-A", "one").with("X-B", "x").with("x-a", "two");
    assert!(holds(&condition, &sent));
}

#[test]
fn a_missing_header_never_matches() {
    assert!(!holds(&header("X-A", &["*"]), &Sent::get("/")));
    assert!(holds(&header("X-A", &["*"]), &Sent::get("/").with("X-A", "")));
}

// === Methods ===

#[test]
fn methods_are_compared_as_they_are() {
    let condition = Condition::HttpRequestMethod(vec!["GET".into(), "X-DO".into()]);
    for (method, expected) in
        [("GET", true), ("X-DO", true), ("HEAD", false), ("get", false), ("GETS", false)]
    {
        let sent = Sent { method: method.into(), ..Sent::get("/") };
        assert_eq!(holds(&condition, &sent), expected, "{method}");
    }
}

// === Queries ===

#[test]
fn a_pair_of_the_query_is_compared_without_regard_to_case() {
    let condition = query(Some("version"), "v1");
    for (target, expected) in [
        ("/?VERSION=V1", true),
        ("/?a=1&version=v1", true),
        ("/?version=v12", false),
        ("/?version=v1=", false),
        ("/?xversion=v1", false),
        ("/", false),
    ] {
        assert_eq!(holds(&condition, &Sent::get(target)), expected, "{target}");
    }
}

#[test]
fn without_a_key_any_pairs_value_may_match() {
    assert!(holds(&query(None, "*ex*"), &Sent::get("/?k=example")));
    assert!(!holds(&query(None, "*ex*"), &Sent::get("/?ex=k")));
    assert!(!holds(&query(None, "*"), &Sent::get("/?&")));
}

#[test]
fn a_pair_is_split_at_its_first_equals_sign_or_has_no_value() {
    assert!(holds(&query(Some("a"), "b=c"), &Sent::get("/?a=b=c")));
    assert!(holds(&query(Some("flag"), "*"), &Sent::get("/?flag")));
    assert!(holds(&query(Some("q"), "?"), &Sent::get("/?q=?")));
}

#[test]
fn escaped_wildcards_of_a_query_stand_for_themselves() {
    let condition = query(None, r"a\*b");
    assert!(holds(&condition, &Sent::get("/?k=a*b")));
    assert!(!holds(&condition, &Sent::get("/?k=axb")));
}

#[test]
fn a_query_is_compared_as_it_was_sent() {
    assert!(!holds(&query(None, "a b"), &Sent::get("/?k=a%20b")));
    assert!(holds(&query(None, "a%20b"), &Sent::get("/?k=a%20b")));
}

// === Sources ===

#[test]
fn a_source_is_the_connections_other_end_and_no_header() {
    let sent = Sent::get("/").with("X-Forwarded-For", "10.1.1.1");
    assert!(!holds(&from(&["10.0.0.0/8"]), &sent));
    assert!(holds(&from(&["10.0.0.0/8", "127.0.0.0/8"]), &sent));
}

#[test]
fn an_ipv4_peer_of_a_socket_for_both_families_is_an_ipv4_peer() {
    let sent = Sent { source: "::ffff:10.1.2.3".parse().unwrap(), ..Sent::get("/") };
    assert!(holds(&from(&["10.0.0.0/8"]), &sent));
    let sent = Sent { source: "2001:db8::1".parse().unwrap(), ..Sent::get("/") };
    assert!(holds(&from(&["2001:db8::/32"]), &sent));
    assert!(!holds(&from(&["0.0.0.0/0"]), &sent));
}

// === Explanations ===

#[test]
fn each_rule_before_the_one_that_matches_is_told_with_its_reasons() {
    let routes = routes(vec![
        rule(1, vec![path(&["/a", "/b*"])]),
        rule(2, vec![host(&["web.example.com"]), header("X-A", &["1"])]),
        rule(3, vec![Condition::HttpRequestMethod(vec!["POST".into()]), header("X-B", &["1"])]),
        rule(4, vec![query(Some("v"), "1"), from(&["10.0.0.0/8"])]),
        rule(5, vec![Condition::PathPattern(regexes(&["^/x/[0-9]$"])), query(None, "2")]),
        rule(6, vec![path(&["/x/*"])]),
        rule(7, vec![path(&["/x/*"])]),
    ]);
    let sent = Sent::get("/x/./y?v=2").with("x-b", "2").with("x-b", "3");
    assert_eq!(
        routes.explain(&sent.request()).to_string(),
        "not rule 1 Rule1: path `/x/y`, as which `/x/./y` counts, is not like `/a` or `/b*`\n\
         not rule 2 Rule2: host `app.example.com` is not like `web.example.com`, and header X-A is \
         missing\n\
         not rule 3 Rule3: method `GET` is not `POST`, and header X-B `2`, `3` is not like `1`\n\
         not rule 4 Rule4: query `v=2` has no `v=1`, and source 127.0.0.1 is not in `10.0.0.0/8`\n\
         not rule 5 Rule5: path `/x/y`, as which `/x/./y` counts, does not match the regular \
         expression `^/x/[0-9]$`\n\
         rule 6 Rule6"
    );
}

#[test]
fn the_default_rule_and_a_path_above_the_root_are_told() {
    let routes = routes(vec![rule(1, vec![query(None, "1")])]);
    assert_eq!(
        routes.explain(&Sent::get("/").request()).to_string(),
        "not rule 1 Rule1: the request without a query has no `*=1`\nthe default rule"
    );
    assert_eq!(
        routes.explain(&Sent::get("/..").request()).to_string(),
        "no rule: the path climbs above `/`, so that the answer is 400"
    );
}

#[test]
fn an_explanation_fits_into_a_header_whatever_was_sent() {
    let rules = (1..=100).map(|priority| rule(priority, vec![path(&["/a"])])).collect();
    let routes = routes(rules);
    let sent = Sent::get("/a%0d%0aSet-Cookie:%20x=é%00");
    let header = routes.explain(&sent.request()).header();
    assert!(header.starts_with("default rule; not 1 Rule1: path `/a"), "{header}");
    assert!(header.len() <= 2051 && header.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
}
