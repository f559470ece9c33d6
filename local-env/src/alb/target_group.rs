//! A target group at work: who is registered, what the checks say of them, and whose turn it is.
//!
//! The data plane sees only the list of targets that may get a request, which is replaced whole when
//! anything changes; a request reads it without a lock. Registration and health belong to the
//! control side.

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use arc_swap::ArcSwap;
use tokio::{sync::watch, task::AbortHandle, time::Instant};

use super::{
    check,
    health::{Health, Outcome, Policy, TargetState},
};
use crate::{
    clock::Clock,
    stack::{self, Arn, HealthCheck},
};

/// A target group and its targets. Cheap to share: rules and the environment hold the same one.
pub struct TargetGroup {
    arn: Arn,
    name: String,
    check: HealthCheck,
    policy: Policy,
    targets: Mutex<BTreeMap<SocketAddr, Target>>,
    eligible: ArcSwap<Vec<SocketAddr>>,
    turn: AtomicUsize,
    described: watch::Sender<TargetStates>,
}

/// Each registered target's state.
pub type TargetStates = BTreeMap<SocketAddr, TargetState>;

struct Target {
    health: Health,
    checks: AbortHandle,
}

// === impl TargetGroup ===

impl TargetGroup {
    /// A group without targets.
    pub fn new(model: &stack::TargetGroup, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            arn: model.arn.clone(),
            name: model.name.clone(),
            check: model.health_check.clone(),
            policy: Policy::new(&model.health_check, clock),
            targets: Mutex::default(),
            eligible: ArcSwap::default(),
            turn: AtomicUsize::new(0),
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

    /// The states of its targets, now and whenever one changes.
    pub fn states(&self) -> watch::Receiver<TargetStates> {
        self.described.subscribe()
    }

    /// Registers a target and starts to check it. Must be called on a runtime; a target that is
    /// registered already starts anew.
    pub fn register(self: &Arc<Self>, target: SocketAddr) {
        let checks = tokio::spawn(check::run(Arc::downgrade(self), self.check.clone(), target));
        let entry = Target { health: Health::new(Instant::now()), checks: checks.abort_handle() };
        let mut targets = self.targets();
        if let Some(old) = targets.insert(target, entry) {
            old.checks.abort();
        }
        self.publish(&targets);
    }

    /// Takes a target out: it gets no further request from here on.
    pub fn deregister(&self, target: SocketAddr) {
        let mut targets = self.targets();
        if let Some(old) = targets.remove(&target) {
            old.checks.abort();
            self.publish(&targets);
        }
    }

    /// How many targets may get a request.
    pub(super) fn eligible(&self) -> usize {
        self.eligible.load().len()
    }

    /// The target whose turn it is, or `None` where none may get a request.
    pub(super) fn choose(&self) -> Option<SocketAddr> {
        let eligible = self.eligible.load();
        match eligible.len() {
            0 => None,
            1 => eligible.first().copied(),
            count => Some(eligible[self.turn.fetch_add(1, Ordering::Relaxed) % count]),
        }
    }

    /// Takes in what a check found; how long until the next, or `None` once the target is gone.
    pub(super) fn observe(
        &self,
        target: SocketAddr,
        outcome: &Outcome,
    ) -> Option<std::time::Duration> {
        let mut targets = self.targets();
        let health = &mut targets.get_mut(&target)?.health;
        let changed = health.observe(&self.policy, outcome, Instant::now());
        let interval = health.interval(&self.policy);
        if changed {
            self.publish(&targets);
        }
        Some(interval)
    }

    fn publish(&self, targets: &BTreeMap<SocketAddr, Target>) {
        self.eligible.store(Arc::new(eligible(
            targets.iter().map(|(address, target)| (*address, target.health.state())),
        )));
        let state =
            |(address, target): (&SocketAddr, &Target)| (*address, target.health.state().clone());
        self.described.send_replace(targets.iter().map(state).collect());
    }

    fn targets(&self) -> MutexGuard<'_, BTreeMap<SocketAddr, Target>> {
        // Nothing between two changes of the map can panic, so a poisoned lock is still sound.
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TargetGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TargetGroup").field("arn", &self.arn).finish_non_exhaustive()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.checks.abort();
    }
}

/// The healthy ones; where there is none, the unhealthy ones (alb §4.4: it fails open). Targets that
/// no check has decided on never get requests.
fn eligible<'a>(targets: impl Iterator<Item = (SocketAddr, &'a TargetState)>) -> Vec<SocketAddr> {
    let (mut healthy, mut unhealthy) = (Vec::new(), Vec::new());
    for (address, state) in targets {
        match state {
            TargetState::Healthy => healthy.push(address),
            TargetState::Unhealthy(_) => unhealthy.push(address),
            TargetState::Initial => {}
        }
    }
    if healthy.is_empty() { unhealthy } else { healthy }
}

#[cfg(test)]
mod tests {
    use super::{super::health::Reason, *};

    const UNHEALTHY: TargetState = TargetState::Unhealthy(Reason::Timeout);

    fn chosen(states: &[TargetState]) -> Vec<u16> {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let targets = (0..).map(address).zip(states);
        eligible(targets).iter().map(SocketAddr::port).collect()
    }

    #[test]
    fn only_healthy_targets_get_requests_while_there_is_one() {
        let states = [UNHEALTHY, TargetState::Healthy, TargetState::Initial, TargetState::Healthy];
        assert_eq!(chosen(&states), [1, 3]);
    }

    #[test]
    fn without_a_healthy_target_the_unhealthy_ones_get_requests() {
        assert_eq!(chosen(&[UNHEALTHY, TargetState::Initial, UNHEALTHY]), [0, 2]);
    }

    #[test]
    fn targets_that_no_check_has_decided_on_get_none() {
        assert_eq!(chosen(&[TargetState::Initial]), [] as [u16; 0]);
    }
}
