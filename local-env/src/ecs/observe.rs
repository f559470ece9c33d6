//! Tasks that something else runs, and that are only watched: Docker Compose, say.
//!
//! What runs is known by its name in the DNS of the network that it runs on: each address that the
//! name of a service has there is a task. The names are asked for again and again; an address that
//! is new has been started, one that is gone has ended. The scheduler above knows nothing of that:
//! when it wants a task, it gets the next one that turns up; tasks that nobody wanted are told of
//! all the same, since they run.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::rr::RecordType,
};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, spawn_local},
    time::{MissedTickBehavior, interval},
};

use super::{Launcher, Task, TaskChange, TaskEvent};
use scheduler::{Revision, StopCode, StopReason, Stopped, TaskId};
use stack::Service;

/// Between two looks.
const INTERVAL: Duration = Duration::from_millis(100);
/// How long a look may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// Services to watch, and whom to ask.
pub struct Observer {
    services: Vec<Watched>,
    resolver: TokioResolver,
}

/// The launcher for tasks that something else runs.
pub struct ObservingLauncher {
    commands: mpsc::UnboundedSender<Command>,
    watching: AbortHandle,
}

/// A service to watch.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The service.
    pub service: Arc<Service>,
    /// Its name on the network that its tasks run on.
    pub name: String,
}

/// Why nothing can be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the resolver that is asked for tasks")]
pub struct ObserveError(#[source] NetError);

/// What the scheduler asked for.
enum Command {
    Start(Task),
    Stop(TaskId),
}

/// What is known of one service's tasks.
struct Sightings {
    watched: Watched,
    /// Wanted, and not turned up yet.
    wanted: VecDeque<Task>,
    running: BTreeMap<Ipv4Addr, Task>,
}

// === impl Observer ===

impl Observer {
    /// Will watch these services by asking `dns` for their names.
    pub fn new(services: Vec<Watched>, dns: SocketAddr) -> Result<Self, ObserveError> {
        Ok(Self { services, resolver: resolver(dns).map_err(ObserveError)? })
    }

    /// Watches, with events for what changes. Must be called within a `LocalSet`.
    pub fn watch(self, events: mpsc::UnboundedSender<TaskEvent>) -> ObservingLauncher {
        let (commands, asked) = mpsc::unbounded_channel();
        let sightings = self.services.into_iter().map(Sightings::new).collect();
        let watching = spawn_local(watch(sightings, self.resolver, asked, events)).abort_handle();
        ObservingLauncher { commands, watching }
    }
}

// === impl ObservingLauncher ===

impl ObservingLauncher {
    fn tell(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::debug!("nobody watches any more");
        }
    }
}

impl Launcher for ObservingLauncher {
    fn start(&mut self, task: Task) {
        self.tell(Command::Start(task));
    }

    /// What runs the task ends it as well; here it is let out of sight.
    fn stop(&mut self, id: &TaskId, _why: StopReason) {
        self.tell(Command::Stop(id.clone()));
    }

    fn kill(&mut self) {
        self.watching.abort();
    }
}

/// Nothing is remembered: the next look has to see what is there then.
fn resolver(dns: SocketAddr) -> Result<TokioResolver, NetError> {
    let mut connection = ConnectionConfig::udp();
    connection.port = dns.port();
    let server = NameServerConfig::new(dns.ip(), true, vec![connection]);
    let config = ResolverConfig::from_name_servers(vec![server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.cache_size = 0;
    options.timeout = PATIENCE;
    options.attempts = 0;
    builder.build()
}

async fn watch(
    mut services: Vec<Sightings>,
    resolver: TokioResolver,
    mut asked: mpsc::UnboundedReceiver<Command>,
    events: mpsc::UnboundedSender<TaskEvent>,
) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let changes = tokio::select! {
            biased;
            Some(command) = asked.recv() => obey(&mut services, &command),
            _ = ticks.tick() => look(&mut services, &resolver).await,
        };
        for event in changes {
            if events.send(event).is_err() {
                return;
            }
        }
    }
}

fn obey(services: &mut [Sightings], command: &Command) -> Vec<TaskEvent> {
    match command {
        Command::Start(task) => {
            if let Some(service) = services.iter_mut().find(|service| service.is_of(task)) {
                service.wanted.push_back(task.clone());
            }
            Vec::new()
        }
        Command::Stop(id) => {
            services.iter_mut().filter_map(|service| service.release(id)).collect()
        }
    }
}

async fn look(services: &mut [Sightings], resolver: &TokioResolver) -> Vec<TaskEvent> {
    let mut changes = Vec::new();
    for service in services {
        // No answer at all says nothing of what runs.
        if let Some(addresses) = addresses(resolver, &service.watched.name).await {
            changes.extend(service.see(&addresses));
        }
    }
    changes
}

