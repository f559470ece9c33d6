//! A target group at work.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    anomaly, check,
    choice::Choice,
    eligible::{Eligible, Turn},
    health::{Outcome, Policy},
    registry::{Registry, Settings},
    state::TargetState,
    stickiness::{Session, Stickiness},
    target::Target,
};
use crate::{
    alb::{cookie::Sealer, head::Fields},
    clock::Clock,
    stack::{self, Algorithm, Arn, ProtocolVersion, TargetProtocol},
};

/// A target group and its targets. Cheap to share: rules and the environment hold the same one.
pub struct TargetGroup {
    model: Arc<stack::TargetGroup>,
    deregistration_delay: Duration,
    stickiness: Option<Stickiness>,
    control: Mutex<Control>,
    eligible: ArcSwap<Eligible>,
    turn: Turn,
    described: watch::Sender<TargetStates>,
}

/// Each target's state.
pub type TargetStates = BTreeMap<SocketAddr, TargetState>;

struct Control {
    registry: Registry,
    /// By the target's id.
    checks: HashMap<u64, AbortOnDropHandle<()>>,
    judging: Option<AbortOnDropHandle<()>>,
}

// === impl TargetGroup ===

impl TargetGroup {
    /// A group without targets.
    pub fn new(model: &stack::TargetGroup, clock: Clock) -> Arc<Self> {
        let attributes = &model.attributes;
        let settings = Settings {
            policy: Policy::new(&model.health_check, clock),
            minimum_healthy: attributes.minimum_healthy,
            slow_start: clock.wait(attributes.slow_start),
            mitigates: attributes.anomaly_mitigation
                && attributes.algorithm == Algorithm::WeightedRandom,
        };
        Arc::new(Self {
            deregistration_delay: clock.wait(attributes.deregistration_delay),
            stickiness: stickiness(model),
            model: Arc::new(model.clone()),
            control: Mutex::new(Control::new(settings)),
            eligible: ArcSwap::default(),
            turn: Turn::default(),
            described: watch::Sender::default(),
        })
    }

    /// What rules and services call it.
    pub fn arn(&self) -> &Arn {
        &self.model.arn
    }

    /// Its `Name`.
    pub fn name(&self) -> &str {
        &self.model.name
    }

    /// What metrics call it.
    pub fn full_name(&self) -> &str {
        &self.model.full_name
    }

    /// Whether its targets are spoken to over TLS.
    pub fn protocol(&self) -> TargetProtocol {
        self.model.protocol
    }

    /// What its targets speak.
    pub fn version(&self) -> ProtocolVersion {
        self.model.version
    }

    /// The states of its targets, now and whenever one changes. Those that are draining are in it until
    /// their deregistration delay is over.
    pub fn states(&self) -> watch::Receiver<TargetStates> {
        self.described.subscribe()
    }

    /// How many targets are healthy, and how many are unhealthy.
    pub fn counts(&self) -> (usize, usize) {
        let states = self.described.borrow();
        let count = |of: fn(&TargetState) -> bool| states.values().filter(|it| of(it)).count();
        let healthy = count(|it| *it == TargetState::Healthy);
        (healthy, count(|it| matches!(it, TargetState::Unhealthy(_))))
    }

    /// How many targets fail more than the others, and how many of them get fewer requests for it.
    pub fn anomalies(&self) -> (usize, usize) {
        self.control().registry.anomalies()
    }

    /// Registers a target, which is checked once a rule uses the group (alb §4.2). Must be called on a
    /// runtime. An address that is registered already is another target from here on.
    pub fn register(self: &Arc<Self>, address: SocketAddr) {
        self.deregister(address);
        let mut control = self.control();
        // Made under the lock, so that ids ascend in the order of registrations.
        let target = Target::new(address);
        if control.registry.is_in_use() {
            control.checks.insert(target.id, self.check(&target));
        }
        control.registry.register(target, Instant::now());
        self.publish(&control);
    }

    /// Takes a target out: it gets no further request from here on, and those in flight are cut when
    /// the deregistration delay is over (alb §4.6). Must be called on a runtime.
    pub fn deregister(self: &Arc<Self>, address: SocketAddr) {
        let mut control = self.control();
        let Some(target) = control.registry.deregister(address) else { return };
        control.checks.remove(&target.id);
        self.publish(&control);
        tokio::spawn(drain(Arc::downgrade(self), target, self.deregistration_delay));
    }

    /// A rule forwards to the group: its targets are checked from here on. Must be called on a
    /// runtime.
    pub(in crate::alb) fn use_by_rule(self: &Arc<Self>) {
        let mut control = self.control();
        let Some(targets) = control.registry.take_into_use(Instant::now()) else { return };
        control.checks.extend(targets.iter().map(|it| (it.id, self.check(it))));
        let judging = tokio::spawn(judge(Arc::downgrade(self)));
        control.judging = Some(AbortOnDropHandle::new(judging));
        self.publish(&control);
    }

    /// How many targets may get a request.
    pub(in crate::alb) fn eligible(&self) -> usize {
        self.eligible.load().len()
    }

