//! Sizes and names that are refused (alb §1.3, §1.4).

use crate::support::{Setup, Target, fixed, get};

/// A GET with `fields` of `length` bytes each, line ends left out.
fn with_fields(fields: usize, length: usize) -> String {
    let field = |number| {
        let name = format!("X-Field-{number:02}: ");
        format!("{name}{}\r\n", "v".repeat(length - name.len()))
    };
    let fields: String = (0..fields).map(field).collect();
    format!("GET / HTTP/1.1\r\nHost: shop.example\r\n{fields}\r\n")
}

#[tokio::test]
async fn alb_022_a_request_line_above_16_k_is_a_414() {
    let balancer = Setup::http().default_action(fixed("ok")).start().await;
    let status = async |length| balancer.get(&format!("/{}", "a".repeat(length))).await.status();
    assert_eq!(status(16_000).await, 200);
    assert_eq!(status(16_385).await, 414);
}

#[tokio::test]
async fn alb_023_a_header_of_16_k_is_a_400() {
    let balancer = Setup::http().default_action(fixed("ok")).start().await;
    assert_eq!(balancer.send(with_fields(1, 16_000)).await.status(), 200);
    assert_eq!(balancer.send(with_fields(1, 16_384)).await.status(), 400);
}

#[tokio::test]
async fn alb_024_headers_above_64_k_in_all_are_a_400() {
    let balancer = Setup::http().default_action(fixed("ok")).start().await;
    assert_eq!(balancer.send(with_fields(6, 10_000)).await.status(), 200);
    assert_eq!(balancer.send(with_fields(7, 10_000)).await.status(), 400);
}

#[tokio::test]
async fn alb_025_response_headers_above_32_k_are_a_502() {
    let (balancer, target) = (Setup::http().start().await, Target::start().await);
    balancer.register(target.address).await;
    let answer = |fields: usize| {
        let field = format!("X-Field: {}\r\n", "v".repeat(1000));
        format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", field.repeat(fields))
    };
    target.answer(answer(31));
    assert_eq!(balancer.get("/").await.status(), 200);
    target.answer(answer(33));
    assert_eq!(balancer.get("/").await.status(), 502);
}

#[tokio::test]
async fn alb_026_more_than_30_forwarded_addresses_are_a_463() {
    let (balancer, target) = (Setup::http().start().await, Target::start().await);
    balancer.register(target.address).await;
    let field = |count| format!("X-Forwarded-For: {}\r\n", vec!["192.0.2.1"; count].join(", "));
    assert_eq!(balancer.get_with("/", &field(31)).await.status(), 463);
    assert_eq!(target.count(), 0);
    assert_eq!(balancer.get_with("/", &field(30)).await.status(), 200);
    assert_eq!(target.last().get("x-forwarded-for").unwrap().split(", ").count(), 31);
}

#[tokio::test]
async fn alb_027_headers_with_odd_names_are_dropped_where_that_is_asked_for() {
    for (asked, expected) in [("true", None), ("false", Some("1"))] {
        let setup = Setup::http();
        let setup = setup.attribute("routing.http.drop_invalid_header_fields.enabled", asked);
        let (balancer, target) = (setup.start().await, Target::start().await);
        balancer.register(target.address).await;
        balancer.get_with("/", "X_Foo: 1\r\nX-Bar: 2\r\n").await;
        assert_eq!(target.last().get("x_foo"), expected);
        assert_eq!(target.last().get("x-bar"), Some("2"));
    }
}

#[tokio::test]
async fn a_dropped_header_is_gone_before_rules_look() {
    let condition =
        "{Field: http-header, HttpHeaderConfig: {HttpHeaderName: X_Foo, Values: ['1']}}";
    for (asked, expected) in [("true", "default"), ("false", "matched")] {
        let setup = Setup::http().default_action(fixed("default"));
        let setup = setup.rule(1, condition, fixed("matched"));
        let setup = setup.attribute("routing.http.drop_invalid_header_fields.enabled", asked);
        let answer = setup.start().await.get_with("/", "X_Foo: 1\r\n").await;
        assert_eq!(answer.text(), expected);
    }
}

#[tokio::test]
async fn alb_071_a_redirect_to_more_than_8_k_is_a_507() {
    let config = "{Protocol: HTTPS, Port: '443', StatusCode: HTTP_301}";
    let redirect = format!("{{Type: redirect, RedirectConfig: {config}}}");
    let balancer = Setup::http().default_action(redirect).start().await;
    let status =
        async |length| balancer.send(get(&format!("/{}", "a".repeat(length)))).await.status();
    assert_eq!(status(8_000).await, 301);
    assert_eq!(status(8_193).await, 507);
}