async fn addresses(resolver: &TokioResolver, name: &str) -> Option<BTreeSet<Ipv4Addr>> {
    // With its final dot no search domain is tried.
    match resolver.lookup(format!("{name}."), RecordType::A).await {
        Ok(found) => {
            let found = found.answers().iter().filter_map(|record| record.data.ip_addr());
            let v4 = |address| match address {
                IpAddr::V4(address) => Some(address),
                IpAddr::V6(_) => None,
            };
            Some(found.filter_map(v4).collect())
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(_))) => Some(BTreeSet::new()),
        Err(error) => {
            tracing::debug!(name, %error, "cannot see what runs");
            None
        }
    }
}

// === impl Sightings ===

impl Sightings {
    fn new(watched: Watched) -> Self {
        Self { watched, wanted: VecDeque::new(), running: BTreeMap::new() }
    }

    fn is_of(&self, task: &Task) -> bool {
        self.watched.service.logical_id == task.service.logical_id
    }

    /// These addresses and no others run now.
    fn see(&mut self, addresses: &BTreeSet<Ipv4Addr>) -> Vec<TaskEvent> {
        let gone = self.running.keys().filter(|address| !addresses.contains(address));
        let gone: Vec<_> = gone.copied().collect();
        let mut changes = Vec::new();
        for task in gone.iter().filter_map(|address| self.running.remove(address)) {
            changes.push(TaskEvent { task, change: TaskChange::Stopped(no_longer_there()) });
        }
        for &address in addresses {
            if !self.running.contains_key(&address) {
                let task = self.wanted.pop_front().unwrap_or_else(|| self.unwanted());
                self.running.insert(address, task.clone());
                let change = TaskChange::Pending(address);
                changes.push(TaskEvent { task: task.clone(), change });
                changes.push(TaskEvent { task, change: TaskChange::Running });
            }
        }
        changes
    }

    fn unwanted(&self) -> Task {
        let service = Arc::clone(&self.watched.service);
        Task { id: TaskId::random(), service, revision: Revision(0) }
    }

    /// The scheduler wants a task no longer: to it the task has ended, whether it turned up or not.
    fn release(&mut self, id: &TaskId) -> Option<TaskEvent> {
        let waiting = self.wanted.iter().position(|task| task.id == *id);
        let address = self.running.iter().find(|(_, task)| task.id == *id).map(|(at, _)| *at);
        let task = match (waiting, address) {
            (Some(index), _) => self.wanted.remove(index),
            (None, Some(address)) => self.running.remove(&address),
            (None, None) => None,
        };
        Some(TaskEvent { task: task?, change: TaskChange::Stopped(no_longer_there()) })
    }
}

fn no_longer_there() -> Stopped {
    Stopped::new(StopCode::TerminationNotice, "is no longer there")
}

#[cfg(test)]
mod tests {
    use super::*;
    use stack::TaskDefinition;

    fn sightings() -> Sightings {
        let definition = TaskDefinition::new("web", Vec::new());
        let service = Service::new("Web", Arc::new(definition));
        Sightings::new(Watched { service: Arc::new(service), name: "web".into() })
    }

    fn at(last: &[u8]) -> BTreeSet<Ipv4Addr> {
        last.iter().map(|&last| Ipv4Addr::new(10, 0, 0, last)).collect()
    }

    fn told(events: &[TaskEvent]) -> Vec<(&str, String)> {
        let tell = |event: &'_ TaskEvent| match &event.change {
            TaskChange::Pending(address) => Some(("running", address.to_string())),
            TaskChange::Stopped(why) => Some(("stopped", why.to_string())),
            _ => None,
        };
        events.iter().filter_map(tell).collect()
    }

    #[test]
    fn a_wanted_task_is_the_next_that_turns_up() {
        let mut seen = sightings();
        let task = seen.unwanted();
        seen.wanted.push_back(task.clone());
        let events = seen.see(&at(&[3]));
        assert_eq!(told(&events), [("running", "10.0.0.3".to_owned())]);
        assert_eq!(events[0].task.id, task.id);
    }

    #[test]
    fn tasks_that_nobody_wanted_run_all_the_same() {
        let mut seen = sightings();
        assert_eq!(told(&seen.see(&at(&[3, 4]))).len(), 2);
        assert_eq!(told(&seen.see(&at(&[3, 4]))), []);
    }

    #[test]
    fn an_address_that_is_gone_is_a_task_that_has_ended() {
        let mut seen = sightings();
        let started = seen.see(&at(&[3, 4]));
        let events = seen.see(&at(&[4]));
        assert_eq!(told(&events), [("stopped", "is no longer there".to_owned())]);
        assert_eq!(events[0].task.id, started[0].task.id);
    }

    #[test]
    fn a_task_that_is_wanted_no_longer_ends_whether_it_turned_up_or_not() {
        let mut seen = sightings();
        let waiting = seen.unwanted();
        seen.wanted.push_back(waiting.clone());
        assert!(seen.release(&waiting.id).is_some());
        assert_eq!(told(&seen.see(&at(&[3])))[0].0, "running");
        let running = seen.running.values().next().unwrap().id.clone();
        assert!(seen.release(&running).is_some());
        assert!(seen.release(&running).is_none());
    }
}
