//! Drives one task: does what its life orders, through whatever runs its containers, and tells what
//! becomes of it.

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::TaskChange;
use scheduler::{ContainerEvent, Order, StopReason, TaskLife};

/// Runs the containers of one task, each named by its place in the task definition. When one exits or
/// has been checked, it says so as a [`ContainerEvent`].
pub(super) trait Runner {
    /// Starts a container; why that cannot be, in the user's words.
    async fn start(&mut self, index: usize) -> Result<(), String>;

    /// Sends a container its stop signal.
    fn signal(&self, index: usize);

    /// Kills a container.
    fn kill(&self, index: usize);

    /// Runs a container's health check.
    fn check(&self, index: usize);

    /// A container has exited.
    fn forget(&mut self, index: usize);

    /// The process that a container is, while it runs.
    fn process(&self, index: usize) -> Option<u32>;

    /// What has to be done from time to time; ends when it was, and is asked again.
    async fn tend(&mut self);
}

/// A task at work.
pub(super) struct Driver<R, T> {
    pub(super) life: TaskLife,
    pub(super) runner: R,
    /// Told of what becomes of the task.
    pub(super) tell: T,
}

// === impl Driver ===

impl<R: Runner, T: Fn(TaskChange)> Driver<R, T> {
    /// Until the task has ended. It ends when its life says so, or when it is asked to.
    pub(super) async fn run(
        mut self,
        mut inputs: mpsc::UnboundedReceiver<ContainerEvent>,
        asked: &mut mpsc::UnboundedReceiver<StopReason>,
    ) {
        loop {
            if self.advance().await {
                return;
            }
            tokio::select! {
                biased;
                Some(why) = asked.recv() => self.life.stop(why),
                Some(event) = inputs.recv() => self.note(event),
                () = until(self.life.next_wake().map(Instant::from_std)) => {}
                () = self.runner.tend() => {}
            }
        }
    }

    /// Does what is to be done, until there is nothing more. Whether the task has ended.
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
            Order::TellRunning => (self.tell)(TaskChange::Running),
            Order::TellHealth(health) => (self.tell)(TaskChange::Health(health)),
            Order::TellStopped(stopped) => {
                (self.tell)(TaskChange::Stopped(stopped));
                return true;
            }
        }
        false
    }

    fn note(&mut self, event: ContainerEvent) {
        if let ContainerEvent::Exited(index, _) = event {
            self.runner.forget(index);
        }
        self.life.note(event, Instant::now().into_std());
        let containers = self.life.containers().into_iter().enumerate();
        let containers = containers.map(|(index, it)| (it, self.runner.process(index)));
        (self.tell)(TaskChange::Containers(containers.collect()));
    }
}

async fn until(wake: Option<Instant>) {
    match wake {
        Some(wake) => sleep_until(wake).await,
        None => std::future::pending().await,
    }
}
