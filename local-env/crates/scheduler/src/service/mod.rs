//! How many tasks of a service to start or stop, and when.
//!
//! It has no process and no clock: it is told what happened and the time, and says what to do next.
//! A service has a primary deployment, and others that still have tasks while it is rolled. Tasks of
//! the primary one are started while there is room below the upper bound; tasks of the others, and
//! those whose checks fail, are stopped while enough healthy ones are left (cloudmap-ecs §3.6).
//!
//! A task that stops counts towards the upper bound until it has ended, so that there are never more
//! processes than the maximum percent says.

mod breaker;
mod deployment;
#[cfg(test)]
mod invariants;
mod policy;
#[cfg(test)]
mod tests;
mod throttle;
mod tracked;

use std::collections::BTreeMap;

use std::time::Instant;

pub use deployment::{Deployment, DeploymentId, Revision, Rollout};
pub use policy::Policy;
pub use throttle::Pace;
pub use tracked::Verdict;

use super::TaskId;
use throttle::Throttle;
use tracked::{Standing, Tracked};

/// Keeps one service at its desired count, and rolls it from one revision to the next.
#[derive(Clone, Debug)]
pub struct Scheduler {
    policy: Policy,
    /// The newest first: it is the primary one.
    deployments: Vec<Deployment>,
    tasks: BTreeMap<TaskId, Tracked>,
    throttle: Throttle,
    /// The last one that was completed, to roll back to.
    completed: Option<Revision>,
    steady: bool,
    told_of_being_stuck: bool,
    happenings: Vec<Happening>,
}

/// What to do now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Tasks to start, and what they run; the scheduler counts them as there from now on.
    pub start: Vec<(TaskId, Revision)>,
    /// Tasks to stop, and why.
    pub stop: Vec<(TaskId, StopCause)>,
    /// What the service's events tell.
    pub happenings: Vec<Happening>,
    /// When to ask again if nothing happens before.
    pub wake: Option<Instant>,
}

/// Why the scheduler stops a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopCause {
    /// The load balancer's checks fail.
    TargetUnhealthy,
    /// Its containers' own checks fail.
    ContainersUnhealthy,
    /// It is one too many, or of an older deployment than this one.
    Scaling(DeploymentId),
}

/// Something that a service's events tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// All tasks run, are healthy and of one deployment.
    SteadyState,
    /// A deployment is completed.
    Completed(DeploymentId),
    /// The circuit breaker has given a deployment up.
    Failed(DeploymentId),
    /// The circuit breaker takes up an earlier revision in this deployment.
    RollingBack(DeploymentId),
    /// The bounds leave no room to move.
    Stuck,
    /// Tasks stop again and again without having run.
    CannotStart,
}

/// How a service's tasks stand at one moment.
struct Count {
    /// Tasks that have not ended, stopping ones among them.
    alive: usize,
    /// Tasks that are not stopping.
    kept: usize,
    healthy: usize,
    stopping: usize,
    starting: usize,
}

// === impl Scheduler ===

impl Scheduler {
    /// A service without tasks, and its first deployment.
    pub fn new(policy: Policy, revision: Revision, id: DeploymentId) -> Self {
        Self {
            policy,
            deployments: vec![Deployment::new(id, revision)],
            tasks: BTreeMap::new(),
            throttle: Throttle::default(),
            completed: None,
            steady: false,
            told_of_being_stuck: false,
            happenings: Vec::new(),
        }
    }

    /// The number of tasks that it keeps running.
    pub fn desired(&self) -> u32 {
        self.policy.desired
    }

    /// Those that have tasks or are to get some, the primary one first.
    pub fn deployments(&self) -> &[Deployment] {
        &self.deployments
    }

    /// Whether it has no task, not even one that is stopping.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Whether the primary deployment is completed and nothing has been amiss since.
    pub fn is_steady(&self) -> bool {
        self.steady
    }

    /// The deployment that a task belongs to.
    pub fn deployment_of(&self, id: &TaskId) -> Option<DeploymentId> {
        self.tasks.get(id).map(|task| task.deployment)
    }

