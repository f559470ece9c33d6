//! How many tasks of a service to start or stop, and when.
//!
//! The scheduler has no process and no clock: it is told what happened and the time, and plans what to
//! do next.
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
mod plan;
mod policy;
mod stop_cause;
#[cfg(test)]
mod tests;
mod throttle;
mod tracked;

use std::{collections::BTreeMap, time::Instant};

pub use deployment::{Deployment, DeploymentId, Revision, Rollout};
pub use plan::{Happening, Plan, PlannedStart, PlannedStop};
pub use policy::ServicePolicy;
pub use stop_cause::StopCause;
pub use throttle::Pace;

use super::{health::HealthStatus, task_id::TaskId};
use throttle::Throttle;
use tracked::{Standing, Tracked};

/// Keeps one service at its desired count, and rolls it from one revision to the next.
#[derive(Clone, Debug)]
pub struct Scheduler {
    policy: ServicePolicy,
    /// The deployments, the newest first: it is the primary one.
    deployments: Vec<Deployment>,
    tasks: BTreeMap<TaskId, Tracked>,
    throttle: Throttle,
    /// The revision of the last deployment that was completed, to roll back to.
    completed: Option<Revision>,
    steady: bool,
    is_known_stuck: bool,
    happenings: Vec<Happening>,
}

/// How a service's tasks stand at one moment.
struct Count {
    /// Tasks that have not ended, stopping ones included.
    alive: usize,
    /// Tasks that are not stopping.
    kept: usize,
    healthy: usize,
    stopping: usize,
    starting: usize,
}

/// The stops that are being planned, and how the tasks stand once they are done.
struct Stops {
    count: Count,
    planned: Vec<PlannedStop>,
}

// === impl Scheduler ===

impl Scheduler {
    /// Makes the scheduler of a service that has a first deployment and no tasks.
    pub fn new(policy: ServicePolicy, revision: Revision, id: DeploymentId) -> Self {
        Self {
            policy,
            deployments: vec![Deployment::new(id, revision)],
            tasks: BTreeMap::new(),
            throttle: Throttle::default(),
            completed: None,
            steady: false,
            is_known_stuck: false,
            happenings: Vec::new(),
        }
    }

    /// Returns the number of tasks that the scheduler keeps running.
    pub fn desired_count(&self) -> u32 {
        self.policy.desired
    }

    /// Returns the deployments that have tasks or are to get some, the primary one first.
    pub fn deployments(&self) -> &[Deployment] {
        &self.deployments
    }

    /// Returns whether the service has no task, not even one that is stopping.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Returns whether the primary deployment is completed and nothing has been amiss since.
    pub fn is_steady(&self) -> bool {
        self.steady
    }

    /// Returns the deployment that a task belongs to; `None` if there is no such task.
    pub fn deployment_of(&self, id: &TaskId) -> Option<DeploymentId> {
        self.tasks.get(id).map(|task| task.deployment)
    }

    /// Changes the number of tasks to keep running, without a deployment (cloudmap-ecs §3.6).
    pub fn scale(&mut self, desired: u32) {
        self.policy.desired = desired;
        self.unsettle();
    }

    /// Replaces the service's settings, without a deployment.
    pub fn set_policy(&mut self, policy: ServicePolicy) {
        self.policy = policy;
        self.unsettle();
    }

    /// Rolls the service to a revision, which may be the one that runs, and returns the id of the new
    /// deployment.
    pub fn deploy(&mut self, revision: Revision) -> DeploymentId {
        let id = self.primary().id.next();
        self.deployments.insert(0, Deployment::new(id, revision));
        self.throttle = Throttle::default();
        self.unsettle();
        id
    }

