//! The environment at work: one loop that hears what becomes of tasks and what the load balancer
//! thinks of them, and acts on what each service's scheduler decides.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    Environment, EnvironmentError, Notice, ServiceStatus, Status, TaskStatus, wiring::Wiring,
};
use crate::{
    alb::{RunningLoadBalancer, TargetState, TargetStates},
    cloudmap::DnsServer,
    ecs::{Decision, Launcher, Scheduler, Task, TaskChange, TaskEvent, TaskId},
    stack::Service,
};

/// How to end a running environment.
#[derive(Clone, Debug, Default)]
pub struct StopSignal {
    /// Tasks are asked to end and requests in flight are finished.
    pub gently: CancellationToken,
    /// Everything ends now.
    pub at_once: CancellationToken,
}

struct Running<L> {
    services: Vec<RunningService>,
    launcher: L,
    notices: mpsc::UnboundedSender<Notice>,
    status: watch::Sender<Status>,
}

struct RunningService {
    name: String,
    model: Arc<Service>,
    wiring: Wiring,
    scheduler: Scheduler,
    tasks: BTreeMap<TaskId, RunningTask>,
}

struct RunningTask {
    address: Ipv4Addr,
    target: Option<TargetState>,
}

// === impl Environment ===

impl Environment {
    /// Starts the tasks and serves until `stop` is given. `launcher` gets where to send what becomes
    /// of its tasks. Must be run within a `LocalSet`.
    pub async fn run<L: Launcher>(
        self,
        launcher: impl FnOnce(mpsc::UnboundedSender<TaskEvent>) -> L,
        notices: mpsc::UnboundedSender<Notice>,
        stop: StopSignal,
    ) -> Result<(), EnvironmentError> {
        let (sender, mut events) = mpsc::unbounded_channel();
        let service = |model: &Service| self.service(model);
        let mut running = Running {
            services: self.stack.services.iter().map(service).collect(),
            launcher: launcher(sender),
            notices,
            status: self.status,
        };
        let start = |balancer: crate::alb::LoadBalancer| balancer.start();
        let balancers = self.balancers.into_iter().map(start).collect::<Result<Vec<_>, _>>();
        let balancers = balancers.map_err(EnvironmentError::Start)?;
        running.serve(&mut events, &stop).await;
        balancers.iter().for_each(RunningLoadBalancer::close);
        running.end_tasks(&mut events, &stop).await;
        finish(balancers, self.dns, &stop).await;
        Ok(())
    }

    fn service(&self, model: &Service) -> RunningService {
        let desired = self.scale.get(&model.logical_id).unwrap_or(&model.desired_count);
        RunningService {
            name: self.stack.local_name(model).to_owned(),
            wiring: Wiring::new(model, &self.groups, &self.registry),
            scheduler: Scheduler::new(usize::try_from(*desired).unwrap_or(usize::MAX)),
            model: Arc::new(model.clone()),
            tasks: BTreeMap::new(),
        }
    }
}

/// The last requests are answered, and then the names: a task may need one to finish.
async fn finish(balancers: Vec<RunningLoadBalancer>, dns: DnsServer, stop: &StopSignal) {
    let finished = async {
        for balancer in balancers {
            balancer.stop().await;
        }
        dns.stop().await;
    };
    tokio::select! {
        () = finished => {}
        () = stop.at_once.cancelled() => {}
    }
}

// === impl Running ===

impl<L: Launcher> Running<L> {
    async fn serve(&mut self, events: &mut mpsc::UnboundedReceiver<TaskEvent>, stop: &StopSignal) {
        let mut health = self.watch_health();
        loop {
            let wake = self.act();
            self.publish();
            tokio::select! {
                biased;
                () = stop.gently.cancelled() => return,
                Some(event) = events.recv() => self.hear(event),
                Some(()) = health.recv() => self.note_targets(),
                () = until(wake) => {}
            }
        }
    }

    /// A word whenever a target's state has changed.
    fn watch_health(&self) -> mpsc::Receiver<()> {
        let (changed, receiver) = mpsc::channel(1);
        for group in self.services.iter().flat_map(|service| service.wiring.groups()) {
            tokio::task::spawn_local(tell_of_changes(group.states(), changed.clone()));
        }
        receiver
    }

