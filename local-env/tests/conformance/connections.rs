//! Connections to targets (alb §1.6, §4.8).

use test_support::{Balancer, Setup, Target, get, unreachable::Refusing};

async fn a_hundred(balancer: &Balancer) {
    let mut client = balancer.connect().await;
    for _ in 0..100 {
        client.send(get("/")).await;
        assert_eq!(client.answer().await.status(), 200);
    }
}

#[tokio::test]
async fn alb_032_a_targets_certificate_is_not_looked_at() {
    let setup = Setup::http().group_property("Protocol: HTTPS");
    let (balancer, target) = (setup.start().await, Target::tls().await);
    balancer.register(target.address).await;
    assert_eq!(balancer.get("/a").await.status(), 200);
    assert_eq!(target.last().start_line(), "GET /a HTTP/1.1");
}

#[tokio::test]
async fn alb_096_connections_to_targets_are_kept_unless_the_target_closes_them() {
    let (balancer, target) = (Setup::http().start().await, Target::start().await);
    balancer.register(target.address).await;
    a_hundred(&balancer).await;
    assert_eq!(target.connections(), 1);
    let closing = Target::start().await;
    closing.answer("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    balancer.group("Web").deregister(target.address);
    balancer.register(closing.address).await;
    a_hundred(&balancer).await;
    assert_eq!(closing.connections(), 100);
}

#[tokio::test]
async fn alb_097_a_target_that_refuses_is_a_502_and_no_other_is_tried() {
    let (balancer, target) = (Setup::http().start().await, Target::start().await);
    let refusing = Refusing::bind();
    balancer.register(refusing.address).await;
    balancer.register(target.address).await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(balancer.get("/").await.status());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 502, 502, 502]);
    assert_eq!(target.count(), 3);
}
