//! An ECS service at work: its scheduler, its tasks, and what it says of them.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use tokio::time::Instant;

use super::{
    bulletin::Bulletin,
    journal::Journal,
    status::{Notice, ServiceStatus},
    task::RunningTask,
    wiring::Wiring,
};
use crate::ecs::{Launcher, Task};
use scheduler::{
    DeploymentId, Event, LastStatus, Pace, Plan, PlannedStart, PlannedStop, Revision, Scheduler,
    ServicePolicy, StopCode, StopReason, TaskId,
};
use stack::{Arn, Service};

/// A service that runs, with the revisions that its deployments run.
pub(super) struct RunningService {
    pub(super) model: Arc<Service>,
    pub(super) revisions: BTreeMap<Revision, Deployed>,
    pub(super) scheduler: Scheduler,
    pub(super) tasks: BTreeMap<TaskId, RunningTask>,
    pub(super) journal: Journal,
    pub(super) bulletin: Bulletin,
    /// Whether the stack no longer has the service.
    is_removed: bool,
}

/// What the tasks of a revision are, and where they are registered.
pub(super) struct Deployed {
    service: Arc<Service>,
    pub(super) wiring: Rc<Wiring>,
}

// === impl RunningService ===

impl RunningService {
    /// Makes a service that people call `name` and that has no tasks yet.
    pub(super) fn new(
        name: String,
        model: Service,
        wiring: Wiring,
        revision: Revision,
        pace: Pace,
        bulletin: Bulletin,
    ) -> Self {
        let model = Arc::new(model);
        let id = DeploymentId::of(fastrand::u64(..));
        let deployed = Deployed { service: Arc::clone(&model), wiring: Rc::new(wiring) };
        Self {
            scheduler: Scheduler::new(ServicePolicy::of(&model, pace), revision, id),
            revisions: BTreeMap::from([(revision, deployed)]),
            model,
            tasks: BTreeMap::new(),
            journal: Journal::new(name),
            bulletin,
            is_removed: false,
        }
    }

    /// Rolls the service to another model.
    pub(super) fn deploy(
        &mut self,
        model: Service,
        wiring: Wiring,
        revision: Revision,
        pace: Pace,
    ) {
        self.model = Arc::new(model);
        self.scheduler.set_policy(ServicePolicy::of(&self.model, pace));
        let deployed = Deployed { service: Arc::clone(&self.model), wiring: Rc::new(wiring) };
        self.revisions.insert(revision, deployed);
        self.scheduler.deploy(revision);
    }

    /// Takes over from a model what changes no task: the desired count, bounds, the grace period.
    pub(super) fn adjust(&mut self, model: Service, pace: Pace) {
        self.model = Arc::new(model);
        self.scheduler.set_policy(ServicePolicy::of(&self.model, pace));
    }

    /// Notes that the stack no longer has the service, whose tasks end in order then.
    pub(super) fn remove(&mut self) {
        self.is_removed = true;
        self.scheduler.scale(0);
    }

    /// Returns whether the service has been removed and nothing is left of it.
    pub(super) fn is_gone(&self) -> bool {
        self.is_removed && self.is_empty()
    }

    /// Returns whether a task is of this service.
    pub(super) fn is_of(&self, task: &Task) -> bool {
        self.model.logical_id == task.service.logical_id
    }

    /// Returns whether the service has no task.
    pub(super) fn is_empty(&self) -> bool {
        self.scheduler.is_empty()
    }

    /// Returns the notices of what has happened since this was called last.
    pub(super) fn take_notices(&mut self) -> Vec<Notice> {
        self.journal.take_notices()
    }

    /// Does what the scheduler decides, and returns when to ask it again.
    pub(super) fn act(&mut self, launcher: &mut impl Launcher) -> Option<Instant> {
        let Plan { start, stop, happenings, wake } =
            self.scheduler.decide(Instant::now().into_std(), TaskId::random);
        for happening in happenings {
            self.record_event(&Event::Happened(happening));
        }
        self.start(start, launcher);
        self.deregister(&stop);
        self.stop_what_has_drained(launcher);
        wake.map(Instant::from_std)
    }

