//! Redirects and fixed responses (alb §3.2, §3.3).

use test_support::{Balancer, Setup};

async fn redirecting(config: &str) -> Balancer {
    let config = format!("RedirectConfig: {{{config}, StatusCode: HTTP_301}}");
    Setup::http().default_action(format!("{{Type: redirect, {config}}}")).start().await
}

/// Where a request for this path of `http://h` is sent.
async fn location(balancer: &Balancer, path: &str) -> String {
    let answer = balancer.send(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
    assert_eq!(answer.status(), 301);
    answer.get("location").expect("a location").to_owned()
}

#[tokio::test]
async fn alb_066_a_redirect_names_the_port_and_keeps_path_and_query() {
    let balancer = redirecting("Port: '443', Protocol: HTTPS").await;
    let answer = balancer.send("GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(answer.status(), 301);
    assert_eq!(answer.get("location"), Some("https://h:443/a?b=c"));
    assert_eq!(answer.get("content-length"), Some("134"));
    assert_eq!(answer.get("content-type"), Some("text/html"));
    assert_eq!(answer.get("server"), Some("awselb/2.0"));
    assert_eq!(answer.body.len(), 134);
}

#[tokio::test]
async fn alb_067_a_redirect_without_a_query_has_no_question_mark() {
    let balancer = redirecting("Port: '443', Protocol: HTTPS").await;
    assert_eq!(location(&balancer, "/a").await, "https://h:443/a");
}

#[tokio::test]
async fn alb_068_the_path_keyword_stands_for_the_path_without_its_slash() {
    let balancer = redirecting("Port: '443', Path: '/new/#{path}'").await;
    assert_eq!(location(&balancer, "/old/x").await, "http://h:443/new/old/x");
}

#[tokio::test]
async fn alb_069_a_redirect_to_https_alone_keeps_the_port() {
    let balancer = redirecting("Protocol: HTTPS").await;
    // Port 80 is published at another, which stands for it in redirects too.
    let port = balancer.address().port();
    assert_eq!(location(&balancer, "/").await, format!("https://h:{port}/"));
}

#[tokio::test]
async fn alb_072_a_fixed_response_is_as_the_template_has_it() {
    let config = "{StatusCode: '404', ContentType: text/plain, MessageBody: gone}";
    let action = format!("{{Type: fixed-response, FixedResponseConfig: {config}}}");
    let balancer = Setup::http().default_action(action).start().await;
    let answer = balancer.get("/").await;
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.get("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.get("content-length"), Some("4"));
    assert_eq!(answer.get("server"), Some("awselb/2.0"));
    assert_eq!(answer.text(), "gone");
}
