//! How long anybody may take (alb §1.2).

use std::time::{Duration, Instant};

use tokio::time::sleep;

use test_support::{
    PATIENCE, RawTarget, Setup, Target, fixed, get,
    h2_client::{self, GOAWAY},
    unreachable::DropPackets,
    wire::Wire,
};

/// Long enough that no pause of a busy machine passes for it.
const IDLE: Duration = Duration::from_secs(2);
const OLD: Duration = Duration::from_millis(200);

#[tokio::test]
async fn alb_017_a_silent_target_is_a_504_after_the_idle_timeout() {
    let setup = Setup::http().attribute("idle_timeout.timeout_seconds", "2");
    let (balancer, target) = (setup.start().await, RawTarget::bind().await);
    balancer.register(target.address).await;
    let begun = Instant::now();
    let (answer, _silent) = tokio::join!(balancer.get("/"), target.accept());
    assert_eq!(answer.status(), 504);
    assert!(begun.elapsed() >= IDLE, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn alb_018_a_client_that_stops_within_its_request_gets_a_408() {
    let (balancer, target) =
        (Setup::http().idle_timeout(IDLE).start().await, Target::start().await);
    balancer.register(target.address).await;
    let in_its_head = "GET / HTTP/1.1\r\nHost: shop.ex";
    let in_its_body = "PUT / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 9\r\n\r\nhalf";
    for begun in [in_its_head, in_its_body] {
        let mut client = balancer.connect().await;
        let now = Instant::now();
        client.send(begun).await;
        assert_eq!(client.answer().await.status(), 408, "{begun}");
        assert!(client.ends().await, "{begun}");
        assert!(now.elapsed() >= IDLE, "{begun}: {:?}", now.elapsed());
    }
}

/// Sends an answer byte by byte for three times the idle timeout; the longest that nothing was sent
/// since then.
async fn drip(served: &mut Wire, begun: Instant, idle: Duration) -> Duration {
    let (mut longest, mut sent) = (Duration::ZERO, begun);
    let _ = served.try_send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    while begun.elapsed() < 3 * idle {
        sleep(idle / 20).await;
        longest = longest.max(sent.elapsed());
        sent = Instant::now();
        // It fails where the load balancer has given up.
        let _ = served.try_send(b"1\r\nx\r\n").await;
    }
    let _ = served.try_send(b"0\r\n\r\n").await;
    longest.max(sent.elapsed())
}

#[tokio::test]
async fn alb_019_a_slow_answer_completes_as_long_as_something_comes() {
    let idle = Duration::from_secs(2);
    let setup = Setup::http().attribute("idle_timeout.timeout_seconds", "2");
    let balancer = setup.start().await;
    // A machine may be so busy that the target itself falls silent: that says nothing.
    for _ in 0..10 {
        let target = RawTarget::bind().await;
        balancer.register(target.address).await;
        let (begun, mut client) = (Instant::now(), balancer.connect().await);
        client.send(get("/")).await;
        let (mut served, _) = target.accept().await;
        let drip = drip(&mut served, begun, idle);
        let (longest, answer) = tokio::join!(drip, client.try_answer());
        balancer.group("Web").deregister(target.address);
        if longest < idle {
            let answer = answer.expect("a whole answer");
            assert_eq!(answer.status(), 200);
            assert!(answer.body.len() > 3 && answer.body.iter().all(|byte| *byte == b'x'));
            return;
        }
    }
    panic!("the target was never in time");
}

#[tokio::test]
async fn alb_020_a_connection_that_is_too_old_serves_one_more_request() {
    let setup = Setup::http().default_action(fixed("ok"));
    let setup = setup.change(|model| model.attributes.client_keep_alive = OLD);
    let balancer = setup.start().await;
    let (begun, mut client) = (Instant::now(), balancer.connect().await);
    loop {
        client.send(get("/")).await;
        let answer = client.answer().await;
        assert_eq!(answer.status(), 200);
        if answer.says("connection", "close") {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "still open after {:?}", begun.elapsed());
    }
    assert!(begun.elapsed() >= OLD, "{:?}", begun.elapsed());
    assert!(client.ends().await);
}

#[tokio::test]
async fn alb_021_an_http2_connection_that_is_too_old_ends_with_a_goaway() {
    let setup = Setup::https().default_action(fixed("ok"));
    let setup = setup.change(|model| model.attributes.client_keep_alive = OLD);
    let balancer = setup.start().await;
    let begun = Instant::now();
    let mut client = balancer.connect_h2().await;
    let mut served = 0;
    // The request that finds the connection gone is none that was lost: it was never begun.
    while let Ok(answer) = client.send(h2_client::get("/"), "").await {
        assert_eq!(answer.status, 200);
        served += 1;
        assert!(served < 10_000, "so many end a connection of any age");
        assert!(begun.elapsed() < PATIENCE, "still open after {:?}", begun.elapsed());
    }
    client.end().await;
    assert!(client.frames().contains(&GOAWAY));
    assert!(begun.elapsed() >= OLD, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn alb_111_a_target_that_drops_packets_is_a_504_after_10_s() {
    let (balancer, target) = (Setup::http().start().await, DropPackets::bind());
    balancer.register(target.address).await;
    let begun = Instant::now();
    assert_eq!(balancer.get("/").await.status(), 504);
    assert!(begun.elapsed() >= Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn alb_112_a_body_that_stops_short_fails_after_the_idle_timeout() {
    let setup = Setup::http().idle_timeout(IDLE);
    let (balancer, target) = (setup.start().await, RawTarget::bind().await);
    balancer.register(target.address).await;
    let mut client = balancer.connect().await;
    let begun = Instant::now();
    client.send(get("/")).await;
    let half = format!("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", "x".repeat(50));
    let (_open, _) = target.answer(half).await;
    let head = client.head().await.expect("an answer");
    assert_eq!((head.status(), head.get("content-length")), (200, Some("100")));
    // What there is of it comes, and then the end in place of the other half.
    assert_eq!(client.rest().await, [b'x'; 50]);
    assert!(begun.elapsed() >= IDLE, "{:?}", begun.elapsed());
    let log = balancer.log(1).await;
    assert_eq!((log[0].field(9), log[0].field(10)), ("200", "200"));
}
