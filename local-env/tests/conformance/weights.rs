//! Shares of several target groups, and clients that stay with one (alb §3.1).

use test_support::{Balancer, Setup, Target, get, wire::Wire};

const STICKY: &str = "TargetGroupStickinessConfig: {Enabled: true, DurationSeconds: 100}";

/// Forwards to `Web` and `Other` by these weights.
fn weighted(web: u32, other: u32, more: &str) -> String {
    let group = |name, weight| format!("{{TargetGroupArn: !Ref {name}, Weight: {weight}}}");
    let groups = format!("TargetGroups: [{}, {}]", group("Web", web), group("Other", other));
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    format!("{{Type: forward, ForwardConfig: {{{groups}{more}}}}}")
}

/// A target that answers with nothing but a name.
async fn named(balancer: &Balancer, group: &str) -> Target {
    let target = Target::start().await;
    let length = group.len();
    target.answer(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{group}"));
    balancer.register_with(group, target.address).await;
    target
}

/// How many of so many answers on one connection have this status.
async fn answered(connection: &mut Wire, requests: u32, status: u16) -> u32 {
    let mut count = 0;
    for _ in 0..requests {
        connection.send(get("/")).await;
        count += u32::from(connection.answer().await.status() == status);
    }
    count
}

#[tokio::test]
async fn alb_063_requests_are_shared_by_weight() {
    let setup = Setup::http().group("Other").default_action(weighted(80, 20, ""));
    let balancer = setup.start().await;
    let (web, other) = (named(&balancer, "Web").await, named(&balancer, "Other").await);
    assert_eq!(answered(&mut balancer.connect().await, 10_000, 200).await, 10_000);
    assert!((7_800..=8_200).contains(&web.count()), "{} of 10 000", web.count());
    assert_eq!(web.count() + other.count(), 10_000);
}

#[tokio::test]
async fn alb_064_a_target_group_without_targets_keeps_its_share() {
    let setup = Setup::http().group("Other").default_action(weighted(50, 50, ""));
    let balancer = setup.start().await;
    let _web = named(&balancer, "Web").await;
    let unavailable = answered(&mut balancer.connect().await, 1_000, 503).await;
    assert!((400..=600).contains(&unavailable), "{unavailable} of 1 000");
}

#[tokio::test]
async fn alb_065_a_client_stays_with_its_target_group_whatever_its_weight() {
    let other = "{Field: path-pattern, Values: [/other]}";
    let setup = Setup::http().group("Other").default_action(weighted(1, 0, STICKY));
    let balancer = setup.rule(10, other, weighted(0, 1, STICKY)).start().await;
    let (_web, _other) = (named(&balancer, "Web").await, named(&balancer, "Other").await);
    let first = balancer.get("/").await;
    assert_eq!(first.text(), "Web");
    let cookies: Vec<_> = first.head.all("set-cookie").collect();
    let cookie = cookies.iter().find_map(|it| it.strip_prefix("AWSALBTG=")).expect("a cookie");
    let cookie = cookie.split(';').next().unwrap();
    let cross_origin = cookies.iter().find(|it| it.starts_with("AWSALBTGCORS="));
    assert!(cross_origin.is_some_and(|it| it.contains("SameSite=None; Secure")), "{cookies:?}");
    assert_eq!(balancer.get("/other").await.text(), "Other");
    for _ in 0..10 {
        let field = format!("Cookie: AWSALBTG={cookie}\r\n");
        assert_eq!(balancer.get_with("/other", &field).await.text(), "Web");
    }
}
