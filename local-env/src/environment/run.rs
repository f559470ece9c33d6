//! The environment at work: one loop that hears what becomes of tasks and what the load balancer
//! thinks of them, and acts on what each service's scheduler decides.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    Environment, EnvironmentError, Notice, Status, facts::Bulletin, service::RunningService,
    wiring::Wiring,
};
use crate::{
    ecs::{Launcher, TaskEvent},
    metadata::MetadataServer,
};
use alb::{RunningLoadBalancer, TargetStates};
use cloudmap::DnsServer;
use scheduler::{Pace, Revision};
use stack::{Arn, Service, Stack};

/// What a task is told when the whole environment stops.
const STOPPED: &str = "Task stopped by user";

/// How to end a running environment.
#[derive(Clone, Debug, Default)]
pub struct StopSignal {
    /// Tasks are asked to end and requests in flight are finished.
    pub gently: CancellationToken,
    /// Everything ends now.
    pub at_once: CancellationToken,
}

/// What a running environment hears from outside.
pub struct Inbox {
    /// Changes of the stack; the sender may be gone from the start.
    pub updates: mpsc::UnboundedReceiver<Update>,
    /// When to end.
    pub stop: StopSignal,
}

/// A change of what runs.
#[derive(Clone, Debug)]
pub struct Update {
    /// The stack as it is now.
    pub stack: Stack,
    /// What its services are rolled to where they have changed; greater than any before.
    pub revision: Revision,
    /// Services, by their logical ids, that are rolled though the template has them as before:
    /// because their program has changed, say.
    pub rolled: BTreeSet<String>,
}

/// An environment whose load balancers and tasks run.
pub(super) struct Running<L> {
    pub(super) environment: Environment,
    pub(super) balancers: Vec<RunningLoadBalancer>,
    pub(super) services: Vec<RunningService>,
    launcher: L,
    notices: mpsc::UnboundedSender<Notice>,
    /// A word whenever a target's state has changed.
    changed: mpsc::Sender<()>,
    pub(super) watched: HashSet<Arn>,
}

// === impl Environment ===

impl Environment {
    /// Starts the tasks and serves until `stop` is given. `launcher` gets where to send what becomes
    /// of its tasks. Must be run within a `LocalSet`.
    pub async fn run<L: Launcher>(
        mut self,
        launcher: impl FnOnce(mpsc::UnboundedSender<TaskEvent>) -> L,
        notices: mpsc::UnboundedSender<Notice>,
        mut inbox: Inbox,
    ) -> Result<(), EnvironmentError> {
        let (sender, mut events) = mpsc::unbounded_channel();
        let (changed, health) = mpsc::channel(1);
        let start = |balancer: alb::LoadBalancer| balancer.start();
        self.task_metadata.start();
        self.connect.start().map_err(EnvironmentError::Start)?;
        let balancers = std::mem::take(&mut self.balancers);
        let balancers = balancers.into_iter().map(start).collect::<Result<Vec<_>, _>>();
        let mut running = Running {
            balancers: balancers.map_err(EnvironmentError::Start)?,
            services: Vec::new(),
            launcher: launcher(sender),
            notices,
            changed,
            watched: HashSet::new(),
            environment: self,
        };
        for model in &Arc::clone(&running.environment.stack).services {
            running.add(model, Revision(1));
        }
        running.serve(&mut events, health, &mut inbox).await;
        running.balancers.iter().for_each(RunningLoadBalancer::close);
        running.end_tasks(&mut events, &inbox.stop).await;
        let Environment { dns, task_metadata, .. } = running.environment;
        finish(running.balancers, dns, task_metadata, &inbox.stop).await;
        Ok(())
    }
}

/// The last requests are answered, and then the names: a task may need one to finish.
async fn finish(
    balancers: Vec<RunningLoadBalancer>,
    dns: DnsServer,
    task_metadata: MetadataServer,
    stop: &StopSignal,
) {
    let finished = async {
        for balancer in balancers {
            balancer.stop().await;
        }
        dns.stop().await;
        task_metadata.stop().await;
    };
    tokio::select! {
        () = finished => {}
        () = stop.at_once.cancelled() => {}
    }
}

