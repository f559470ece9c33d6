//! Targets that are taken out (alb §4.6).

use std::time::{Duration, Instant};

use clock::Clock;

use test_support::{RawTarget, Setup, Target, get};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[tokio::test]
async fn alb_090_a_request_in_flight_is_finished_and_no_other_begun() {
    let (balancer, target) = (Setup::http().start().await, RawTarget::bind().await);
    balancer.register(target.address).await;
    let mut client = balancer.connect().await;
    client.send(get("/")).await;
    let (mut served, _) = target.accept().await;
    balancer.group("Web").deregister(target.address);
    assert_eq!(balancer.get("/").await.status(), 503, "only a draining target is left");
    let other = Target::start().await;
    balancer.register(other.address).await;
    for _ in 0..4 {
        assert_eq!(balancer.get("/").await.status(), 200);
    }
    assert_eq!(other.count(), 4);
    served.send(OK).await;
    assert_eq!(client.answer().await.text(), "ok");
}

#[tokio::test]
async fn alb_091_a_request_in_flight_at_the_end_of_the_delay_is_a_502() {
    let setup = Setup::http().group_attribute("deregistration_delay.timeout_seconds", "1");
    let (balancer, target) = (setup.start().await, RawTarget::bind().await);
    balancer.register(target.address).await;
    let mut client = balancer.connect().await;
    client.send(get("/")).await;
    let (_silent, _) = target.accept().await;
    let begun = Instant::now();
    balancer.group("Web").deregister(target.address);
    assert_eq!(client.answer().await.status(), 502);
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn alb_092_an_idle_target_drains_for_the_whole_delay() {
    let setup = Setup::http().group_attribute("deregistration_delay.timeout_seconds", "300");
    let (balancer, target) = (setup.clock(Clock::DESK).start().await, Target::start().await);
    balancer.register(target.address).await;
    assert_eq!(balancer.get("/").await.status(), 200);
    let begun = Instant::now();
    balancer.group("Web").deregister(target.address);
    assert_eq!(balancer.state(target.address), "draining");
    balancer.until(target.address, "not registered").await;
    let whole = Clock::DESK.wait(Duration::from_secs(300));
    assert!(begun.elapsed() >= whole, "{:?}, not {whole:?}", begun.elapsed());
}
