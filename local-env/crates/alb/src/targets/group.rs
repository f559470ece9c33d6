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
    health::Outcome,
    registry::Registry,
    state::TargetState,
    stickiness::Session,
    target::Target,
    terms::Terms,
};
use crate::head::Fields;
use clock::Clock;
use stack::{self, Algorithm, Arn, ProtocolVersion};

/// A target group and its targets. Cheap to share: rules and the environment hold the same one.
pub struct TargetGroup {
    arn: Arn,
    name: String,
    full_name: String,
    clock: Clock,
    control: Mutex<Control>,
    offer: ArcSwap<Offer>,
    turn: Turn,
    described: watch::Sender<TargetStates>,
}

/// Each target's state.
pub type TargetStates = BTreeMap<SocketAddr, TargetState>;

/// What there is for a request; replaced whole when anything changes.
struct Offer {
    eligible: Eligible,
    terms: Arc<Terms>,
}

struct Control {
    terms: Arc<Terms>,
    registry: Registry,
    /// How many load balancers have rules that forward here.
    users: usize,
    /// By the target's id.
    checks: HashMap<u64, AbortOnDropHandle<()>>,
    judging: Option<AbortOnDropHandle<()>>,
}

// === impl TargetGroup ===

impl TargetGroup {
    /// A group without targets.
    pub fn new(model: &stack::TargetGroup, clock: Clock) -> Arc<Self> {
        let terms = Arc::new(Terms::new(model, clock));
        let offer = Offer { eligible: Eligible::default(), terms: Arc::clone(&terms) };
        Arc::new(Self {
            arn: model.arn.clone(),
            name: model.name.clone(),
            full_name: model.full_name.clone(),
            clock,
            control: Mutex::new(Control::new(terms, clock)),
            offer: ArcSwap::from_pointee(offer),
            turn: Turn::default(),
            described: watch::Sender::default(),
        })
    }

    /// What rules and services call it.
    pub fn arn(&self) -> &Arn {
        &self.arn
    }