// === impl Running ===

impl<L: Launcher> Running<L> {
    async fn serve(
        &mut self,
        events: &mut mpsc::UnboundedReceiver<TaskEvent>,
        mut health: mpsc::Receiver<()>,
        inbox: &mut Inbox,
    ) {
        loop {
            let wake = self.act();
            self.publish();
            tokio::select! {
                biased;
                () = inbox.stop.gently.cancelled() => return,
                Some(event) = events.recv() => {
                    self.hear(event);
                    // What has happened already is acted on at once, so that a hundred tasks that
                    // start together cost one decision and not a hundred.
                    while let Ok(event) = events.try_recv() {
                        self.hear(event);
                    }
                }
                Some(()) = health.recv() => self.note_targets(),
                Some(update) = inbox.updates.recv() => self.update(update),
                Some(protection) = self.environment.protections.recv() => {
                    for service in &mut self.services {
                        service.protect(&protection.task, protection.until);
                    }
                }
                () = until(wake) => {}
            }
        }
    }

    /// Adds a service, whose first deployment runs this revision.
    pub(super) fn add(&mut self, model: &Service, revision: Revision) {
        let model = self.environment.scaled(model);
        let name = self.environment.stack.local_name(&model).to_owned();
        let (wiring, pace) = (self.wiring(&model), self.pace());
        let service = RunningService::new(name, model, wiring, revision, pace, self.bulletin());
        self.services.push(service);
    }

    /// Where a service's tasks are registered; what the load balancer thinks of them is watched.
    pub(super) fn wiring(&mut self, model: &Service) -> Wiring {
        let Environment { groups, registry, connect, .. } = &self.environment;
        let wiring = Wiring::new(model, groups, registry, connect);
        for group in wiring.groups() {
            if self.watched.insert(group.arn().clone()) {
                tokio::task::spawn_local(tell_of_changes(group.states(), self.changed.clone()));
            }
        }
        wiring
    }

    fn bulletin(&self) -> Bulletin {
        let Environment { stack, directory, .. } = &self.environment;
        let (account, region) = (stack.account.clone(), stack.region.clone());
        Bulletin { directory: directory.clone(), account, region }
    }

    pub(super) fn pace(&self) -> Pace {
        let clock = self.environment.clock;
        Pace::of(|wait| clock.wait(wait))
    }

    /// Does what the schedulers decide; when to ask them again.
    fn act(&mut self) -> Option<Instant> {
        let mut wake: Option<Instant> = None;
        for service in &mut self.services {
            wake = wake.into_iter().chain(service.act(&mut self.launcher)).min();
        }
        self.tell_news();
        self.services.retain(|service| !service.is_gone());
        wake
    }

    fn hear(&mut self, TaskEvent { task, change }: TaskEvent) {
        if let Some(service) = self.services.iter_mut().find(|one| one.is_of(&task)) {
            service.hear(task, change);
        }
    }

    fn note_targets(&mut self) {
        self.services.iter_mut().for_each(RunningService::note_targets);
    }

    /// Asks all tasks to end, and waits until they have.
    async fn end_tasks(
        &mut self,
        events: &mut mpsc::UnboundedReceiver<TaskEvent>,
        stop: &StopSignal,
    ) {
        for service in &mut self.services {
            service.stop_all(STOPPED, &mut self.launcher);
        }
        while self.services.iter().any(|service| !service.is_empty()) {
            tokio::select! {
                biased;
                () = stop.at_once.cancelled() => break,
                Some(event) = events.recv() => self.hear(event),
            }
            self.tell_news();
            self.publish();
        }
        self.launcher.kill();
        self.tell_news();
    }

    fn tell_news(&mut self) {
        for notice in self.services.iter_mut().flat_map(RunningService::news) {
            tell(&self.notices, notice);
        }
    }

    pub(super) fn tell(&self, notice: Notice) {
        tell(&self.notices, notice);
    }

    fn publish(&self) {
        let status =
            Status { services: self.services.iter().map(RunningService::status).collect() };
        self.environment.status.send_if_modified(|old| {
            let changed = *old != status;
            *old = status;
            changed
        });
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