    /// The target for a request, or `None` where none may get one.
    #[inline]
    pub(in crate::alb) fn choose(
        &self,
        request: &Fields,
        random: &mut fastrand::Rng,
        now: Instant,
    ) -> Option<Choice> {
        let (eligible, algorithm) = (self.eligible.load(), self.model.attributes.algorithm);
        let session = self.stickiness.as_ref().map(|it| it.session(request, SystemTime::now()));
        let stays = match session {
            Some(Session::With(seat)) => eligible.with_id(seat.target()),
            _ => None,
        };
        let chosen = stays.or_else(|| eligible.choose(algorithm, &self.turn, random, now))?;
        let counts = algorithm == Algorithm::LeastOutstandingRequests;
        Some(Choice {
            target: Arc::clone(chosen),
            fail_open: eligible.is_fail_open(),
            session,
            _in_flight: counts.then(|| chosen.begin()),
        })
    }

    /// Adds the values of `Set-Cookie` that go with the answer of a target.
    pub(in crate::alb) fn set_cookies(
        &self,
        choice: &Choice,
        response: &Fields,
        out: &mut Vec<Vec<u8>>,
    ) {
        if let (Some(stickiness), Some(session)) = (&self.stickiness, choice.session) {
            stickiness.set_cookies(session, choice.target.id, response, SystemTime::now(), out);
        }
    }

    /// Takes in what a check found; how long after its start the next one comes, or `None` once the
    /// target is gone.
    pub(super) fn observe(&self, target: &Target, outcome: &Outcome) -> Option<Duration> {
        let mut control = self.control();
        let observed = control.registry.observe(target.id, outcome, Instant::now())?;
        if observed.changed {
            self.publish(&control);
        }
        Some(observed.interval)
    }

    fn check(self: &Arc<Self>, target: &Arc<Target>) -> AbortOnDropHandle<()> {
        let (group, model) = (Arc::downgrade(self), Arc::clone(&self.model));
        AbortOnDropHandle::new(tokio::spawn(check::run(group, model, Arc::clone(target))))
    }

    fn end_draining(&self, target: &Target) {
        let mut control = self.control();
        control.registry.end_draining(target.id);
        self.publish(&control);
    }

    fn judge(&self) {
        let mut control = self.control();
        if control.registry.judge() {
            self.publish(&control);
        }
    }

    fn publish(&self, control: &Control) {
        self.eligible.store(Arc::new(control.registry.eligible(Instant::now())));
        self.described.send_replace(control.registry.states());
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        // Nothing between two changes can panic, so a poisoned lock is still sound.
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TargetGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TargetGroup").field("arn", &self.model.arn).finish_non_exhaustive()
    }
}

// === impl Control ===

impl Control {
    fn new(settings: Settings) -> Self {
        Self { registry: Registry::new(settings), checks: HashMap::new(), judging: None }
    }
}

fn stickiness(model: &stack::TargetGroup) -> Option<Stickiness> {
    let kind = model.attributes.stickiness.clone()?;
    match Sealer::new() {
        Ok(sealer) => Some(Stickiness::new(kind, sealer, model.arn.as_str())),
        Err(error) => {
            let group = &model.name;
            tracing::error!(%group, %error, "clients do not stay with their targets");
            None
        }
    }
}

/// Cuts what is still in flight when the delay is over.
async fn drain(group: Weak<TargetGroup>, target: Arc<Target>, delay: Duration) {
    sleep(delay).await;
    target.cut().cancel();
    if let Some(group) = group.upgrade() {
        group.end_draining(&target);
    }
}

/// Compares the targets of a group again and again.
async fn judge(group: Weak<TargetGroup>) {
    loop {
        sleep(anomaly::PERIOD).await;
        let Some(group) = group.upgrade() else { return };
        group.judge();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::{
        HealthCheck, HealthCheckPort, Matcher, Stickiness as Kind, TargetGroupAttributes,
    };

    /// A group that no rule uses, so that only the tests tell what checks found.
    fn group(change: impl FnOnce(&mut TargetGroupAttributes)) -> Arc<TargetGroup> {
        let mut attributes = TargetGroupAttributes::default();
        change(&mut attributes);
        let health_check = HealthCheck {
            protocol: TargetProtocol::Http,
            path: "/".into(),
            port: HealthCheckPort::Traffic,
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            healthy_threshold: 5,
            unhealthy_threshold: 1,
            matcher: Matcher::Http(vec![200..=200]),
        };
        let model = stack::TargetGroup {
            logical_id: "Web".into(),
            arn: Arn::from("web"),
            name: "web".into(),
            full_name: "targetgroup/web/0123456789abcdef".into(),
            protocol: TargetProtocol::Http,
            version: ProtocolVersion::Http1,
            health_check,
            attributes,
        };
        TargetGroup::new(&model, Clock::REAL)
    }

    fn add_healthy(group: &Arc<TargetGroup>, port: u16) {
        group.register(SocketAddr::from(([127, 0, 0, 1], port)));
        let registered = group.control().registry.targets();
        for target in registered {
            group.observe(&target, &Outcome::Answered(200));
        }
    }

    fn choose(group: &TargetGroup, request: &Fields) -> Option<Choice> {
        group.choose(request, &mut fastrand::Rng::with_seed(1), Instant::now())
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
        group.set_cookies(&first, &Fields::default(), &mut set);
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
        group.set_cookies(&choice, &Fields::default(), &mut set);
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
        states.wait_for(BTreeMap::is_empty).await.unwrap();
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
        group.observe(&choice.target, &Outcome::TimedOut);
        assert_eq!((group.counts(), group.eligible()), ((0, 1), 1));
        assert!(choose(&group, &Fields::default()).unwrap().is_fail_open());
    }
}
