//! Sizes and names that are refused (alb §1.3, §1.4).

use test_support::{Setup, Target, fixed, get};

/// A field's line of so many bytes without its end.
fn field(name: &str, length: usize) -> String {
    format!("{name}: {}\r\n", "v".repeat(length - name.len() - 2))
}

/// A head of exactly so many bytes, from these lines to the empty one, that no single field makes large.
fn head(lines: &str, length: usize) -> String {
    let mut head = lines.to_owned();
    while length - head.len() > 2_000 {
        head += &field("X-Field", 1_000);
    }
    head += &field("X-Field", length - head.len() - "\r\n\r\n".len());
    head += "\r\n";
    assert_eq!(head.len(), length);
    head
}

#[tokio::test]
async fn alb_022_a_request_line_above_16_k_is_a_414() {
    let balancer = Setup::http().default_action(fixed("ok")).start().await;
    let status = async |length: usize| {
        let path = "a".repeat(length - "GET / HTTP/1.1".len());
        balancer.get(&format!("/{path}")).await.status()
    };
    assert_eq!(status(16_384).await, 200);
    assert_eq!(status(16_385).await, 414);
    assert_eq!(status(16_386).await, 414);
    assert_eq!(status(20_000).await, 414);
}

#[tokio::test]
async fn alb_023_a_header_of_16_k_is_a_400() {
    let balancer = Setup::http().default_action(fixed("ok")).start().await;
    for name in ["X-Field", "Cookie"] {
        let status = async |length| balancer.get_with("/", &field(name, length)).await.status();
        assert_eq!(status(16_383).await, 200, "{name}");
        assert_eq!(status(16_384).await, 400, "{name}");
    }
}

#[tokio::test]
async fn alb_024_headers_above_64_k_in_all_are_a_400() {
    let balancer = Setup::http().default_action(fixed("ok")).start().await;
    let start = "GET / HTTP/1.1\r\nHost: shop.example\r\n";
    assert_eq!(balancer.send(head(start, 65_536)).await.status(), 200);
    assert_eq!(balancer.send(head(start, 65_537)).await.status(), 400);
    assert_eq!(balancer.send(head(start, 80_000)).await.status(), 400);
}

#[tokio::test]
async fn alb_025_response_headers_above_32_k_are_a_502() {
    let (balancer, target) = (Setup::http().start().await, Target::start().await);
    balancer.register(target.address).await;
    for (length, expected) in [(32_768, 200), (32_769, 502), (40_000, 502)] {
        target.answer(head("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", length));
        assert_eq!(balancer.get("/").await.status(), expected, "{length}");
    }
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
    let status = async |location: usize| {
        let path = "a".repeat(location - "https://shop.example:443/".len());
        balancer.send(get(&format!("/{path}"))).await.status()
    };
    assert_eq!(status(8_192).await, 301);
    assert_eq!(status(8_193).await, 507);
}
