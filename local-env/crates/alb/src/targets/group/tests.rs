use super::{super::state::Unused, *};
use stack::{Algorithm, Stickiness as Kind, TargetGroupAttributes};

fn model(change: impl FnOnce(&mut TargetGroupAttributes)) -> stack::TargetGroup {
    let mut model = stack::TargetGroup::named("web");
    model.health_check.unhealthy_threshold = 1;
    change(&mut model.attributes);
    model
}

/// A group that no rule uses, so that only the tests tell what checks found.
fn group(change: impl FnOnce(&mut TargetGroupAttributes)) -> Arc<TargetGroup> {
    TargetGroup::new(&model(change), Clock::REAL)
}

fn add_healthy(group: &Arc<TargetGroup>, port: u16) {
    group.register(SocketAddr::from(([127, 0, 0, 1], port)));
    let registered = group.control().registrations.targets();
    for target in registered {
        group.observe(&target, &CheckOutcome::Answered(200));
    }
}

fn choose(group: &TargetGroup, request: &Fields) -> Option<ChosenTarget> {
    group.choose(request, &mut fastrand::Rng::with_seed(1), (Instant::now(), SystemTime::now()))
}

#[tokio::test]
async fn a_request_is_in_flight_until_its_choice_is_dropped() {
    let group = group(|it| it.algorithm = Algorithm::LeastOutstandingRequests);
    (1..=2).for_each(|port| add_healthy(&group, port));
    let request = Fields::default();
    let first = choose(&group, &request).unwrap();
    for _ in 0..3 {
        assert_ne!(choose(&group, &request).unwrap().target.id, first.target.id);
    }
    let (idle, second) = (Arc::clone(&first.target), choose(&group, &request).unwrap());
    drop(first);
    assert_eq!(choose(&group, &request).unwrap().target.id, idle.id);
    drop(second);
}

#[tokio::test]
async fn a_client_stays_with_its_target_until_that_is_gone() {
    let day = Duration::from_secs(86_400);
    let group = group(|it| it.stickiness = Some(Kind::LoadBalancer { duration: day }));
    (1..=3).for_each(|port| add_healthy(&group, port));
    let first = choose(&group, &Fields::default()).unwrap();
    assert!(first.is_new_session());
    let mut set = Vec::new();
    group.set_cookies(&first, &Fields::default(), SystemTime::now(), &mut set);
    let mut request = Fields::default();
    request.push(b"Cookie", &set[0]);
    for _ in 0..6 {
        let again = choose(&group, &request).unwrap();
        assert_eq!(again.target.id, first.target.id);
        assert!(!again.is_new_session());
    }
    group.deregister(first.target.address);
    let moved = choose(&group, &request).unwrap();
    assert_ne!(moved.target.id, first.target.id);
    assert!(moved.is_new_session());
}

#[tokio::test]
async fn without_stickiness_no_cookie_is_set() {
    let group = group(|_| {});
    add_healthy(&group, 1);
    let (choice, mut set) = (choose(&group, &Fields::default()).unwrap(), Vec::new());
    group.set_cookies(&choice, &Fields::default(), SystemTime::now(), &mut set);
    assert!(set.is_empty() && !choice.is_new_session());
}

#[tokio::test]
async fn when_the_deregistration_delay_is_over_requests_are_cut_and_the_target_is_gone() {
    let group = group(|it| it.deregistration_delay = Duration::from_millis(20));
    add_healthy(&group, 1);
    let choice = choose(&group, &Fields::default()).unwrap();
    let mut states = group.states();
    group.deregister(choice.target.address);
    assert!(choose(&group, &Fields::default()).is_none());
    assert!(!choice.target.cut().is_cancelled());
    assert_eq!(
        states.borrow_and_update().get(&choice.target.address),
        Some(&TargetState::Draining)
    );
    choice.target.cut().cancelled().await;
    states.wait_for(TargetStates::is_empty).await.unwrap();
}

#[tokio::test]
async fn an_address_that_is_registered_again_is_another_target() {
    let group = group(|it| it.deregistration_delay = Duration::ZERO);
    add_healthy(&group, 1);
    let old = choose(&group, &Fields::default()).unwrap();
    add_healthy(&group, 1);
    let new = choose(&group, &Fields::default()).unwrap();
    assert!(new.target.id > old.target.id);
    old.target.cut().cancelled().await;
    assert!(!new.target.cut().is_cancelled());
}

#[tokio::test]
async fn targets_are_counted_by_what_the_checks_say() {
    let group = group(|_| {});
    group.use_by_rule();
    assert_eq!((group.counts(), group.eligible()), ((0, 0), 0));
    add_healthy(&group, 1);
    assert_eq!((group.counts(), group.eligible()), ((1, 0), 1));
    let choice = choose(&group, &Fields::default()).unwrap();
    assert!(!choice.is_fail_open());
    group.observe(&choice.target, &CheckOutcome::TimedOut);
    assert_eq!((group.counts(), group.eligible()), ((0, 1), 1));
    assert!(choose(&group, &Fields::default()).unwrap().is_fail_open());
}

#[tokio::test]
async fn a_changed_model_leaves_targets_and_sessions_as_they_were() {
    let day = Duration::from_secs(86_400);
    let sticky = |it: &mut TargetGroupAttributes| {
        it.stickiness = Some(Kind::LoadBalancer { duration: day });
    };
    let group = group(sticky);
    (1..=2).for_each(|port| add_healthy(&group, port));
    let (first, mut set) = (choose(&group, &Fields::default()).unwrap(), Vec::new());
    group.set_cookies(&first, &Fields::default(), SystemTime::now(), &mut set);
    let mut request = Fields::default();
    request.push(b"Cookie", &set[0]);
    group.reload(&model(|it| {
        sticky(it);
        it.slow_start = Duration::from_secs(30);
    }));
    assert_eq!(choose(&group, &request).unwrap().target.id, first.target.id);
    group.reload(&model(|_| {}));
    assert!(!choose(&group, &request).unwrap().is_new_session(), "nobody stays any more");
    assert_eq!(group.eligible(), 2);
}

#[tokio::test]
async fn targets_that_are_spoken_to_otherwise_are_others_and_as_healthy() {
    let group = group(|it| it.deregistration_delay = Duration::ZERO);
    add_healthy(&group, 1);
    let old = choose(&group, &Fields::default()).unwrap();
    group.reload(&stack::TargetGroup { version: ProtocolVersion::Http2, ..model(|_| {}) });
    let new = choose(&group, &Fields::default()).unwrap();
    assert!(new.target.id > old.target.id && !new.is_fail_open());
    assert_eq!((old.version, new.version), (ProtocolVersion::Http1, ProtocolVersion::Http2));
    old.target.cut().cancelled().await;
    assert!(!new.target.cut().is_cancelled());
}

#[tokio::test]
async fn a_group_is_in_use_as_long_as_one_load_balancer_uses_it() {
    let group = group(|_| {});
    add_healthy(&group, 1);
    let state = || group.states().borrow().values().next().cloned().unwrap();
    group.use_by_rule();
    group.use_by_rule();
    group.leave_by_rule();
    assert_eq!(state(), TargetState::Initial);
    group.leave_by_rule();
    assert_eq!(state().to_string(), TargetState::Unused(Unused::NotInUse).to_string());
}