    /// Notes that a task's containers have started.
    pub fn note_running(&mut self, id: &TaskId, now: Instant) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.running = Some(now);
            self.throttle.note_running();
        }
    }

    /// Notes how the load balancer finds a task: the worst that any of its target groups says.
    pub fn note_target_health(&mut self, id: &TaskId, health: HealthStatus) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.target = health;
        }
    }

    /// Notes what the checks of a task's own containers come to.
    pub fn note_container_health(&mut self, id: &TaskId, health: HealthStatus) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.containers = health;
        }
    }

    /// Spares a task from scaling and deployments until then; `None` ends its protection
    /// (cloudmap-ecs §4.5).
    pub fn set_protection(&mut self, id: &TaskId, until: Option<Instant>) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.protected_until = until;
        }
    }

    /// Notes that somebody else is stopping a task: by hand, say.
    pub fn note_stopping(&mut self, id: &TaskId) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.stopping = true;
            self.unsettle();
        }
    }

    /// Notes that a task has ended, or could not be started, and returns whether it had been asked
    /// to end.
    pub fn note_stopped(&mut self, id: &TaskId, now: Instant) -> bool {
        let Some(task) = self.tasks.remove(id) else { return true };
        if task.stopping {
            return true;
        }
        self.unsettle();
        if task.running.is_some() {
            self.throttle.note_ended(task.started, &self.policy.pace);
        } else if self.throttle.note_never_ran(now, &self.policy.pace) {
            self.happenings.push(Happening::CannotStart);
        }
        // One that passed its checks and then exits is not counted (cloudmap-ecs §3.6); one that
        // never got so far is, whatever ended it.
        if !task.was_healthy && !task.counted {
            self.count_failure(task.deployment);
        }
        false
    }

    /// Plans what to do at `now`; `new_id` makes the ids of tasks to start.
    pub fn decide(&mut self, now: Instant, new_id: impl FnMut() -> TaskId) -> Plan {
        self.judge(now);
        self.break_circuit();
        let stop = self.plan_stops(now);
        let start = self.plan_starts(now, new_id);
        if start.is_empty() && stop.is_empty() {
            self.conclude(now);
        } else {
            self.unsettle();
            self.is_known_stuck = false;
        }
        let happenings = std::mem::take(&mut self.happenings);
        Plan { start, stop, happenings, wake: self.next_wake(now) }
    }

    fn primary(&self) -> &Deployment {
        // Made with one, and a deployment that is dropped is never the first.
        &self.deployments[0]
    }

    fn unsettle(&mut self) {
        self.steady = false;
    }

    /// Notes which tasks have turned healthy, and counts those that have turned unhealthy.
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

    /// Returns the tasks that are not stopping, of the primary deployment or of the others, in the
    /// order in which they are to be stopped.
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

    fn plan_stops(&mut self, now: Instant) -> Vec<PlannedStop> {
        let mut stops = Stops { count: self.count(now), planned: Vec::new() };
        let scaling = StopCause::Scaling(self.primary().id);
        // Nothing is taken from what runs for a deployment that has been given up.
        if self.primary().rollout != Rollout::Failed || self.policy.desired == 0 {
            for (id, standing) in self.kept(false, now) {
                self.stop(&id, standing, scaling, now, &mut stops);
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
            self.stop(id, *standing, scaling, now, &mut stops);
        }
        let replaced = self.replaced(&good, condemned.len(), &stops.count);
        for (id, standing) in condemned.iter().take(replaced) {
            let Standing::Unhealthy(cause) = *standing else { continue };
            self.stop(id, *standing, cause, now, &mut stops);
        }
        stops.planned
    }

    /// Returns how many tasks whose checks fail may be stopped: those whose replacement is healthy, or,
    /// where there is no room for a replacement, one after the other.
    fn replaced(&self, good: &[(TaskId, Standing)], condemned: usize, count: &Count) -> usize {
        let healthy = good.iter().filter(|(_, it)| *it == Standing::Healthy).count();
        let awaited = self.policy.desired().saturating_sub(healthy);
        if condemned > awaited {
            return condemned - awaited;
        }
        let missing = good.len() < self.policy.desired();
        usize::from(missing && count.alive >= self.policy.upper() && count.stopping == 0)
    }

    /// Plans the stop of a task if enough tasks are left without it.
    fn stop(
        &mut self,
        id: &TaskId,
        standing: Standing,
        cause: StopCause,
        now: Instant,
        stops: &mut Stops,
    ) {
        let (lower, count) = (self.policy.lower(), &mut stops.count);
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
        stops.planned.push(PlannedStop { task: id.clone(), cause });
    }

    fn plan_starts(&mut self, now: Instant, new_id: impl FnMut() -> TaskId) -> Vec<PlannedStart> {
        let Deployment { id, revision, .. } = *self.primary();
        if self.throttle.blocked_until(now).is_some() {
            return Vec::new();
        }
        let room = self.policy.upper().saturating_sub(self.tasks.len());
        let started: Vec<_> =
            std::iter::repeat_with(new_id).take(self.missing(now).min(room)).collect();
        let task = Tracked::new(id, now);
        self.tasks.extend(started.iter().map(|id| (id.clone(), task.clone())));
        started.into_iter().map(|task| PlannedStart { task, revision }).collect()
    }

    /// Returns the number of tasks that the primary deployment lacks.
    fn missing(&self, now: Instant) -> usize {
        if self.primary().rollout == Rollout::Failed {
            return 0;
        }
        let primary = self.kept(true, now);
        let good = primary.iter().filter(|(_, it)| !matches!(it, Standing::Unhealthy(_))).count();
        self.policy.desired().saturating_sub(good)
    }

    /// Notes that nothing is to be done: because all is well, or because nothing can be.
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
            self.note_if_stuck(now, &count);
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

    /// Notes, once, that nothing starts, nothing stops, nothing is on its way, and yet not all is as
    /// it should be.
    fn note_if_stuck(&mut self, now: Instant, count: &Count) {
        let moving = count.stopping + count.starting > 0;
        let blocked = self.throttle.blocked_until(now).is_some();
        let protected = self.tasks.values().any(|task| task.is_protected(now));
        let failed = self.primary().rollout == Rollout::Failed;
        if !(moving || blocked || protected || failed || self.is_known_stuck) {
            self.is_known_stuck = true;
            self.happenings.push(Happening::Stuck);
        }
    }

    fn next_wake(&self, now: Instant) -> Option<Instant> {
        let tasks = self.tasks.values().filter(|task| !task.stopping);
        let changes = tasks.flat_map(|task| task.next_change(&self.policy)).flatten();
        let throttled = self.throttle.blocked_until(now).filter(|_| self.missing(now) > 0);
        changes.filter(|&at| at > now).chain(throttled).min()
    }
}
