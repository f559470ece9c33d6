use std::collections::BTreeSet;

use super::{super::eligible::Turn, *};
use clock::Clock;
use stack::{Algorithm, HealthCheck, HealthCheckPort, Matcher, TargetProtocol};

const PASSED: CheckOutcome = CheckOutcome::Answered(200);
const FAILED: CheckOutcome = CheckOutcome::Answered(503);
const SLOW_START: Duration = Duration::from_secs(30);

/// A group that time passes for when it is told so.
struct Group {
    registrations: Registrations,
    now: Instant,
    random: fastrand::Rng,
}

impl Group {
    fn new(change: impl FnOnce(&mut GroupSettings)) -> Self {
        let check = HealthCheck {
            protocol: TargetProtocol::Http,
            path: "/".into(),
            port: HealthCheckPort::Traffic,
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            healthy_threshold: 2,
            unhealthy_threshold: 2,
            matcher: Matcher::Http(vec![200..=200]),
        };
        let mut settings = GroupSettings {
            policy: Policy::new(&check, Clock::REAL),
            minimum_healthy: MinimumHealthy { count: 1, percentage: None },
            slow_start: Duration::ZERO,
            mitigates: false,
        };
        change(&mut settings);
        let mut registrations = Registrations::new(settings);
        registrations.take_into_use(Instant::now());
        Self { registrations, now: Instant::now(), random: fastrand::Rng::with_seed(3) }
    }

    fn register(&mut self, port: u16) -> Arc<Target> {
        let target = Target::new(SocketAddr::from(([127, 0, 0, 1], port)));
        self.registrations.register(Arc::clone(&target), self.now);
        target
    }

    fn observe(&mut self, target: &Target, outcomes: &[CheckOutcome]) {
        for outcome in outcomes {
            self.registrations.observe(target.id, outcome, self.now).unwrap();
        }
    }

    fn healthy(&mut self, port: u16) -> Arc<Target> {
        let target = self.register(port);
        self.observe(&target, &[PASSED]);
        target
    }

    fn unhealthy(&mut self, port: u16) -> Arc<Target> {
        let target = self.register(port);
        self.observe(&target, &[FAILED, FAILED]);
        target
    }

    fn state(&self, target: &Target) -> Option<TargetState> {
        self.registrations.states().get(&target.address).cloned()
    }

    /// The ports of those who may get requests.
    fn eligible(&self) -> Vec<u16> {
        let eligible = self.registrations.eligible(self.now);
        let registered = self.registrations.registered.iter().map(|it| &it.target);
        let may = registered.filter(|it| eligible.with_id(it.id).is_some());
        let ports: Vec<_> = may.map(|it| it.address.port()).collect();
        assert_eq!(ports.len(), eligible.len());
        ports
    }

    fn starts_slowly(&self, target: &Target) -> bool {
        let one = self.registrations.registered.iter().find(|it| it.target.id == target.id);
        one.and_then(|it| it.slow_start).is_some_and(|start| self.now < start.end())
    }

    /// Each target's part of many requests.
    fn shares(&mut self, targets: &[Arc<Target>]) -> Vec<u32> {
        let (eligible, turn) = (self.registrations.eligible(self.now), Turn::default());
        let mut counts = vec![0; targets.len()];
        for _ in 0..10_000 {
            let algorithm = Algorithm::WeightedRandom;
            let chosen = eligible.choose(algorithm, &turn, &mut self.random, self.now).unwrap();
            counts[targets.iter().position(|it| it.id == chosen.id).unwrap()] += 1;
        }
        counts
    }
}

#[test]
fn a_group_that_no_rule_uses_has_unused_targets() {
    let mut group = Group::new(|_| {});
    group.registrations.in_use = false;
    let target = group.register(1);
    assert_eq!(group.state(&target), Some(TargetState::Unused(Unused::NotInUse)));
    assert!(group.registrations.take_into_use(group.now));
    let checked = group.registrations.targets();
    assert!(checked.iter().any(|it| it.id == target.id));
    assert_eq!(group.state(&target), Some(TargetState::Initial));
    assert!(!group.registrations.take_into_use(group.now));
}

