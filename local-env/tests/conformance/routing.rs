//! Which target gets a request (alb §4.4, §4.5).

use test_support::{Balancer, RawTarget, Setup, Target, get, wire::Wire};

/// So many registered targets.
async fn targets<const COUNT: usize>(balancer: &Balancer) -> [Target; COUNT] {
    let mut targets = Vec::new();
    for _ in 0..COUNT {
        let target = Target::start().await;
        balancer.register(target.address).await;
        targets.push(target);
    }
    targets.try_into().unwrap_or_else(|_| unreachable!("COUNT of them"))
}

async fn fail(balancer: &Balancer, target: &Target) {
    target.set_health(503);
    balancer.until(target.address, "unhealthy").await;
}

/// Requests one after another on one connection.
async fn ask(connection: &mut Wire, times: usize) {
    for _ in 0..times {
        connection.send(get("/")).await;
        assert_eq!(connection.answer().await.status(), 200);
    }
}

fn counts(targets: &[Target]) -> Vec<usize> {
    targets.iter().map(Target::count).collect()
}

#[tokio::test]
async fn alb_082_where_all_targets_are_unhealthy_they_are_asked_all_the_same() {
    let balancer = Setup::http().checked().start().await;
    let targets = targets::<2>(&balancer).await;
    for target in &targets {
        fail(&balancer, target).await;
    }
    ask(&mut balancer.connect().await, 4).await;
    assert_eq!(counts(&targets), [2, 2]);
}

#[tokio::test]
async fn alb_083_only_healthy_targets_are_asked_while_there_is_one() {
    let balancer = Setup::http().checked().start().await;
    let targets = targets::<2>(&balancer).await;
    fail(&balancer, &targets[0]).await;
    ask(&mut balancer.connect().await, 4).await;
    assert_eq!(counts(&targets), [0, 4]);
    targets[0].set_health(200);
    balancer.until(targets[0].address, "healthy").await;
    ask(&mut balancer.connect().await, 4).await;
    assert_eq!(counts(&targets), [2, 6]);
}

#[tokio::test]
async fn alb_084_with_fewer_healthy_targets_than_asked_for_all_are_asked() {
    let key = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count";
    let balancer = Setup::http().checked().group_attribute(key, "2").start().await;
    let targets = targets::<3>(&balancer).await;
    fail(&balancer, &targets[0]).await;
    ask(&mut balancer.connect().await, 6).await;
    assert_eq!(counts(&targets)[0], 0, "two of them are healthy");
    fail(&balancer, &targets[1]).await;
    let before = counts(&targets);
    ask(&mut balancer.connect().await, 6).await;
    let asked: Vec<_> = counts(&targets).iter().zip(before).map(|(now, then)| now - then).collect();
    assert_eq!(asked, [2, 2, 2]);
}

#[tokio::test]
async fn alb_085_without_targets_the_answer_is_a_503() {
    let answer = Setup::http().start().await.get("/").await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.body.len(), 162);
}

#[tokio::test]
async fn alb_086_targets_that_no_check_has_decided_on_are_not_asked() {
    let (balancer, silent) = (Setup::http().checked().start().await, RawTarget::bind().await);
    balancer.group("Web").register(silent.address);
    let (_check, _) = silent.accept().await;
    assert_eq!(balancer.get("/").await.status(), 503);
}

#[tokio::test]
async fn alb_087_targets_take_turns() {
    let balancer = Setup::http().start().await;
    let targets = targets::<3>(&balancer).await;
    ask(&mut balancer.connect().await, 9).await;
    assert_eq!(counts(&targets), [3, 3, 3]);
}

#[tokio::test]
async fn alb_088_a_busy_target_is_left_alone_where_the_least_busy_is_asked() {
    let key = "load_balancing.algorithm.type";
    let setup = Setup::http().group_attribute(key, "least_outstanding_requests");
    let balancer = setup.start().await;
    let [busy] = targets::<1>(&balancer).await;
    busy.hold(true);
    let mut slow = balancer.connect().await;
    slow.send(get("/slow")).await;
    busy.until_seen(1).await;
    let idle = targets::<2>(&balancer).await;
    ask(&mut balancer.connect().await, 8).await;
    assert_eq!(busy.count(), 1);
    assert!(counts(&idle).iter().all(|count| *count > 0), "{:?}", counts(&idle));
    busy.hold(false);
    assert_eq!(slow.answer().await.status(), 200);
}

/// That its share grows linearly is shown by what decides, with the time as an argument.
#[tokio::test]
async fn alb_089_a_new_target_beside_a_settled_one_starts_slowly() {
    let balancer = slow_start().start().await;
    let [settled] = targets::<1>(&balancer).await;
    let [new] = targets::<1>(&balancer).await;
    ask(&mut balancer.connect().await, 100).await;
    // A fair share would be 50; that of the first minute is at most 3.
    assert!(new.count() < 25, "{} of 100", new.count());
    assert_eq!(new.count() + settled.count(), 100);
}

#[tokio::test]
async fn alb_089_two_new_targets_alone_do_not_start_slowly() {
    let balancer = slow_start().start().await;
    let targets = [Target::start().await, Target::start().await];
    for target in &targets {
        balancer.group("Web").register(target.address);
    }
    for target in &targets {
        balancer.until(target.address, "healthy").await;
    }
    ask(&mut balancer.connect().await, 4).await;
    assert_eq!(counts(&targets), [2, 2]);
}

/// As slow as it may be.
fn slow_start() -> Setup {
    Setup::http().group_attribute("slow_start.duration_seconds", "900")
}
