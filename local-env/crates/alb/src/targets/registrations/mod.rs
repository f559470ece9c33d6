//! Who is registered with a target group, and what follows from it: who gets requests, and what the
//! states are. It has no socket and no clock; the group around it runs the checks.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    anomaly::{ENOUGH, Weight, judge},
    eligible::{Eligible, Member},
    health::{CheckOutcome, Health, Policy},
    slow_start::SlowStart,
    state::{TargetState, TargetStates, Unused},
    target::Target,
};
use stack::MinimumHealthy;

/// What a group goes by, in local time.
#[derive(Clone, Debug)]
pub(super) struct GroupSettings {
    pub(super) policy: Policy,
    pub(super) minimum_healthy: MinimumHealthy,
    /// How long a slow start lasts; zero is none.
    pub(super) slow_start: Duration,
    /// Whether targets that fail more than the others get fewer requests.
    pub(super) mitigates: bool,
}

/// The targets of a group.
#[derive(Debug)]
pub(super) struct Registrations {
    settings: GroupSettings,
    in_use: bool,
    /// The registrations by ascending id.
    registered: Vec<Registration>,
    draining: Vec<Arc<Target>>,
}

/// What follows from a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Observed {
    pub(super) changed: bool,
    /// How long after its start the next one comes.
    pub(super) interval: Duration,
}

#[derive(Debug)]
struct Registration {
    target: Arc<Target>,
    health: Health,
    /// Whether no target was settled when it was registered: those that come together into an empty
    /// group do not start slowly, whichever of them turns healthy first.
    alone: bool,
    slow_start: Option<SlowStart>,
    anomalous: bool,
    weight: Weight,
}

// === impl Registrations ===

impl Registrations {
    pub(super) fn new(settings: GroupSettings) -> Self {
        Self { settings, in_use: false, registered: Vec::new(), draining: Vec::new() }
    }

    /// Returns whether targets are checked.
    pub(super) fn is_in_use(&self) -> bool {
        self.in_use
    }

    /// Takes the group into use, since a rule forwards to it from here on, so that its targets are
    /// to be checked. Returns `false` where it was so before.
    pub(super) fn take_into_use(&mut self, now: Instant) -> bool {
        if self.in_use {
            return false;
        }
        self.in_use = true;
        self.registered.iter_mut().for_each(|it| it.health = Health::new(now));
        true
    }

    /// Takes the group out of use, since no rule forwards to it any more. A request that was on its
    /// way here still finds its targets.
    pub(super) fn leave_use(&mut self) {
        self.in_use = false;
    }

    /// Goes by other settings from here on. What is known of the targets stays.
    pub(super) fn change(&mut self, settings: GroupSettings) {
        self.settings = settings;
    }

    /// Makes other targets of those that are registered, as healthy as they were, and returns the
    /// old ones, which are draining.
    pub(super) fn renew(&mut self) -> Vec<Arc<Target>> {
        let renew = |it: &mut Registration| {
            let new = Target::new(it.target.address);
            std::mem::replace(&mut it.target, new)
        };
        let old: Vec<_> = self.registered.iter_mut().map(renew).collect();
        self.draining.extend(old.iter().cloned());
        old
    }

    /// Returns the targets that are registered.
    pub(super) fn targets(&self) -> Vec<Arc<Target>> {
        self.registered.iter().map(|it| Arc::clone(&it.target)).collect()
    }

    /// Registers a target, which must be the latest that was made.
    pub(super) fn register(&mut self, target: Arc<Target>, now: Instant) {
        let alone = !self.registered.iter().any(|it| it.is_settled(now));
        self.registered.push(Registration::new(target, alone, now));
    }

    /// Takes a target out; from here on it is draining.
    pub(super) fn deregister(&mut self, address: SocketAddr) -> Option<Arc<Target>> {
        let at = self.registered.iter().position(|it| it.target.address == address)?;
        let target = self.registered.remove(at).target;
        self.draining.push(Arc::clone(&target));
        Some(target)
    }

    /// Forgets a target whose deregistration delay is over.
    pub(super) fn end_draining(&mut self, id: u64) {
        self.draining.retain(|target| target.id != id);
    }