#[test]
fn only_healthy_targets_get_requests_while_there_is_one() {
    let mut group = Group::new(|_| {});
    group.unhealthy(1);
    group.register(2);
    assert_eq!(group.eligible(), [1], "the unhealthy one, but never a new one");
    group.healthy(3);
    assert_eq!(group.eligible(), [3]);
    assert!(!group.registrations.eligible(group.now).is_fail_open());
}

#[test]
fn with_fewer_healthy_targets_than_the_minimum_the_unhealthy_ones_get_requests_too() {
    let cases = [
        (1, None, 1, 2, false),
        (2, None, 1, 2, true),
        (2, None, 2, 1, false),
        (1, Some(34), 1, 2, true),
        (1, Some(33), 1, 2, false),
        (1, Some(100), 2, 1, true),
        (1, Some(100), 3, 0, false),
        (5, Some(1), 3, 1, true),
        (1, None, 0, 2, true),
    ];
    for (count, percentage, healthy, unhealthy, fail_open) in cases {
        let minimum = MinimumHealthy { count, percentage };
        let mut group = Group::new(|settings| settings.minimum_healthy = minimum);
        (0..healthy).for_each(|port| drop(group.healthy(port)));
        (100..100 + unhealthy).for_each(|port| drop(group.unhealthy(port)));
        let eligible = group.registrations.eligible(group.now);
        assert_eq!(eligible.is_fail_open(), fail_open, "{minimum:?} {healthy} {unhealthy}");
        let expected = healthy + if fail_open { unhealthy } else { 0 };
        assert_eq!(eligible.len(), usize::from(expected), "{minimum:?} {healthy} {unhealthy}");
    }
}

#[test]
fn a_deregistered_target_drains_and_gets_no_requests() {
    let mut group = Group::new(|_| {});
    let target = group.healthy(1);
    assert!(group.registrations.deregister(target.address).is_some());
    assert_eq!(group.state(&target), Some(TargetState::Draining));
    assert_eq!(group.eligible(), [] as [u16; 0]);
    assert_eq!(group.registrations.observe(target.id, &FAILED, group.now), None);
    assert!(group.registrations.deregister(target.address).is_none());
    group.registrations.end_draining(target.id);
    assert_eq!(group.state(&target), None);
}

#[test]
fn an_address_that_is_registered_while_it_drains_has_the_new_targets_state() {
    let mut group = Group::new(|_| {});
    let old = group.healthy(1);
    group.registrations.deregister(old.address);
    let new = group.register(1);
    assert_eq!(group.state(&new), Some(TargetState::Initial));
    group.registrations.end_draining(old.id);
    assert_eq!(group.state(&new), Some(TargetState::Initial));
}

#[test]
fn a_target_that_turns_healthy_beside_a_settled_one_starts_slowly() {
    let mut group = Group::new(|settings| settings.slow_start = SLOW_START);
    let first = group.healthy(1);
    let second = group.healthy(2);
    assert!(!group.starts_slowly(&first));
    assert!(group.starts_slowly(&second));
    group.now += SLOW_START;
    assert!(!group.starts_slowly(&second));
    group.observe(&first, &[FAILED, FAILED]);
    group.observe(&first, &[PASSED, PASSED]);
    assert!(group.starts_slowly(&first), "again, after it was unhealthy");
}

#[test]
fn targets_that_come_together_into_an_empty_group_do_not_start_slowly() {
    let mut group = Group::new(|settings| settings.slow_start = SLOW_START);
    let both = [group.register(1), group.register(2)];
    for target in &both {
        group.observe(target, &[PASSED]);
        assert!(!group.starts_slowly(target));
    }
}

#[test]
fn a_target_does_not_start_slowly_where_all_others_do() {
    let mut group = Group::new(|settings| settings.slow_start = SLOW_START);
    let (settled, _starting) = (group.healthy(1), group.healthy(2));
    let third = group.register(3);
    group.observe(&settled, &[FAILED, FAILED]);
    group.observe(&third, &[PASSED]);
    assert!(!group.starts_slowly(&third));
}

