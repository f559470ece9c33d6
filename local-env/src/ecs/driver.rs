//! Drives one task: does what its life orders, through whatever runs its containers, and reports what
//! becomes of it.

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::task::{ContainerState, TaskChange};
use scheduler::{ContainerEvent, Order, StopReason, TaskLife};

/// Runs the containers of one task, which are known by their indices in the task definition. When one
/// has exited or has been checked, the runner sends a [`ContainerEvent`].
pub(super) trait Runner {
    /// Starts a container, or returns in the user's words why it cannot be started.
    async fn start(&mut self, index: usize) -> Result<(), String>;

    /// Sends a container its stop signal.
    fn signal(&self, index: usize);

    /// Kills a container.
    fn kill(&self, index: usize);

    /// Runs a container's health check.
    fn check(&self, index: usize);

    /// Notes that a container has exited.
    fn forget(&mut self, index: usize);

    /// Returns the id of the process that a container is; `None` unless it runs.
    fn process(&self, index: usize) -> Option<u32>;

    /// Waits until something has to be done that is done from time to time, and does it; is called
    /// again and again.
    async fn tend(&mut self);
}

/// A task that is being driven.
pub(super) struct Driver<R, T> {
    pub(super) life: TaskLife,
    pub(super) runner: R,
    /// Takes what becomes of the task.
    pub(super) report: T,
}

// === impl Driver ===

impl<R: Runner, T: Fn(TaskChange)> Driver<R, T> {
    /// Drives the task until it has ended: when its life says so, or when it was asked to.
    pub(super) async fn run(
        mut self,
        mut events: mpsc::UnboundedReceiver<ContainerEvent>,
        requests: &mut mpsc::UnboundedReceiver<StopReason>,
    ) {
        loop {
            if self.advance().await {
                return;
            }
            tokio::select! {
                biased;
                Some(why) = requests.recv() => self.life.stop(why),
                Some(event) = events.recv() => self.note(event),
                () = until(self.life.next_wake().map(Instant::from_std)) => {}
                () = self.runner.tend() => {}
            }
        }
    }

    /// Does what is to be done, until there is nothing more, and returns whether the task has ended.
    async fn advance(&mut self) -> bool {
        loop {
            let orders = self.life.advance(Instant::now().into_std());
            if orders.is_empty() {
                return false;
            }
            for order in orders {
                if self.obey(order).await {
                    return true;
                }
            }
        }
    }

    /// Does what an order says, and returns whether the task has ended by that.
    async fn obey(&mut self, order: Order) -> bool {
        match order {
            Order::Start(index) => {
                let started = match self.runner.start(index).await {
                    Ok(()) => ContainerEvent::Started(index),
                    Err(why) => ContainerEvent::CannotStart(index, why),
                };
                self.note(started);
            }
            Order::Signal(index) => self.runner.signal(index),
            Order::Kill(index) => self.runner.kill(index),
            Order::Check(index) => self.runner.check(index),
            Order::TellRunning => (self.report)(TaskChange::Running),
            Order::TellHealth(health) => (self.report)(TaskChange::Health(health)),
            Order::TellStopped(stopped) => {
                (self.report)(TaskChange::Stopped(stopped));
                return true;
            }
        }
        false
    }

    /// Notes what happened to a container, and reports how all containers are then.
    fn note(&mut self, event: ContainerEvent) {
        if let ContainerEvent::Exited(index, _) = event {
            self.runner.forget(index);
        }
        self.life.note(event, Instant::now().into_std());
        let containers = self.life.containers().into_iter().enumerate();
        let containers = containers.map(|(index, status)| {
            let process = self.runner.process(index);
            ContainerState { status, process }
        });
        (self.report)(TaskChange::Containers(containers.collect()));
    }
}

async fn until(wake: Option<Instant>) {
    match wake {
        Some(wake) => sleep_until(wake).await,
        None => std::future::pending().await,
    }
}