    /// Changes the number of tasks to keep running; no deployment (cloudmap-ecs §3.6).
    pub fn scale(&mut self, desired: u32) {
        self.policy.desired = desired;
        self.unsettle();
    }

    /// Changes what is wanted but for the revision; no deployment.
    pub fn change_policy(&mut self, policy: Policy) {
        self.policy = policy;
        self.unsettle();
    }

    /// Rolls to a revision, which may be the one that runs.
    pub fn deploy(&mut self, revision: Revision) -> DeploymentId {
        let id = self.primary().id.next();
        self.deployments.insert(0, Deployment::new(id, revision));
        self.throttle = Throttle::default();
        self.unsettle();
        id
    }

    /// A task's containers have started.
    pub fn running(&mut self, id: &TaskId, now: Instant) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.running = Some(now);
            self.throttle.runs();
        }
    }

    /// What the load balancer thinks of a task, the worst of several target groups.
    pub fn target(&mut self, id: &TaskId, verdict: Verdict) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.target = verdict;
        }
    }

    /// What a task's containers' own checks say.
    pub fn containers(&mut self, id: &TaskId, verdict: Verdict) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.containers = verdict;
        }
    }

    /// Spares a task from scaling and deployments, until then (cloudmap-ecs §4.5).
    pub fn protect(&mut self, id: &TaskId, until: Option<Instant>) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.protected_until = until;
        }
    }

    /// A task is being stopped by somebody else: by hand, say.
    pub fn stopping(&mut self, id: &TaskId) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.stopping = true;
            self.unsettle();
        }
    }

    /// A task has ended, or never ran. Whether it had been asked to.
    pub fn stopped(&mut self, id: &TaskId, now: Instant) -> bool {
        let Some(task) = self.tasks.remove(id) else { return true };
        if task.stopping {
            return true;
        }
        self.unsettle();
        if task.running.is_some() {
            self.throttle.ended(task.started, &self.policy.pace);
        } else if self.throttle.never_ran(now, &self.policy.pace) {
            self.happenings.push(Happening::CannotStart);
        }
        // One that passed its checks and then exits is not counted (cloudmap-ecs §3.6); one that
        // never got so far is, whatever ended it.
        if !task.was_healthy && !task.counted {
            self.count_failure(task.deployment);
        }
        false
    }

    /// What to do at `now`; `name` makes the ids of tasks to start.
    pub fn decide(&mut self, now: Instant, name: impl FnMut() -> TaskId) -> Decision {
        self.judge(now);
        self.break_circuit();
        let stop = self.stops(now);
        let start = self.starts(now, name);
        if start.is_empty() && stop.is_empty() {
            self.conclude(now);
        } else {
            self.unsettle();
            self.told_of_being_stuck = false;
        }
        let happenings = std::mem::take(&mut self.happenings);
        Decision { start, stop, happenings, wake: self.wake(now) }
    }

    fn primary(&self) -> &Deployment {
        // Made with one, and a deployment that is dropped is never the first.
        &self.deployments[0]
    }

    fn unsettle(&mut self) {
        self.steady = false;
    }

    /// Notes who has turned healthy, and counts who has turned unhealthy.
    fn judge(&mut self, now: Instant) {
        let resets = self.policy.breaker.is_none_or(|breaker| breaker.reset_on_healthy_task);
        let mut failed = Vec::new();
        for task in self.tasks.values_mut().filter(|task| !task.stopping) {
            match task.standing(&self.policy, now) {
                Standing::Healthy if !task.was_healthy => {
                    task.was_healthy = true;
                    let mut deployments = self.deployments.iter_mut();
                    if let Some(own) = deployments.find(|it| resets && it.id == task.deployment) {
                        own.failed_tasks = 0;
                    }
                }
                Standing::Unhealthy(_) if !task.counted => {
                    task.counted = true;
                    failed.push(task.deployment);
                }
                _ => {}
            }
        }
        for deployment in failed {
            self.unsettle();
            self.count_failure(deployment);
        }
    }

    fn count_failure(&mut self, id: DeploymentId) {
        if let Some(deployment) = self.deployments.iter_mut().find(|it| it.id == id) {
            deployment.failed_tasks += 1;
        }
    }

    fn break_circuit(&mut self) {
        let Some(breaker) = self.policy.breaker else { return };
        let limit = breaker::threshold(breaker.threshold, self.policy.desired);
        let primary = &mut self.deployments[0];
        if primary.rollout != Rollout::InProgress || primary.failed_tasks < limit {
            return;
        }
        primary.rollout = Rollout::Failed;
        let (failed, again) = (primary.id, !primary.is_rollback && breaker.rollback);
        self.happenings.push(Happening::Failed(failed));
        if let Some(revision) = self.completed.filter(|_| again) {
            let id = self.deploy(revision);
            self.deployments[0].is_rollback = true;
            self.happenings.push(Happening::RollingBack(id));
        }
    }

    fn count(&self, now: Instant) -> Count {
        let mut count = Count { alive: 0, kept: 0, healthy: 0, stopping: 0, starting: 0 };
        for task in self.tasks.values() {
            count.alive += 1;
            if task.stopping {
                count.stopping += 1;
                continue;
            }
            count.kept += 1;
            match task.standing(&self.policy, now) {
                Standing::Healthy => count.healthy += 1,
                Standing::Starting => count.starting += 1,
                Standing::Unhealthy(_) => {}
            }
        }
        count
    }

    /// The tasks that are not stopping, of the primary deployment or of the others, those to be
    /// stopped first first.
    fn kept(&self, of_primary: bool, now: Instant) -> Vec<(TaskId, Standing)> {
        let primary = self.primary().id;
        let kept = self
            .tasks
            .iter()
            .filter(|(_, task)| !task.stopping && (task.deployment == primary) == of_primary);
        let mut kept: Vec<_> = kept
            .map(|(id, task)| (task.standing(&self.policy, now), task.started, id.clone()))
            .collect();
        kept.sort();
        kept.into_iter().map(|(standing, _, id)| (id, standing)).collect()
    }

    fn stops(&mut self, now: Instant) -> Vec<(TaskId, StopCause)> {
        let mut count = self.count(now);
        let mut stops = Vec::new();
        let scaling = StopCause::Scaling(self.primary().id);
        // Nothing is taken from what runs for a deployment that has been given up.
        if self.primary().rollout != Rollout::Failed || self.policy.desired == 0 {
            for (id, standing) in self.kept(false, now) {
                self.stop(&id, standing, scaling, now, &mut count, &mut stops);
            }
        }
        let primary = self.kept(true, now);
        let condemned = primary.iter().filter(|(_, it)| matches!(it, Standing::Unhealthy(_)));
        let condemned: Vec<_> = condemned.cloned().collect();
        let good: Vec<_> = primary.into_iter().filter(|it| !condemned.contains(it)).collect();
        let surplus = good.len().saturating_sub(self.policy.desired());
        let unprotected = |id: &TaskId| !self.tasks.get(id).is_some_and(|it| it.is_protected(now));
        let surplus: Vec<_> = good.iter().filter(|it| unprotected(&it.0)).take(surplus).collect();
        for (id, standing) in surplus {
            self.stop(id, *standing, scaling, now, &mut count, &mut stops);
        }
        for (id, standing) in condemned.iter().take(self.replaced(&good, condemned.len(), &count)) {
            let Standing::Unhealthy(cause) = *standing else { continue };
            self.stop(id, *standing, cause, now, &mut count, &mut stops);
        }
        stops
    }

    /// How many tasks whose checks fail may go: those whose replacement is healthy, or, where there
    /// is no room for a replacement, one after the other.
    fn replaced(&self, good: &[(TaskId, Standing)], condemned: usize, count: &Count) -> usize {
        let healthy = good.iter().filter(|(_, it)| *it == Standing::Healthy).count();
        let awaited = self.policy.desired().saturating_sub(healthy);
        if condemned > awaited {
            return condemned - awaited;
        }
        let missing = good.len() < self.policy.desired();
        usize::from(missing && count.alive >= self.policy.upper() && count.stopping == 0)
    }

    /// Stops a task if enough are left.
    fn stop(
        &mut self,
        id: &TaskId,
        standing: Standing,
        cause: StopCause,
        now: Instant,
        count: &mut Count,
        stops: &mut Vec<(TaskId, StopCause)>,
    ) {
        let lower = self.policy.lower();
        let healthy = standing == Standing::Healthy;
        let left = if healthy { count.healthy } else { count.kept };
        let Some(task) = self.tasks.get_mut(id) else { return };
        let spared = task.is_protected(now) && matches!(cause, StopCause::Scaling(_));
        if left <= lower || spared {
            return;
        }
        task.stopping = true;
        count.kept -= 1;
        count.stopping += 1;
        count.healthy -= usize::from(healthy);
        stops.push((id.clone(), cause));
    }

    fn starts(&mut self, now: Instant, name: impl FnMut() -> TaskId) -> Vec<(TaskId, Revision)> {
        let Deployment { id, revision, .. } = *self.primary();
        if self.throttle.blocked_until(now).is_some() {
            return Vec::new();
        }
        let room = self.policy.upper().saturating_sub(self.tasks.len());
        let started: Vec<_> =
            std::iter::repeat_with(name).take(self.missing(now).min(room)).collect();
        let task = Tracked::new(id, now);
        self.tasks.extend(started.iter().map(|id| (id.clone(), task.clone())));
        started.into_iter().map(|id| (id, revision)).collect()
    }

    /// Tasks of the primary deployment that there should be and are not.
    fn missing(&self, now: Instant) -> usize {
        if self.primary().rollout == Rollout::Failed {
            return 0;
        }
        let primary = self.kept(true, now);
        let good = primary.iter().filter(|(_, it)| !matches!(it, Standing::Unhealthy(_))).count();
        self.policy.desired().saturating_sub(good)
    }

    /// Nothing is to be done: because all is well, or because nothing can be.
    fn conclude(&mut self, now: Instant) {
        let primary = self.primary().id;
        let tasks = &self.tasks;
        self.deployments
            .retain(|it| it.id == primary || tasks.values().any(|task| task.deployment == it.id));
        let count = self.count(now);
        let complete = self.deployments.len() == 1
            && count.alive == self.policy.desired()
            && count.healthy == count.alive;
        if complete {
            self.settle();
        } else {
            self.tell_if_stuck(now, &count);
        }
    }

    fn settle(&mut self) {
        let primary = &mut self.deployments[0];
        if primary.rollout == Rollout::InProgress {
            primary.rollout = Rollout::Completed;
            self.completed = Some(primary.revision);
            self.happenings.push(Happening::Completed(primary.id));
        }
        if !self.steady {
            self.steady = true;
            self.happenings.push(Happening::SteadyState);
        }
    }

    /// Nothing starts, nothing stops, nothing is on its way, and yet not all is as it should be.
    fn tell_if_stuck(&mut self, now: Instant, count: &Count) {
        let moving = count.stopping + count.starting > 0;
        let blocked = self.throttle.blocked_until(now).is_some();
        let protected = self.tasks.values().any(|task| task.is_protected(now));
        let failed = self.primary().rollout == Rollout::Failed;
        if !(moving || blocked || protected || failed || self.told_of_being_stuck) {
            self.told_of_being_stuck = true;
            self.happenings.push(Happening::Stuck);
        }
    }

    fn wake(&self, now: Instant) -> Option<Instant> {
        let tasks = self.tasks.values().filter(|task| !task.stopping);
        let changes = tasks.flat_map(|task| task.next_change(&self.policy)).flatten();
        let throttled = self.throttle.blocked_until(now).filter(|_| self.missing(now) > 0);
        changes.filter(|&at| at > now).chain(throttled).min()
    }
}
