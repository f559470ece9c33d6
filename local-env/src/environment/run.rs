//! The loop that runs an environment: it takes what becomes of tasks and in which states the load
//! balancer has them, and does what each service's scheduler decides.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    Environment, EnvironmentError, running::RunningEnvironment, status::Notice, update::Update,
};
use crate::{
    ecs::{Launcher, TaskEvent},
    metadata::MetadataServer,
};
use alb::RunningLoadBalancer;
use cloudmap::DnsServer;
use scheduler::Revision;
use stack::LogicalId;

/// `stoppedReason` of the tasks when the whole environment stops.
const STOPPED: &str = "Task stopped by user";
/// How long the end of what was killed is waited for.
const KILL_PATIENCE: Duration = Duration::from_secs(1);

/// Signals by which a running environment is stopped.
#[derive(Clone, Debug, Default)]
pub struct StopSignal {
    /// Asks the tasks to end, and lets requests in flight finish.
    pub gently: CancellationToken,
    /// Ends everything now.
    pub at_once: CancellationToken,
}

/// What a running environment gets from outside.
pub(crate) struct Inbox {
    /// What it is to do; the sender may be gone from the start.
    pub orders: mpsc::UnboundedReceiver<Order>,
    /// Signals to stop.
    pub stop: StopSignal,
}

/// Something that a running environment is to do.
#[derive(Debug)]
pub(crate) enum Order {
    /// Runs another version of the stack.
    Update(Box<Update>),
    /// Runs so many tasks of the service with this logical id.
    Scale(LogicalId, u32),
}

// === impl Environment ===

impl Environment {
    /// Starts the tasks and serves until the inbox says to stop. `launcher` makes the launcher, which
    /// sends there what becomes of its tasks. Must be run within a `LocalSet`.
    ///
    /// # Errors
    ///
    /// If the load balancers or the proxies of Service Connect can't be started.
    pub(crate) async fn run<L: Launcher>(
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
        let mut running = RunningEnvironment {
            balancers: balancers.map_err(EnvironmentError::Start)?,
            services: Vec::new(),
            launcher: launcher(sender),
            notices,
            changed,
            watched: HashSet::new(),
            environment: self,
        };
        for model in &Arc::clone(&running.environment.stack).services {
            running.add_service(model, Revision(1));
        }
        running.serve(&mut events, health, &mut inbox).await;
        running.balancers.iter().for_each(RunningLoadBalancer::close);
        running.stop_tasks(&mut events, &inbox.stop).await;
        let Environment { dns, task_metadata, .. } = running.environment;
        finish(running.balancers, dns, task_metadata, &inbox.stop).await;
        Ok(())
    }
}

/// Lets the last requests be answered, and then the last names: a task may need one to finish.
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

// === impl RunningEnvironment ===

impl<L: Launcher> RunningEnvironment<L> {
    async fn serve(
        &mut self,
        events: &mut mpsc::UnboundedReceiver<TaskEvent>,
        mut health: mpsc::Receiver<()>,
        inbox: &mut Inbox,
    ) {
        loop {
            let wake = self.act();
            self.publish_status();
            tokio::select! {
                biased;
                () = inbox.stop.gently.cancelled() => return,
                Some(event) = events.recv() => {
                    self.note(event);
                    // What has happened already is acted on at once, so that a hundred tasks that
                    // start together cost one decision and not a hundred.
                    while let Ok(event) = events.try_recv() {
                        self.note(event);
                    }
                }
                Some(()) = health.recv() => self.note_targets(),
                Some(order) = inbox.orders.recv() => match order {
                    Order::Update(update) => self.update(*update),
                    Order::Scale(service, count) => self.scale(service, count),
                },
                Some(protection) = self.environment.protections.recv() => {
                    for service in &mut self.services {
                        service.protect(&protection.task, protection.until);
                    }
                }
                () = until(wake) => {}
            }
        }
    }

    /// Asks all tasks to end, and waits until they have ended.
    async fn stop_tasks(
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
                Some(event) = events.recv() => self.note(event),
            }
            self.send_notices();
            self.publish_status();
        }
        self.launcher.kill();
        // What is killed is gone a moment later, and is waited for, so that nothing of it is left.
        let _ = timeout(KILL_PATIENCE, self.note_ends(events)).await;
        self.send_notices();
    }

    /// Notes what becomes of tasks until none is left.
    async fn note_ends(&mut self, events: &mut mpsc::UnboundedReceiver<TaskEvent>) {
        while self.services.iter().any(|service| !service.is_empty()) {
            let Some(event) = events.recv().await else { return };
            self.note(event);
        }
    }
}

async fn until(wake: Option<Instant>) {
    match wake {
        Some(wake) => sleep_until(wake).await,
        None => std::future::pending().await,
    }
}
