//! What each kind of condition matches (alb §2.2 to §2.5).

use test_support::{Balancer, Setup, Target, fixed, forward};

/// A listener whose only rule, of these conditions, answers `matched`.
async fn one_rule(conditions: &str) -> Balancer {
    let setup = Setup::http().default_action(fixed("default"));
    setup.rule(10, conditions, fixed("matched")).start().await
}

/// The listener's only rule matches these paths, and not those.
async fn matches(conditions: &str, these: &[&str], not_those: &[&str]) {
    let balancer = one_rule(conditions).await;
    let these = these.iter().map(|path| (path, "matched"));
    for (path, text) in these.chain(not_those.iter().map(|path| (path, "default"))) {
        assert_eq!(balancer.get(path).await.text(), text, "{conditions}: {path}");
    }
}

/// What the listener says to a request with these lines.
async fn said(balancer: &Balancer, request_line: &str, fields: &str) -> String {
    balancer.send(format!("{request_line}\r\n{fields}\r\n")).await.text()
}

fn path(pattern: &str) -> String {
    format!("{{Field: path-pattern, Values: ['{pattern}']}}")
}

fn query(values: &str) -> String {
    format!("{{Field: query-string, QueryStringConfig: {{Values: [{values}]}}}}")
}

#[tokio::test]
async fn alb_039_a_star_is_any_run_of_characters() {
    matches(&path("/img/*"), &["/img/", "/img/a", "/img/a/b.png"], &["/img", "/imgs/a"]).await;
}

#[tokio::test]
async fn alb_040_a_question_mark_is_exactly_one_character() {
    matches(&path("/v?/x"), &["/v1/x"], &["/v/x", "/v12/x"]).await;
}

#[tokio::test]
async fn alb_041_a_pattern_covers_the_whole_path() {
    matches(&path("/api"), &["/api"], &["/api/", "/api/x"]).await;
}

#[tokio::test]
async fn alb_042_the_case_of_a_path_matters() {
    matches(&path("/Img/*"), &["/Img/a"], &["/img/a"]).await;
}

#[tokio::test]
async fn alb_043_a_query_takes_no_part_in_the_path() {
    matches(&path("/a"), &["/a?x=/b"], &["/b?x=/a"]).await;
}

#[tokio::test]
async fn alb_044_dots_are_resolved_for_the_rules_and_not_for_the_target() {
    sees_as_sent("/b", &["/a/../b", "/./b", "/a/./../b"], &["/a/b", "/a/..b"]).await;
}

#[tokio::test]
async fn alb_046_percent_escapes_are_resolved_for_the_rules_and_not_for_the_target() {
    sees_as_sent("/img/*", &["/im%67/a"], &["/im%2567/a", "//img/a"]).await;
}

/// The pattern matches these paths, which still reach the target as they were sent, and not those.
async fn sees_as_sent(pattern: &str, these: &[&str], not_those: &[&str]) {
    let setup = Setup::http().default_action(fixed("default"));
    let setup = setup.rule(10, &path(pattern), forward("Web"));
    let (balancer, target) = (setup.start().await, Target::start().await);
    balancer.register(target.address).await;
    for sent in these {
        assert_eq!(balancer.get(sent).await.status(), 200);
        assert_eq!(target.last().start_line(), format!("GET {sent} HTTP/1.1"));
    }
    for sent in not_those {
        assert_eq!(balancer.get(sent).await.text(), "default", "{sent}");
    }
    assert_eq!(target.count(), these.len());
}

#[tokio::test]
async fn alb_045_a_path_that_climbs_above_the_root_is_a_400() {
    let balancer = one_rule(&path("/a")).await;
    for up in ["..", "%2e%2e", ".%2E"] {
        for slash in ["/", "%2f", "%2F"] {
            let path = |climbs| format!("/a/b/{}c", format!("{up}{slash}").repeat(climbs));
            assert_eq!(balancer.get(&path(3)).await.status(), 400, "{}", path(3));
            assert_eq!(balancer.get(&path(2)).await.status(), 200, "{}", path(2));
        }
    }
}

#[tokio::test]
async fn alb_047_a_host_is_matched_in_any_case_and_whole() {
    let balancer = one_rule("{Field: host-header, Values: ['*.example.com']}").await;
    for (host, expected) in [("A.EXAMPLE.com", "matched"), ("example.com", "default")] {
        let field = format!("Host: {host}\r\n");
        assert_eq!(said(&balancer, "GET / HTTP/1.1", &field).await, expected, "{host}");
    }
}

