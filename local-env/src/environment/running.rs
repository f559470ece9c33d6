//! An environment at work: its services, and what they are run with.

use std::collections::HashSet;

use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{
    Environment,
    bulletin::Bulletin,
    service::RunningService,
    status::{Notice, Status},
    wiring::Wiring,
};
use crate::ecs::{Launcher, TaskEvent};
use alb::{RunningLoadBalancer, TargetStates};
use scheduler::{Pace, Revision};
use stack::{Arn, Service};

/// An environment whose load balancers and tasks run.
pub(super) struct RunningEnvironment<L> {
    pub(super) environment: Environment,
    pub(super) balancers: Vec<RunningLoadBalancer>,
    pub(super) services: Vec<RunningService>,
    pub(super) launcher: L,
    pub(super) notices: mpsc::UnboundedSender<Notice>,
    /// Gets a signal whenever a target's state has changed.
    pub(super) changed: mpsc::Sender<()>,
    /// The target groups whose states are watched.
    pub(super) watched: HashSet<Arn>,
}

// === impl RunningEnvironment ===

impl<L: Launcher> RunningEnvironment<L> {
    /// Adds a service, whose first deployment runs this revision.
    pub(super) fn add_service(&mut self, model: &Service, revision: Revision) {
        let model = self.environment.scaled(model);
        let name = self.environment.stack.local_name(&model).to_owned();
        let (wiring, pace) = (self.wiring(&model), self.pace());
        let service = RunningService::new(name, model, wiring, revision, pace, self.bulletin());
        self.services.push(service);
    }

    /// Finds the places where a service's tasks are registered, and has the states of their targets
    /// watched.
    pub(super) fn wiring(&mut self, model: &Service) -> Wiring {
        let Environment { groups, registry, connect, .. } = &self.environment;
        let wiring = Wiring::new(model, groups, registry, connect);
        for group in wiring.groups() {
            if self.watched.insert(group.arn().clone()) {
                tokio::task::spawn_local(signal_changes(group.states(), self.changed.clone()));
            }
        }
        wiring
    }

    fn bulletin(&self) -> Bulletin {
        let Environment { stack, directory, .. } = &self.environment;
        let (account, region) = (stack.account.clone(), stack.region.clone());
        Bulletin { directory: directory.clone(), account, region }
    }

    /// Returns the scheduler's waits, as long as they are here.
    pub(super) fn pace(&self) -> Pace {
        let clock = self.environment.clock;
        Pace::of(|wait| clock.wait(wait))
    }

    /// Does what the schedulers decide, and returns when to ask them again.
    pub(super) fn act(&mut self) -> Option<Instant> {
        let mut wake: Option<Instant> = None;
        for service in &mut self.services {
            wake = wake.into_iter().chain(service.act(&mut self.launcher)).min();
        }
        self.send_notices();
        self.services.retain(|service| !service.is_gone());
        wake
    }

    /// Notes what has become of a task.
    pub(super) fn note(&mut self, TaskEvent { task, change }: TaskEvent) {
        if let Some(service) = self.services.iter_mut().find(|one| one.is_of(&task)) {
            service.note(task, change);
        }
    }

    /// Notes in which states the load balancer has the tasks now.
    pub(super) fn note_targets(&mut self) {
        self.services.iter_mut().for_each(RunningService::note_targets);
    }

    /// Sends the notices that the services have recorded.
    pub(super) fn send_notices(&mut self) {
        for notice in self.services.iter_mut().flat_map(RunningService::take_notices) {
            send(&self.notices, notice);
        }
    }

    /// Sends a notice.
    pub(super) fn send_notice(&self, notice: Notice) {
        send(&self.notices, notice);
    }

    /// Publishes how the services are doing, if that has changed.
    pub(super) fn publish_status(&self) {
        let status =
            Status { services: self.services.iter().map(RunningService::status).collect() };
        self.environment.status.send_if_modified(|old| {
            let changed = *old != status;
            *old = status;
            changed
        });
    }
}

async fn signal_changes(mut states: watch::Receiver<TargetStates>, changed: mpsc::Sender<()>) {
    while states.changed().await.is_ok() {
        // A full channel already holds a signal that has yet to be taken.
        if changed.is_closed() {
            return;
        }
        let _ = changed.try_send(());
    }
}

/// Sends a notice to whoever watches, who may be gone; the environment goes on.
fn send(notices: &mpsc::UnboundedSender<Notice>, notice: Notice) {
    if let Err(unsent) = notices.send(notice) {
        tracing::trace!(notice = ?unsent.0, "nobody takes a notice");
    }
}