    fn start(&mut self, start: Vec<PlannedStart>, launcher: &mut impl Launcher) {
        let ids: Vec<_> = start.iter().map(|it| it.task.clone()).collect();
        for PlannedStart { task: id, revision } in start {
            let Some(deployed) = self.revisions.get(&revision) else { continue };
            let task = Task { id: id.clone(), service: Arc::clone(&deployed.service), revision };
            let running = RunningTask::new(task.clone(), Rc::clone(&deployed.wiring));
            // Before it is started: it may ask at once.
            self.bulletin.publish(&running);
            self.journal.record_status(&id, running.status);
            self.tasks.insert(id, running);
            launcher.start(task);
        }
        if !ids.is_empty() {
            self.record_event(&Event::Started(&ids));
        }
    }

    /// Takes tasks that are to be stopped out of names and target groups, in the order of
    /// cloudmap-ecs §3.4.
    fn deregister(&mut self, stop: &[PlannedStop]) {
        let Some(first) = stop.first() else { return };
        if let Some(deployment) = self.scheduler.deployment_of(&first.task)
            && !self.model.load_balancers.is_empty()
        {
            self.record_event(&Event::Draining(deployment, stop.len()));
        }
        for PlannedStop { task: id, cause } in stop {
            let Some(task) = self.tasks.get_mut(id) else { continue };
            let failing = task.address.and_then(|address| task.wiring.failing(address));
            let reason = cause.reason(failing.as_ref().map(|it| it.group.arn()));
            let was_registered = task.deregister();
            task.leaving = Some(StopReason::new(StopCode::ServiceSchedulerInitiated, reason));
            if was_registered && task.wiring.shows_registration() {
                self.advance(id, LastStatus::Deactivating);
            }
        }
        for group in self.groups() {
            self.record_event(&Event::Deregistered(stop.len(), &group));
        }
        let stopped: Vec<_> = stop.iter().map(|it| it.task.clone()).collect();
        self.record_event(&Event::Stopped(&stopped));
    }

    /// Stops the tasks that are to be stopped and to which nothing is on its way any more.
    fn stop_what_has_drained(&mut self, launcher: &mut impl Launcher) {
        let drained = self.tasks.iter_mut().filter(|(_, task)| !task.is_draining());
        let drained = drained.filter_map(|(id, task)| Some((id.clone(), task.leaving.take()?)));
        for (id, why) in drained.collect::<Vec<_>>() {
            self.advance(&id, LastStatus::Stopping);
            launcher.stop(&id, why);
        }
    }

    /// Stops all tasks at once, as somebody would by hand: nobody waits for draining.
    pub(super) fn stop_all(&mut self, reason: &str, launcher: &mut impl Launcher) {
        self.scheduler.scale(0);
        for id in self.tasks.keys().cloned().collect::<Vec<_>>() {
            self.scheduler.note_stopping(&id);
            self.tasks.get_mut(&id).map(RunningTask::deregister);
            self.advance(&id, LastStatus::Stopping);
            launcher.stop(&id, StopReason::new(StopCode::UserInitiated, reason));
        }
    }

    /// Notes where a task is in its life, which never goes back.
    pub(super) fn advance(&mut self, id: &TaskId, status: LastStatus) {
        if let Some(task) = self.tasks.get_mut(id)
            && task.status < status
        {
            task.status = status;
            self.bulletin.publish(task);
            self.journal.record_status(id, status);
        }
    }

    /// Returns the target groups that the tasks are registered in.
    pub(super) fn groups(&self) -> Vec<Arn> {
        self.model.load_balancers.iter().map(|entry| entry.target_group.clone()).collect()
    }

    /// Records an event.
    pub(super) fn record_event(&mut self, event: &Event<'_>) {
        self.journal.record_event(&self.model.name, event);
    }

    /// Describes how the service is doing.
    pub(super) fn status(&self) -> ServiceStatus {
        ServiceStatus {
            name: self.journal.name().to_owned(),
            desired: usize::try_from(self.scheduler.desired_count()).unwrap_or(usize::MAX),
            tasks: self.tasks.values().filter_map(RunningTask::describe).collect(),
            deployments: self.scheduler.deployments().to_vec(),
            is_steady: self.scheduler.is_steady(),
        }
    }
}
