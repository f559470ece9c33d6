//! Health checks, and the states that follow from them (alb §4.2, §4.3).

use std::time::Duration;

use test_support::{
    Balancer, PATIENCE, RawTarget, Setup, Target, eventually, fixed, forward, unreachable::Refusing,
};

/// Answers one check after another with these statuses; each must lead to the state beside it.
async fn play(balancer: &Balancer, target: &RawTarget, steps: &[(u16, &str)]) {
    for (status, state) in steps {
        let answer = format!("HTTP/1.1 {status} Checked\r\nContent-Length: 0\r\n\r\n");
        let (mut check, _) = target.answer(answer).await;
        check.rest().await;
        // A wrong state stays wrong: nobody answers the next check, nor is it given up.
        balancer.until(target.address, state).await;
    }
    let _next = target.accept().await;
    let (_, last) = steps.last().expect("a step");
    assert!(balancer.state(target.address).starts_with(last));
}

fn thresholds(healthy: u32, unhealthy: u32) -> Setup {
    // A check that a test leaves unanswered must not count as failed while it looks.
    let setup = Setup::http().checked();
    let setup = setup.change_groups(|group| group.health_check.timeout = PATIENCE * 2);
    let setup = setup.group_property(&format!("HealthyThresholdCount: {healthy}"));
    setup.group_property(&format!("UnhealthyThresholdCount: {unhealthy}"))
}

#[tokio::test]
async fn alb_075_targets_of_a_group_that_no_rule_uses_are_not_checked() {
    let setup = Setup::http().checked().group("Spare").default_action(fixed("ok"));
    let rule = "{Field: path-pattern, Values: [/web]}";
    let setup = setup.rule(10, rule, forward("Web"));
    let (balancer, used, spare) =
        (setup.start().await, Target::start().await, Target::start().await);
    balancer.group("Spare").register(spare.address);
    balancer.register(used.address).await;
    eventually("checks of the other", async || used.checks() >= 5).await;
    assert_eq!(spare.checks(), 0);
    let state = balancer.state_with("Spare", spare.address);
    assert!(state.starts_with("unused"), "{state}");
}

#[tokio::test]
async fn alb_076_a_new_target_is_healthy_after_one_success() {
    let (balancer, target) = (thresholds(5, 2).start().await, RawTarget::bind().await);
    balancer.group("Web").register(target.address);
    play(&balancer, &target, &[(200, "healthy")]).await;
}

#[tokio::test]
async fn alb_077_a_target_is_unhealthy_after_failures_in_a_row() {
    let (balancer, target) = (thresholds(5, 3).start().await, RawTarget::bind().await);
    balancer.group("Web").register(target.address);
    let (passes, fails) = ((200, "healthy"), (503, "healthy"));
    let at_last = (503, "unhealthy");
    let steps = [passes, fails, fails, passes, fails, fails, at_last];
    play(&balancer, &target, &steps).await;
}

#[tokio::test]
async fn alb_078_an_unhealthy_target_is_healthy_after_successes_in_a_row() {
    let (balancer, target) = (thresholds(3, 2).start().await, RawTarget::bind().await);
    balancer.group("Web").register(target.address);
    let (passes, fails) = ((200, "unhealthy"), (503, "unhealthy"));
    let at_last = (200, "healthy");
    let at_first = [(200, "healthy"), (503, "healthy"), fails];
    let steps = [&at_first[..], &[passes, passes, fails, passes, passes, at_last]].concat();
    play(&balancer, &target, &steps).await;
}

#[tokio::test]
async fn alb_079_a_check_is_a_get_on_a_connection_of_its_own() {
    let setup = Setup::http().checked().group_property("HealthCheckPath: /ok?deep=1");
    let (balancer, target) = (setup.start().await, RawTarget::bind().await);
    balancer.group("Web").register(target.address);
    for _ in 0..2 {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        let (mut connection, head) = target.answer(answer).await;
        assert_eq!(head.start_line(), "GET /ok?deep=1 HTTP/1.1");
        assert_eq!(head.get("user-agent"), Some("ELB-HealthChecker/2.0"));
        assert_eq!(head.get("host"), Some(target.address.to_string().as_str()));
        assert!(connection.ends().await, "the connection is for one check");
    }
}

#[tokio::test]
async fn alb_080_a_redirect_is_judged_by_its_code_and_not_followed() {
    for (matcher, expected) in [("200", "unhealthy"), ("200-399", "healthy")] {
        let setup = thresholds(2, 2).group_property(&format!("Matcher: {{HttpCode: '{matcher}'}}"));
        let (balancer, target) = (setup.start().await, RawTarget::bind().await);
        let elsewhere = Target::start().await;
        let location = format!("Location: http://{}/healthy\r\n", elsewhere.address);
        let answer = format!("HTTP/1.1 301 Moved\r\n{location}Content-Length: 0\r\n\r\n");
        balancer.group("Web").register(target.address);
        for _ in 0..3 {
            let (mut check, head) = target.answer(&answer).await;
            assert_eq!(head.start_line(), "GET / HTTP/1.1");
            check.rest().await;
        }
        balancer.until(target.address, expected).await;
        let told = balancer.state(target.address).contains("[301]");
        assert_eq!(told, expected == "unhealthy", "{}", balancer.state(target.address));
        let _next = target.accept().await;
        assert_eq!((elsewhere.checks(), elsewhere.count()), (0, 0), "it was followed");
    }
}

#[tokio::test]
async fn alb_081_a_late_answer_and_a_refused_connection_fail_a_check() {
    let setup = Setup::http().checked();
    let setup = setup.change_groups(|it| it.health_check.timeout = Duration::from_millis(100));
    let (balancer, late) = (setup.start().await, RawTarget::bind().await);
    let refusing = Refusing::bind();
    balancer.group("Web").register(refusing.address);
    balancer.group("Web").register(late.address);
    balancer.until(late.address, "unhealthy").await;
    balancer.until(refusing.address, "unhealthy").await;
    assert_eq!(balancer.state(late.address), "unhealthy: Request timed out");
    assert_eq!(balancer.state(refusing.address), "unhealthy: Health checks failed");
}
