//! Web sockets, which are a tunnel once the target has agreed (alb §1.1).

use std::time::{Duration, Instant};

use test_support::{Balancer, RawTarget, Setup, Target, fixed, get, wire::Wire};

const UPGRADE: &str = "GET /chat HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const AGREED: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// Both ends of a tunnel.
async fn tunnel(balancer: &Balancer) -> (Wire, Wire) {
    let target = RawTarget::bind().await;
    balancer.register(target.address).await;
    let mut client = balancer.connect().await;
    client.send(UPGRADE).await;
    let (served, head) = target.answer(AGREED).await;
    assert!(head.says("upgrade", "websocket") && head.says("connection", "upgrade"), "{head:?}");
    let answer = client.head().await.unwrap();
    assert_eq!(answer.status(), 101);
    assert_eq!(answer.get("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    (client, served)
}

#[tokio::test]
async fn alb_011_what_flows_through_a_websocket_is_not_looked_at() {
    let rule = "{Field: path-pattern, Values: [/other]}";
    let balancer = Setup::http().rule(1, rule, fixed("taken")).start().await;
    let (mut client, mut target) = tunnel(&balancer).await;
    let frames = [b"\x81\x85\0\0\0\0hello".as_slice(), get("/other").as_bytes()].concat();
    client.send(&frames).await;
    assert_eq!(target.exactly(frames.len()).await.unwrap(), frames);
    let answer: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let ((), received) = tokio::join!(target.send(&answer), client.exactly(answer.len()));
    assert!(received.unwrap() == answer);
    client.send("more").await;
    assert_eq!(target.exactly(4).await.unwrap(), b"more");
}

#[tokio::test]
async fn alb_012_a_silent_websocket_is_closed_on_both_sides_after_the_idle_timeout() {
    let idle = Duration::from_secs(2);
    let balancer = Setup::http().idle_timeout(idle).start().await;
    let (mut client, mut target) = tunnel(&balancer).await;
    let begun = Instant::now();
    client.send("x").await;
    assert_eq!(target.exactly(1).await.unwrap(), b"x");
    assert!(client.ends().await);
    assert!(target.ends().await);
    assert!(begun.elapsed() >= idle, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn alb_013_an_upgrade_that_the_target_refuses_is_answered_as_any_request() {
    let (balancer, target) = (Setup::http().start().await, Target::start().await);
    balancer.register(target.address).await;
    target.answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    let mut client = balancer.connect().await;
    for request in [UPGRADE, &get("/again")] {
        client.send(request).await;
        let answer = client.answer().await;
        assert_eq!((answer.status(), answer.text().as_str()), (403, "no"));
    }
    assert!(target.seen()[0].head.says("upgrade", "websocket"));
    assert_eq!(target.last().start_line(), "GET /again HTTP/1.1");
}