    /// Its `Name`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What metrics call it.
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// What its targets speak.
    pub fn version(&self) -> ProtocolVersion {
        self.offer.load().terms.model.version
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

    /// Takes up what has changed in its model; the ARN is the same. Targets stay registered and are as
    /// healthy as they were, until a check of the new kind says otherwise. AWS would replace a group
    /// whose protocol has changed, so its targets are other ones from here on. Must be called on a
    /// runtime.
    pub fn reload(self: &Arc<Self>, model: &stack::TargetGroup) {
        let mut control = self.control();
        if *control.terms.model == *model {
            return;
        }
        let terms = Arc::new(control.terms.changed(model, self.clock));
        let old = std::mem::replace(&mut control.terms, Arc::clone(&terms));
        if !terms.speaks_as(&old) {
            for target in control.registry.renew() {
                self.drain(target, old.deregistration_delay);
            }
        }
        control.registry.change(terms.settings(self.clock));
        control.checks.clear();
        if control.registry.is_in_use() {
            self.check_all(&mut control);
        }
        self.publish(&control);
    }

    /// Registers a target, which is checked once a rule uses the group (alb §4.2). Must be called on a
    /// runtime. An address that is registered already is another target from here on.
    pub fn register(self: &Arc<Self>, address: SocketAddr) {
        self.deregister(address);
        let mut control = self.control();
        // Made under the lock, so that ids ascend in the order of registrations.
        let target = Target::new(address);
        if control.registry.is_in_use() {
            let check = self.check(&control.terms, &target);
            control.checks.insert(target.id, check);
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
        self.drain(target, control.terms.deregistration_delay);
    }

    /// A rule of a load balancer forwards to the group: its targets are checked from here on. Must be
    /// called on a runtime.
    pub(crate) fn use_by_rule(self: &Arc<Self>) {
        let mut control = self.control();
        control.users += 1;
        if !control.registry.take_into_use(Instant::now()) {
            return;
        }
        self.check_all(&mut control);
        let judging = tokio::spawn(judge(Arc::downgrade(self)));
        control.judging = Some(AbortOnDropHandle::new(judging));
        self.publish(&control);
    }

    /// No rule of a load balancer forwards to the group any more; where no other one's does, its targets
    /// are checked no longer (alb §4.2).
    pub(crate) fn leave_by_rule(&self) {
        let mut control = self.control();
        control.users = control.users.saturating_sub(1);
        if control.users > 0 {
            return;
        }
        control.registry.leave_use();
        control.checks.clear();
        control.judging = None;
        self.publish(&control);
    }

    /// How many targets may get a request.
    pub(crate) fn eligible(&self) -> usize {
        self.offer.load().eligible.len()
    }

    /// The target for a request, or `None` where none may get one.
    #[inline]
    pub(crate) fn choose(
        &self,
        request: &Fields,
        random: &mut fastrand::Rng,
        now: Instant,
    ) -> Option<Choice> {
        let offer = self.offer.load();
        let Offer { eligible, terms } = &**offer;
        let algorithm = terms.model.attributes.algorithm;
        let session = terms.stickiness.as_ref().map(|it| it.session(request, SystemTime::now()));
        let stays = match session {
            Some(Session::With(seat)) => eligible.with_id(seat.target()),
            _ => None,
        };
        let chosen = stays.or_else(|| eligible.choose(algorithm, &self.turn, random, now))?;
        let counts = algorithm == Algorithm::LeastOutstandingRequests;
        Some(Choice {
            target: Arc::clone(chosen),
            protocol: terms.model.protocol,
            version: terms.model.version,
            fail_open: eligible.is_fail_open(),
            session,
            _in_flight: counts.then(|| chosen.begin()),
        })
    }

    /// Adds the values of `Set-Cookie` that go with the answer of a target.
    pub(crate) fn set_cookies(&self, choice: &Choice, response: &Fields, out: &mut Vec<Vec<u8>>) {
        let Some(session) = choice.session else { return };
        if let Some(stickiness) = &self.offer.load().terms.stickiness {
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

    fn check_all(self: &Arc<Self>, control: &mut Control) {
        let targets = control.registry.targets();
        let checks = targets.iter().map(|it| (it.id, self.check(&control.terms, it)));
        control.checks.extend(checks);
    }

    fn drain(self: &Arc<Self>, target: Arc<Target>, delay: Duration) {
        tokio::spawn(drain(Arc::downgrade(self), target, delay));
    }

    fn check(self: &Arc<Self>, terms: &Terms, target: &Arc<Target>) -> AbortOnDropHandle<()> {
        let (group, model) = (Arc::downgrade(self), Arc::clone(&terms.model));
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
        let eligible = control.registry.eligible(Instant::now());
        self.offer.store(Arc::new(Offer { eligible, terms: Arc::clone(&control.terms) }));
        self.described.send_replace(control.registry.states());
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        // Nothing between two changes can panic, so a poisoned lock is still sound.
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TargetGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TargetGroup").field("arn", &self.arn).finish_non_exhaustive()
    }
}

// === impl Control ===

impl Control {
    fn new(terms: Arc<Terms>, clock: Clock) -> Self {
        let registry = Registry::new(terms.settings(clock));
        Self { terms, registry, users: 0, checks: HashMap::new(), judging: None }
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
    use super::{super::state::Unused, *};
    use stack::{
        HealthCheck, HealthCheckPort, Matcher, Stickiness as Kind, TargetGroupAttributes,
        TargetProtocol,
    };

    fn model(change: impl FnOnce(&mut TargetGroupAttributes)) -> stack::TargetGroup {
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
        stack::TargetGroup {
            logical_id: "Web".into(),
            arn: Arn::from("web"),
            name: "web".into(),
            full_name: "targetgroup/web/0123456789abcdef".into(),
            protocol: TargetProtocol::Http,
            version: ProtocolVersion::Http1,
            health_check,
            attributes,
        }
    }

    /// A group that no rule uses, so that only the tests tell what checks found.
    fn group(change: impl FnOnce(&mut TargetGroupAttributes)) -> Arc<TargetGroup> {
        TargetGroup::new(&model(change), Clock::REAL)
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

    #[tokio::test]
    async fn a_changed_model_leaves_targets_and_sessions_as_they_were() {
        let day = Duration::from_secs(86_400);
        let sticky = |it: &mut TargetGroupAttributes| {
            it.stickiness = Some(Kind::LoadBalancer { duration: day });
        };
        let group = group(sticky);
        (1..=2).for_each(|port| add_healthy(&group, port));
        let (first, mut set) = (choose(&group, &Fields::default()).unwrap(), Vec::new());
        group.set_cookies(&first, &Fields::default(), &mut set);
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
}