#[tokio::test]
async fn alb_048_a_port_takes_no_part_in_the_host() {
    let setup = Setup::http().port(8080).default_action(fixed("default"));
    let condition = "{Field: host-header, Values: [app.example.com]}";
    let balancer = setup.rule(10, condition, fixed("matched")).start().await;
    let field = "Host: app.example.com:8080\r\n";
    assert_eq!(said(&balancer, "GET / HTTP/1.1", field).await, "matched");
}

#[tokio::test]
async fn alb_049_a_header_is_matched_in_any_case() {
    let config = "{HttpHeaderName: User-Agent, Values: ['*chrome*']}";
    let balancer = one_rule(&format!("{{Field: http-header, HttpHeaderConfig: {config}}}")).await;
    for (agent, expected) in [("Mozilla Chrome/1", "matched"), ("Mozilla", "default")] {
        let field = format!("user-agent: {agent}\r\n");
        assert_eq!(balancer.get_with("/", &field).await.text(), expected, "{agent}");
    }
    assert_eq!(balancer.get("/").await.text(), "default", "no such header");
}

#[tokio::test]
async fn alb_050_of_a_repeated_header_any_value_will_do() {
    let config = "{HttpHeaderName: X-Kind, Values: [blue]}";
    let balancer = one_rule(&format!("{{Field: http-header, HttpHeaderConfig: {config}}}")).await;
    let twice = "X-Kind: red\r\nX-Kind: blue\r\n";
    assert_eq!(balancer.get_with("/", twice).await.text(), "matched");
    let joined = "X-Kind: red, blue\r\n";
    assert_eq!(balancer.get_with("/", joined).await.text(), "default");
}

#[tokio::test]
async fn alb_051_a_method_is_matched_in_its_own_case_and_get_is_not_head() {
    let config = "HttpRequestMethodConfig: {Values: [GET]}";
    let condition = format!("{{Field: http-request-method, {config}}}");
    let setup = Setup::http().default_action(fixed("a longer default"));
    let balancer = setup.rule(10, &condition, fixed("matched")).start().await;
    // An answer to HEAD has no body; its length tells whose it is.
    for (method, length) in [("GET", "7"), ("HEAD", "16"), ("get", "16")] {
        let mut client = balancer.connect().await;
        client.send(format!("{method} / HTTP/1.1\r\nHost: shop.example\r\n\r\n")).await;
        let head = client.head().await.unwrap();
        assert_eq!((head.status(), head.get("content-length")), (200, Some(length)), "{method}");
    }
}

#[tokio::test]
async fn alb_052_a_query_pair_is_matched_in_any_case_and_place() {
    let these = ["/?VERSION=V1", "/?a=1&version=v1"];
    matches(&query("{Key: version, Value: v1}"), &these, &["/?version=v12", "/?v1", "/"]).await;
}

#[tokio::test]
async fn alb_053_a_query_value_without_a_key_is_looked_for_in_all_pairs() {
    matches(&query("{Value: '*ex*'}"), &["/?k=example", "/?a=1&b=next"], &["/?example=1"]).await;
}

#[tokio::test]
async fn alb_054_an_escaped_star_in_a_query_stands_for_itself() {
    matches(&query(r"{Value: 'a\*b'}"), &["/?k=a*b"], &["/?k=axb"]).await;
}

#[tokio::test]
async fn alb_055_the_source_is_the_peer_whatever_the_headers_say() {
    let source = |range| format!("{{Field: source-ip, SourceIpConfig: {{Values: [{range}]}}}}");
    let claim = "X-Forwarded-For: 10.1.1.1\r\n";
    let balancer = one_rule(&source("10.0.0.0/8")).await;
    assert_eq!(balancer.get_with("/", claim).await.text(), "default");
    let balancer = one_rule(&source("127.0.0.0/8")).await;
    assert_eq!(balancer.get_with("/", claim).await.text(), "matched");
}

#[tokio::test]
async fn alb_056_a_regular_expression_matches_a_path() {
    let config = "PathPatternConfig: {RegexValues: ['^/api/v[0-9]+/']}";
    let condition = format!("{{Field: path-pattern, {config}}}");
    matches(&condition, &["/api/v2/x"], &["/api/vx/", "/other/api/v2/x"]).await;
    let anywhere = "{Field: path-pattern, RegexValues: ['v[0-9]+/']}";
    matches(anywhere, &["/api/v2/x"], &["/api/v2"]).await;
}
