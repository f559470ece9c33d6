//! A target group at work.

use std::{
    collections::HashMap,
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
    chosen::ChosenTarget,
    eligible::{Eligible, Turn},
    health::CheckOutcome,
    offer::Offer,
    registrations::Registrations,
    state::{TargetState, TargetStates},
    target::Target,
    terms::Terms,
};
use crate::head::Fields;
use clock::Clock;
use stack::{self, Arn, ProtocolVersion};

/// A target group and its targets. It is cheap to share: rules and the environment hold the same
/// one.
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

struct Control {
    terms: Arc<Terms>,
    registrations: Registrations,
    /// How many load balancers have rules that forward here.
    users: usize,
    /// The checks at work, by the target's id.
    checks: HashMap<u64, AbortOnDropHandle<()>>,
    judging: Option<AbortOnDropHandle<()>>,
}

// === impl TargetGroup ===

impl TargetGroup {
    /// Makes a group without targets.
    pub fn new(model: &stack::TargetGroup, clock: Clock) -> Arc<Self> {
        let terms = Arc::new(Terms::new(model, clock));
        let offer = Offer::new(Eligible::default(), Arc::clone(&terms));
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

    /// Returns what rules and services call it.
    pub fn arn(&self) -> &Arn {
        &self.arn
    }

    /// Returns its `Name`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what metrics call it.
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// Returns what its targets speak.
    pub fn version(&self) -> ProtocolVersion {
        self.offer.load().version()
    }

    /// Returns the states of its targets, now and whenever one changes. Targets that are draining
    /// are among them until their deregistration delay is over.
    pub fn states(&self) -> watch::Receiver<TargetStates> {
        self.described.subscribe()
    }

    /// Returns how many targets are healthy, and how many are unhealthy.
    pub fn counts(&self) -> (usize, usize) {
        let states = self.described.borrow();
        let count = |of: fn(&TargetState) -> bool| states.values().filter(|it| of(it)).count();
        let healthy = count(|it| *it == TargetState::Healthy);
        (healthy, count(|it| matches!(it, TargetState::Unhealthy(_))))
    }

    /// Returns how many targets fail more than the others, and how many of them get fewer requests
    /// for it.
    pub fn anomalies(&self) -> (usize, usize) {
        self.control().registrations.anomalies()
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
            for target in control.registrations.renew() {
                self.drain(target, old.deregistration_delay);
            }
        }
        control.registrations.change(terms.settings(self.clock));
        control.checks.clear();
        if control.registrations.is_in_use() {
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
        if control.registrations.is_in_use() {
            let check = self.check(&control.terms, &target);
            control.checks.insert(target.id, check);
        }
        control.registrations.register(target, Instant::now());
        self.publish(&control);
    }

    /// Takes a target out: it gets no further request from here on, and those in flight are cut when
    /// the deregistration delay is over (alb §4.6). Must be called on a runtime.
    pub fn deregister(self: &Arc<Self>, address: SocketAddr) {
        let mut control = self.control();
        let Some(target) = control.registrations.deregister(address) else { return };
        control.checks.remove(&target.id);
        self.publish(&control);
        self.drain(target, control.terms.deregistration_delay);
    }

    /// Has the targets checked from here on, since a rule of a load balancer forwards to the group.
    /// Must be called on a runtime.
    pub(crate) fn use_by_rule(self: &Arc<Self>) {
        let mut control = self.control();
        control.users += 1;
        if !control.registrations.take_into_use(Instant::now()) {
            return;
        }
        self.check_all(&mut control);
        let judging = tokio::spawn(judge(Arc::downgrade(self)));
        control.judging = Some(AbortOnDropHandle::new(judging));
        self.publish(&control);
    }

    /// Ends the checks, since no rule of a load balancer forwards to the group any more, unless
    /// another one's does (alb §4.2).
    pub(crate) fn leave_by_rule(&self) {
        let mut control = self.control();
        control.users = control.users.saturating_sub(1);
        if control.users > 0 {
            return;
        }
        control.registrations.leave_use();
        control.checks.clear();
        control.judging = None;
        self.publish(&control);
    }

    /// Returns how many targets may get a request.
    pub(crate) fn eligible(&self) -> usize {
        self.offer.load().len()
    }

    /// Chooses the target for a request that came at this instant and date; `None` where none may get
    /// one.
    #[inline]
    pub(crate) fn choose(
        &self,
        request: &Fields,
        random: &mut fastrand::Rng,
        now: (Instant, SystemTime),
    ) -> Option<ChosenTarget> {
        self.offer.load().choose(request, &self.turn, random, now)
    }

    /// Adds the values of the `Set-Cookie` headers that go with the answer of a chosen target.
    pub(crate) fn set_cookies(
        &self,
        chosen: &ChosenTarget,
        response: &Fields,
        date: SystemTime,
        out: &mut Vec<Vec<u8>>,
    ) {
        // A group without stickiness need not look at what it offers now.
        if chosen.session.is_some() {
            self.offer.load().set_cookies(chosen, response, date, out);
        }
    }

    /// Takes in what a check found; how long after its start the next one comes, or `None` once the
    /// target is gone.
    fn observe(&self, target: &Target, outcome: &CheckOutcome) -> Option<Duration> {
        let mut control = self.control();
        let observed = control.registrations.observe(target.id, outcome, Instant::now())?;
        if observed.changed {
            self.publish(&control);
        }
        Some(observed.interval)
    }

    fn check_all(self: &Arc<Self>, control: &mut Control) {
        let targets = control.registrations.targets();
        let checks = targets.iter().map(|it| (it.id, self.check(&control.terms, it)));
        control.checks.extend(checks);
    }

    fn drain(self: &Arc<Self>, target: Arc<Target>, delay: Duration) {
        tokio::spawn(drain(Arc::downgrade(self), target, delay));
    }

    fn check(self: &Arc<Self>, terms: &Terms, target: &Arc<Target>) -> AbortOnDropHandle<()> {
        let (group, target) = (Arc::downgrade(self), Arc::clone(target));
        let address = target.address;
        let report = move |found: &CheckOutcome| group.upgrade()?.observe(&target, found);
        AbortOnDropHandle::new(tokio::spawn(check::run(Arc::clone(&terms.model), address, report)))
    }

    fn end_draining(&self, target: &Target) {
        let mut control = self.control();
        control.registrations.end_draining(target.id);
        self.publish(&control);
    }

    fn judge(&self) {
        let mut control = self.control();
        if control.registrations.judge() {
            self.publish(&control);
        }
    }

    fn publish(&self, control: &Control) {
        let eligible = control.registrations.eligible(Instant::now());
        self.offer.store(Arc::new(Offer::new(eligible, Arc::clone(&control.terms))));
        self.described.send_replace(control.registrations.states());
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
        let registrations = Registrations::new(terms.settings(clock));
        Self { terms, registrations, users: 0, checks: HashMap::new(), judging: None }
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
mod tests;
