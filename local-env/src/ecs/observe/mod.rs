//! Tasks that something else runs, and that are only watched: Docker Compose's, say.
//!
//! What runs is known by its name in the DNS of the network that it runs on: each address that the
//! name of a service has there is a task. The names are looked up again and again; an address that
//! is new has been started, one that is gone has ended. The scheduler above knows nothing of that:
//! when it wants a task, it gets the next one that turns up; tasks that nobody wanted are registered
//! all the same, since they run.

mod sightings;

use std::{collections::BTreeSet, net::Ipv4Addr, time::Duration};

use tokio::{
    sync::mpsc,
    task::{AbortHandle, spawn_local},
    time::{MissedTickBehavior, interval},
};

pub(crate) use sightings::Watched;

use super::task::{Launcher, Task, TaskEvent};
use scheduler::{StopReason, TaskId};
use sightings::Sightings;

/// How long a look-up of a name may take.
pub(crate) const LOOK_UP_PATIENCE: Duration = Duration::from_millis(500);
/// How long it takes from one look to the next.
const INTERVAL: Duration = Duration::from_millis(100);

/// Services to watch, and how their names are looked up.
pub(crate) struct Observer<L> {
    services: Vec<Watched>,
    look_up: L,
}

/// The launcher for tasks that something else runs.
pub(crate) struct ObservingLauncher {
    wishes: mpsc::UnboundedSender<Wish>,
    watching: AbortHandle,
}

/// Something that the scheduler asked for.
enum Wish {
    Start(Task),
    Stop(TaskId),
}

// === impl Observer ===

impl<L> Observer<L>
where
    L: AsyncFn(&str) -> Option<BTreeSet<Ipv4Addr>> + 'static,
{
    /// Prepares to watch these services. `look_up` returns the addresses of a name; `None` where nobody
    /// answers, which says nothing of what runs.
    pub(crate) fn new(services: Vec<Watched>, look_up: L) -> Self {
        Self { services, look_up }
    }

    /// Watches, and sends events of what changes. Must be called within a `LocalSet`.
    pub(crate) fn watch(self, events: mpsc::UnboundedSender<TaskEvent>) -> ObservingLauncher {
        let (wishes, asked) = mpsc::unbounded_channel();
        let sightings = self.services.into_iter().map(Sightings::new).collect();
        let watching = spawn_local(watch(sightings, self.look_up, asked, events)).abort_handle();
        ObservingLauncher { wishes, watching }
    }
}

// === impl ObservingLauncher ===

impl ObservingLauncher {
    fn wish(&self, wish: Wish) {
        if self.wishes.send(wish).is_err() {
            tracing::debug!("nobody watches any more");
        }
    }
}

impl Launcher for ObservingLauncher {
    fn start(&mut self, task: Task) {
        self.wish(Wish::Start(task));
    }

    /// Forgets the task: what runs it ends it as well.
    fn stop(&mut self, id: &TaskId, _why: StopReason) {
        self.wish(Wish::Stop(id.clone()));
    }

    fn kill(&mut self) {
        self.watching.abort();
    }
}

async fn watch(
    mut services: Vec<Sightings>,
    look_up: impl AsyncFn(&str) -> Option<BTreeSet<Ipv4Addr>>,
    mut asked: mpsc::UnboundedReceiver<Wish>,
    events: mpsc::UnboundedSender<TaskEvent>,
) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let changes = tokio::select! {
            biased;
            Some(wish) = asked.recv() => grant(&mut services, wish),
            _ = ticks.tick() => look(&mut services, &look_up).await,
        };
        for event in changes {
            if events.send(event).is_err() {
                return;
            }
        }
    }
}

fn grant(services: &mut [Sightings], wish: Wish) -> Vec<TaskEvent> {
    match wish {
        Wish::Start(task) => {
            if let Some(service) = services.iter_mut().find(|service| service.is_of(&task)) {
                service.want(task);
            }
            Vec::new()
        }
        Wish::Stop(id) => {
            services.iter_mut().filter_map(|service| service.note_unwanted(&id)).collect()
        }
    }
}

async fn look(
    services: &mut [Sightings],
    look_up: &impl AsyncFn(&str) -> Option<BTreeSet<Ipv4Addr>>,
) -> Vec<TaskEvent> {
    let mut changes = Vec::new();
    for service in services {
        if let Some(addresses) = look_up(&service.watched.name).await {
            changes.extend(service.note_addresses(&addresses));
        }
    }
    changes
}