    /// Does what the schedulers decide; when to ask them again.
    fn act(&mut self) -> Option<Instant> {
        let now = Instant::now();
        let mut wake: Option<Instant> = None;
        for service in &mut self.services {
            let Decision { start, stop, wake: again } =
                service.scheduler.decide(now, TaskId::random);
            for id in start {
                self.launcher.start(Task { id, service: Arc::clone(&service.model) });
            }
            for id in stop {
                service.deregister(&id);
                self.launcher.stop(&id);
            }
            wake = wake.into_iter().chain(again).min();
        }
        wake
    }

    fn hear(&mut self, TaskEvent { task, change }: TaskEvent) {
        let Some(service) = self.services.iter_mut().find(|one| one.is_of(&task)) else { return };
        let (name, task) = (service.name.clone(), task.id);
        let notice = match change {
            TaskChange::Running(address) => {
                service.running(&task, address);
                Notice::Running { service: name, task, address }
            }
            TaskChange::Stopped(why) => {
                let expected = service.stopped(&task);
                Notice::Stopped { service: name, task, why, expected }
            }
        };
        self.tell(notice);
    }

    fn note_targets(&mut self) {
        let mut changes = Vec::new();
        for service in &mut self.services {
            for (id, task) in &mut service.tasks {
                let state = service.wiring.target_state(task.address);
                if let (true, Some(state)) = (state != task.target, state.clone()) {
                    let service = service.name.clone();
                    changes.push(Notice::Target { service, task: id.clone(), state });
                }
                task.target = state;
            }
        }
        for change in changes {
            self.tell(change);
        }
    }

    /// Asks all tasks to end, and waits until they have.
    async fn end_tasks(
        &mut self,
        events: &mut mpsc::UnboundedReceiver<TaskEvent>,
        stop: &StopSignal,
    ) {
        for service in &mut self.services {
            service.scheduler.scale(0);
        }
        self.act();
        while self.services.iter().any(|service| !service.scheduler.is_empty()) {
            tokio::select! {
                biased;
                () = stop.at_once.cancelled() => break,
                Some(event) = events.recv() => self.hear(event),
            }
            self.publish();
        }
        self.launcher.kill();
    }

    fn tell(&self, notice: Notice) {
        tell(&self.notices, notice);
    }

    fn publish(&self) {
        let status =
            Status { services: self.services.iter().map(RunningService::status).collect() };
        self.status.send_if_modified(|old| {
            let changed = *old != status;
            *old = status;
            changed
        });
    }
}

// === impl RunningService ===

impl RunningService {
    fn is_of(&self, task: &Task) -> bool {
        self.model.logical_id == task.service.logical_id
    }

    fn running(&mut self, id: &TaskId, address: Ipv4Addr) {
        self.wiring.register(id, address);
        let target = self.wiring.target_state(address);
        self.tasks.insert(id.clone(), RunningTask { address, target });
    }

    fn deregister(&self, id: &TaskId) {
        if let Some(task) = self.tasks.get(id) {
            self.wiring.deregister(id, task.address);
        }
    }

    /// Takes a task that has ended out of everything; whether it had been asked to end.
    fn stopped(&mut self, id: &TaskId) -> bool {
        self.deregister(id);
        self.tasks.remove(id);
        self.scheduler.stopped(id, Instant::now())
    }

    fn status(&self) -> ServiceStatus {
        let containers = &self.model.task_definition.containers;
        let port = containers.iter().flat_map(|container| &container.ports).next().copied();
        let task = |(id, task): (&TaskId, &RunningTask)| TaskStatus {
            id: id.clone(),
            address: task.address,
            port,
            target: task.target.clone(),
        };
        ServiceStatus {
            name: self.name.clone(),
            desired: self.scheduler.desired(),
            tasks: self.tasks.iter().map(task).collect(),
        }
    }
}

async fn tell_of_changes(mut states: watch::Receiver<TargetStates>, changed: mpsc::Sender<()>) {
    while states.changed().await.is_ok() {
        // A full channel already holds a word that has not been heard.
        if changed.is_closed() {
            return;
        }
        let _ = changed.try_send(());
    }
}

/// The screen may be gone; the environment goes on.
fn tell(notices: &mpsc::UnboundedSender<Notice>, notice: Notice) {
    if let Err(unheard) = notices.send(notice) {
        tracing::trace!(notice = ?unheard.0, "unheard");
    }
}

async fn until(wake: Option<Instant>) {
    match wake {
        Some(wake) => sleep_until(wake).await,
        None => std::future::pending().await,
    }
}
