//! An ECS service at work: its scheduler, its tasks, and what it tells of them.

use std::{collections::BTreeMap, rc::Rc, sync::Arc, time::SystemTime};

use tokio::time::Instant;

use super::{Notice, ServiceStatus, facts::Bulletin, task::RunningTask, wiring::Wiring};
use crate::ecs::{Launcher, Task, TaskChange};
use alb::TargetState;
use scheduler::{
    DeploymentId, Event, EventLog, HealthStatus, LastStatus, Pace, Plan, PlannedStart, PlannedStop,
    Revision, Scheduler, ServiceEvent, ServicePolicy, StopCode, StopReason, Stopped, TaskId,
};
use stack::{Arn, Service};

/// A service, with the revisions that its deployments run.
pub(super) struct RunningService {
    /// What people call it.
    pub(super) name: String,
    pub(super) model: Arc<Service>,
    revisions: BTreeMap<Revision, (Arc<Service>, Rc<Wiring>)>,
    scheduler: Scheduler,
    pub(super) tasks: BTreeMap<TaskId, RunningTask>,
    events: EventLog,
    bulletin: Bulletin,
    /// What is to be told.
    notices: Vec<Notice>,
    /// Whether the stack has it no longer.
    is_removed: bool,
}

// === impl RunningService ===