#[test]
fn a_target_that_fails_more_than_the_others_is_spared_until_it_recovers() {
    let mut group = Group::new(|settings| settings.mitigates = true);
    let targets: Vec<_> = (0..3).map(|port| group.healthy(port)).collect();
    let mut last = u32::MAX;
    for _ in 0..3 {
        let shares = group.shares(&targets);
        assert!(shares[1] < last, "{shares:?}");
        last = shares[1];
        for (target, share) in targets.iter().zip(&shares) {
            let status = if target.id == targets[1].id { 500 } else { 200 };
            (0..*share).for_each(|_| target.note_answer(Some(status)));
        }
        group.registrations.judge();
        assert_eq!(group.registrations.anomalies(), (1, 1));
    }
    for _ in 0..6 {
        for target in &targets {
            target.note_answer(Some(200));
        }
        group.registrations.judge();
    }
    assert_eq!(group.registrations.anomalies(), (0, 0));
    assert!(group.shares(&targets)[1] > 3_000);
}

#[test]
fn without_mitigation_an_anomalous_target_is_only_told_of() {
    let mut group = Group::new(|_| {});
    let targets: Vec<_> = (0..3).map(|port| group.healthy(port)).collect();
    group.eligible();
    for target in &targets {
        (0..50).for_each(|_| {
            target.note_answer(if target.id == targets[0].id { None } else { Some(404) });
        });
    }
    assert!(!group.registrations.judge());
    assert_eq!(group.registrations.anomalies(), (1, 0));
}

/// Any course of things: who may get requests follows from the states that are told, and nobody else
/// is ever chosen.
#[test]
fn through_thousands_of_steps_requests_go_only_where_the_states_allow_it() {
    for seed in 0..20 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (count, half) = (random.u32(1..4), random.bool());
        let minimum = MinimumHealthy { count, percentage: half.then_some(50) };
        let mut group = Group::new(|settings| {
            settings.minimum_healthy = minimum;
            settings.slow_start = SLOW_START;
            settings.mitigates = true;
        });
        let mut known = Vec::new();
        for _ in 0..1_000 {
            step(&mut group, &mut known, &mut random);
            assert_only_the_right_ones_get_requests(&mut group, minimum);
        }
    }
}

fn step(group: &mut Group, known: &mut Vec<Arc<Target>>, random: &mut fastrand::Rng) {
    group.now += Duration::from_secs(random.u64(..10));
    let kind = random.u32(..10);
    let Some(target) = random.choice(known.iter()).cloned().filter(|_| kind > 0) else {
        let address = SocketAddr::from(([127, 0, 0, 1], random.u16(1..12)));
        group.registrations.deregister(address);
        known.push(group.register(address.port()));
        return;
    };
    match kind {
        1 => drop(group.registrations.deregister(target.address)),
        2 => group.registrations.end_draining(target.id),
        3 => drop(group.registrations.judge()),
        _ => {
            let outcome = if random.u32(..3) > 0 { PASSED } else { FAILED };
            group.registrations.observe(target.id, &outcome, group.now);
            target.note_answer(random.choice([Some(200), Some(502), None]).unwrap());
        }
    }
}

fn assert_only_the_right_ones_get_requests(group: &mut Group, minimum: MinimumHealthy) {
    let states = group.registrations.states();
    let ports = |wanted: fn(&TargetState) -> bool| {
        let found = states.iter().filter(|(_, state)| wanted(state));
        found.map(|(address, _)| address.port()).collect::<BTreeSet<_>>()
    };
    let healthy = ports(|it| *it == TargetState::Healthy);
    let decided = ports(|it| matches!(it, TargetState::Healthy | TargetState::Unhealthy(_)));
    let registered = ports(|it| *it != TargetState::Draining).len();
    let fail_open = healthy.len() < minimum.count as usize
        || minimum.percentage.is_some_and(|it| healthy.len() * 100 < registered * it as usize);
    let expected = if fail_open { decided } else { healthy };
    assert_eq!(group.eligible().into_iter().collect::<BTreeSet<_>>(), expected);
    let (list, turn) = (group.registrations.eligible(group.now), Turn::default());
    assert_eq!(list.is_fail_open(), fail_open);
    for algorithm in
        [Algorithm::RoundRobin, Algorithm::LeastOutstandingRequests, Algorithm::WeightedRandom]
    {
        let chosen = list.choose(algorithm, &turn, &mut group.random, group.now);
        assert_eq!(chosen.is_none(), expected.is_empty());
        assert!(chosen.is_none_or(|target| expected.contains(&target.address.port())));
    }
}