    /// Takes in what a check of a target found; `None` where the target is gone.
    pub(super) fn observe(
        &mut self,
        id: u64,
        outcome: &CheckOutcome,
        now: Instant,
    ) -> Option<Observed> {
        let at = self.registered.binary_search_by_key(&id, |it| it.target.id).ok()?;
        let one = self.registered.get_mut(at)?;
        let is_new = *one.health.state() == TargetState::Initial;
        let changed = one.health.observe(&self.settings.policy, outcome, now);
        let interval = one.health.interval(&self.settings.policy);
        if changed {
            let starts = one.is_healthy() && !(is_new && one.alone);
            let slow_start = starts.then(|| self.slow_start(id, now)).flatten();
            self.registered.get_mut(at)?.slow_start = slow_start;
        }
        Some(Observed { changed, interval })
    }

    /// Returns the slow start of a target that turns healthy, if another one is settled.
    fn slow_start(&self, id: u64, now: Instant) -> Option<SlowStart> {
        let duration = self.settings.slow_start;
        let mut others = self.registered.iter().filter(|it| it.target.id != id);
        let starts = !duration.is_zero() && others.any(|it| it.is_settled(now));
        starts.then(|| SlowStart::new(now, duration))
    }

    /// Compares the healthy targets by what they answered, and returns whether their weights have
    /// changed.
    pub(super) fn judge(&mut self) -> bool {
        let mitigates = self.settings.mitigates;
        let (mut healthy, others): (Vec<_>, Vec<_>) =
            self.registered.iter_mut().partition(|it| it.is_healthy());
        let conducts: Vec<_> = healthy.iter().map(|it| it.target.take_conduct()).collect();
        let verdicts = judge(&conducts);
        let mut changed = false;
        for (one, anomalous) in healthy.iter_mut().zip(verdicts) {
            let weight = if mitigates { one.weight.after(anomalous) } else { Weight::FULL };
            changed |= weight != one.weight;
            (one.anomalous, one.weight) = (anomalous, weight);
        }
        for one in others {
            one.target.take_conduct();
            (one.anomalous, one.weight) = (false, Weight::FULL);
        }
        changed
    }

    /// Returns the targets that may get requests: the healthy ones, or all that a check has decided
    /// on where too few are healthy (alb §4.4: it fails open). Targets that no check has decided on
    /// never get requests.
    pub(super) fn eligible(&self, now: Instant) -> Eligible {
        let healthy = self.registered.iter().filter(|it| it.is_healthy()).count();
        let watched = healthy >= ENOUGH;
        self.registered.iter().for_each(|it| it.target.set_watched(watched && it.is_healthy()));
        let fail_open = self.is_too_few(healthy);
        let member = |it: &Registration| it.gets_requests(fail_open).then(|| it.member());
        Eligible::new(self.registered.iter().filter_map(member).collect(), fail_open, now)
    }

    fn is_too_few(&self, healthy: usize) -> bool {
        let MinimumHealthy { count, percentage } = self.settings.minimum_healthy;
        let share = |least: u32| healthy * 100 < self.registered.len() * least as usize;
        healthy < count as usize || percentage.is_some_and(share)
    }

    /// Returns the state of each target; of an address that was registered again while it drained,
    /// the new one's.
    pub(super) fn states(&self) -> TargetStates {
        let not_in_use = (!self.in_use).then_some(TargetState::Unused(Unused::NotInUse));
        let state = |it: &Registration| not_in_use.clone().unwrap_or(it.health.state().clone());
        let draining = self.draining.iter().map(|it| (it.address, TargetState::Draining));
        let registered = self.registered.iter().map(|it| (it.target.address, state(it)));
        draining.chain(registered).collect()
    }

    /// Returns how many targets are anomalous, and how many of them are spared.
    pub(super) fn anomalies(&self) -> (usize, usize) {
        let count =
            |of: fn(&Registration) -> bool| self.registered.iter().filter(|it| of(it)).count();
        (count(|it| it.anomalous), count(|it| it.weight != Weight::FULL))
    }
}

// === impl Registration ===

impl Registration {
    fn new(target: Arc<Target>, alone: bool, now: Instant) -> Self {
        let (health, weight) = (Health::new(now), Weight::FULL);
        Self { target, health, alone, slow_start: None, anomalous: false, weight }
    }

    fn is_healthy(&self) -> bool {
        *self.health.state() == TargetState::Healthy
    }

    /// Returns whether it is healthy and not in slow start.
    fn is_settled(&self, now: Instant) -> bool {
        self.is_healthy() && self.slow_start.is_none_or(|start| start.end() <= now)
    }

    fn gets_requests(&self, fail_open: bool) -> bool {
        self.is_healthy() || (fail_open && *self.health.state() != TargetState::Initial)
    }

    fn member(&self) -> Member {
        let Self { slow_start, weight, .. } = *self;
        Member { target: Arc::clone(&self.target), slow_start, weight }
    }
}

#[cfg(test)]
mod tests;