impl RunningService {
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
        Self {
            name,
            scheduler: Scheduler::new(ServicePolicy::of(&model, pace), revision, id),
            revisions: BTreeMap::from([(revision, (Arc::clone(&model), Rc::new(wiring)))]),
            model,
            tasks: BTreeMap::new(),
            events: EventLog::default(),
            bulletin,
            notices: Vec::new(),
            is_removed: false,
        }
    }

    /// Rolls to another model.
    pub(super) fn deploy(
        &mut self,
        model: Service,
        wiring: Wiring,
        revision: Revision,
        pace: Pace,
    ) {
        self.model = Arc::new(model);
        self.scheduler.set_policy(ServicePolicy::of(&self.model, pace));
        let deployed = (Arc::clone(&self.model), Rc::new(wiring));
        self.revisions.insert(revision, deployed);
        self.scheduler.deploy(revision);
    }

    /// Takes up what changes no task: the desired count, bounds, the grace period.
    pub(super) fn adjust(&mut self, model: Service, pace: Pace) {
        self.model = Arc::new(model);
        self.scheduler.set_policy(ServicePolicy::of(&self.model, pace));
    }

    /// The stack has it no longer: its tasks end in order.
    pub(super) fn remove(&mut self) {
        self.is_removed = true;
        self.scheduler.scale(0);
    }

    /// Whether it has been removed and nothing is left of it.
    pub(super) fn is_gone(&self) -> bool {
        self.is_removed && self.is_empty()
    }

    pub(super) fn is_of(&self, task: &Task) -> bool {
        self.model.logical_id == task.service.logical_id
    }

    pub(super) fn is_empty(&self) -> bool {
        self.scheduler.is_empty()
    }

    /// What has happened since this was asked last.
    pub(super) fn news(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Does what the scheduler decides; when to ask it again.
    pub(super) fn act(&mut self, launcher: &mut impl Launcher) -> Option<Instant> {
        let Plan { start, stop, happenings, wake } =
            self.scheduler.decide(Instant::now().into_std(), TaskId::random);
        for happening in happenings {
            self.tell(&Event::Happened(happening));
        }
        self.start(start, launcher);
        self.let_go(&stop);
        self.stop_what_has_drained(launcher);
        wake.map(Instant::from_std)
    }

    fn start(&mut self, start: Vec<PlannedStart>, launcher: &mut impl Launcher) {
        let ids: Vec<_> = start.iter().map(|it| it.task.clone()).collect();
        for PlannedStart { task: id, revision } in start {
            let Some((service, wiring)) = self.revisions.get(&revision) else { continue };
            let task = Task { id: id.clone(), service: Arc::clone(service), revision };
            let running = RunningTask::new(task.clone(), Rc::clone(wiring));
            // Before it is started: it may ask at once.
            self.bulletin.publish(&running);
            let (service, status) = (self.name.clone(), running.status);
            self.notices.push(Notice::Status { service, task: id.clone(), status });
            self.tasks.insert(id, running);
            launcher.start(task);
        }
        if !ids.is_empty() {
            self.tell(&Event::Started(&ids));
        }
    }

    /// Takes tasks out of names and target groups, in the order of cloudmap-ecs §3.4.
    fn let_go(&mut self, stop: &[PlannedStop]) {
        let Some(first) = stop.first() else { return };
        if let Some(deployment) = self.scheduler.deployment_of(&first.task)
            && !self.model.load_balancers.is_empty()
        {
            self.tell(&Event::Draining(deployment, stop.len()));
        }
        for PlannedStop { task: id, cause } in stop {
            let Some(task) = self.tasks.get_mut(id) else { continue };
            let failing = task.address.and_then(|address| task.wiring.failing(address));
            let reason = cause.reason(failing.map(|(group, ..)| group.arn()));
            let was_registered = task.deregister();
            task.leaving = Some(StopReason::new(StopCode::ServiceSchedulerInitiated, reason));
            if was_registered && task.wiring.shows_registration() {
                self.pass(id, LastStatus::Deactivating);
            }
        }
        for group in self.groups() {
            self.tell(&Event::Deregistered(stop.len(), &group));
        }
        let stopped: Vec<_> = stop.iter().map(|it| it.task.clone()).collect();
        self.tell(&Event::Stopped(&stopped));
    }

    /// The stop signal comes once nothing is on its way to a task any more.
    fn stop_what_has_drained(&mut self, launcher: &mut impl Launcher) {
        let drained = self.tasks.iter_mut().filter(|(_, task)| !task.is_draining());
        let drained = drained.filter_map(|(id, task)| Some((id.clone(), task.leaving.take()?)));
        for (id, why) in drained.collect::<Vec<_>>() {
            self.pass(&id, LastStatus::Stopping);
            launcher.stop(&id, why);
        }
    }

    /// Stops all tasks at once, as somebody would by hand: nobody waits for draining.
    pub(super) fn stop_all(&mut self, reason: &str, launcher: &mut impl Launcher) {
        self.scheduler.scale(0);
        for id in self.tasks.keys().cloned().collect::<Vec<_>>() {
            self.scheduler.note_stopping(&id);
            self.tasks.get_mut(&id).map(RunningTask::deregister);
            self.pass(&id, LastStatus::Stopping);
            launcher.stop(&id, StopReason::new(StopCode::UserInitiated, reason));
        }
    }

    /// Notes what has become of a task.
    pub(super) fn hear(&mut self, task: Task, change: TaskChange) {
        let id = task.id.clone();
        match change {
            TaskChange::Pending(address) => {
                // One that the scheduler did not ask for runs all the same.
                let wiring = self.revisions.values().next_back().map(|(_, it)| Rc::clone(it));
                let Some(wiring) = wiring else { return };
                let entry = self.tasks.entry(id.clone());
                entry.or_insert_with(|| RunningTask::new(task, wiring)).address = Some(address);
                self.pass(&id, LastStatus::Pending);
            }
            TaskChange::Running => self.runs(&id),
            TaskChange::Health(health) => self.checked(&id, health),
            TaskChange::Containers(containers) => {
                if let Some(task) = self.tasks.get_mut(&id) {
                    task.note(containers);
                    self.bulletin.publish(task);
                }
            }
            TaskChange::Stopped(why) => self.stopped(&id, why),
        }
    }

    /// A task is not to be stopped by scaling or deployments until then.
    pub(super) fn protect(&mut self, id: &TaskId, until: Option<SystemTime>) {
        let left = until.and_then(|until| until.duration_since(SystemTime::now()).ok());
        self.scheduler.set_protection(id, left.map(|left| Instant::now().into_std() + left));
    }

    fn runs(&mut self, id: &TaskId) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if task.status > LastStatus::Running {
            return;
        }
        task.register();
        let (shown, address) = (task.wiring.shows_registration(), task.address);
        if shown {
            self.pass(id, LastStatus::Activating);
        }
        self.pass(id, LastStatus::Running);
        self.scheduler.note_running(id, Instant::now().into_std());
        for group in self.groups() {
            self.tell(&Event::Registered(1, &group));
        }
        if let Some(address) = address {
            let (service, task) = (self.name.clone(), id.clone());
            self.notices.push(Notice::Running { service, task, address });
        }
    }

    fn checked(&mut self, id: &TaskId, health: HealthStatus) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        task.health = health;
        task.report(health);
        self.scheduler.note_container_health(id, health);
        if health == HealthStatus::Unhealthy {
            self.tell(&Event::ContainersUnhealthy(id));
        }
    }

    /// Takes a task that has ended out of everything.
    fn stopped(&mut self, id: &TaskId, why: Stopped) {
        self.pass(id, LastStatus::Deprovisioning);
        self.pass(id, LastStatus::Stopped);
        self.tasks.remove(id).as_mut().map(RunningTask::deregister);
        self.bulletin.directory.forget(id);
        let expected = self.scheduler.note_stopped(id, Instant::now().into_std());
        let (service, task) = (self.name.clone(), id.clone());
        self.notices.push(Notice::Stopped { service, task, why, expected });
    }

    /// Notes what the load balancer thinks of the tasks now.
    pub(super) fn note_targets(&mut self) {
        let changed = self.tasks.iter_mut().filter_map(|(id, task)| {
            Some((id.clone(), task.new_target_state()?, task.leaving.is_some()))
        });
        for (id, state, leaving) in changed.collect::<Vec<_>>() {
            self.scheduler.note_target_health(&id, health_of(&state));
            if matches!(state, TargetState::Unhealthy(_)) && !leaving {
                self.tell_of_failing(&id);
            }
            let service = self.name.clone();
            self.notices.push(Notice::Target { service, task: id, state });
        }
    }

    fn tell_of_failing(&mut self, id: &TaskId) {
        let task = self.tasks.get(id);
        let Some((address, task)) = task.and_then(|task| Some((task.address?, task))) else {
            return;
        };
        let wiring = Rc::clone(&task.wiring);
        if let Some((group, port, reason)) = wiring.failing(address) {
            let (target_group, reason) = (group.name(), reason.as_str());
            self.tell(&Event::Unhealthy { task: id, port, target_group, reason });
        }
    }

    /// A task is now there in its life.
    fn pass(&mut self, id: &TaskId, status: LastStatus) {
        if let Some(task) = self.tasks.get_mut(id)
            && task.status < status
        {
            task.status = status;
            self.bulletin.publish(task);
            let (service, task) = (self.name.clone(), id.clone());
            self.notices.push(Notice::Status { service, task, status });
        }
    }

    fn groups(&self) -> Vec<Arn> {
        self.model.load_balancers.iter().map(|entry| entry.target_group.clone()).collect()
    }

    fn tell(&mut self, event: &Event<'_>) {
        let message = event.message(&self.model.name);
        self.events.add(ServiceEvent { created_at: SystemTime::now(), message: message.clone() });
        self.notices.push(Notice::Event { service: self.name.clone(), message });
    }

    pub(super) fn status(&self) -> ServiceStatus {
        ServiceStatus {
            name: self.name.clone(),
            desired: usize::try_from(self.scheduler.desired_count()).unwrap_or(usize::MAX),
            tasks: self.tasks.values().filter_map(RunningTask::describe).collect(),
            deployments: self.scheduler.deployments().to_vec(),
            is_steady: self.scheduler.is_steady(),
        }
    }
}

fn health_of(state: &TargetState) -> HealthStatus {
    match state {
        TargetState::Healthy => HealthStatus::Healthy,
        TargetState::Unhealthy(_) => HealthStatus::Unhealthy,
        _ => HealthStatus::Unknown,
    }
}
