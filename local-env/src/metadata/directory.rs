//! The tasks that the endpoint tells of, and what is remembered of them.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Instant, SystemTime},
};

use super::{
    facts::{ContainerFacts, TaskFacts},
    names,
    rate::Rate,
    stats::UsageReading,
};
use scheduler::{LastStatus, TaskId};

/// The tasks that the endpoint tells of. It is cheap to clone, and all clones are one.
#[derive(Clone, Default)]
pub struct Directory(Arc<Mutex<BTreeMap<String, TaskEntry>>>);

/// A task of the directory.
struct TaskEntry {
    facts: Arc<TaskFacts>,
    rate: Rate,
    protected_until: Option<SystemTime>,
    /// The last reading of each container, by its index.
    readings: BTreeMap<usize, UsageReading>,
}

/// A container of a task that was found in the directory.
pub(super) struct FoundContainer {
    pub(super) task: Arc<TaskFacts>,
    pub(super) index: usize,
}

// === impl Directory ===

impl Directory {
    /// Makes a directory without tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Publishes the facts of a task, in place of those that were published before.
    pub fn publish(&self, facts: TaskFacts) {
        let facts = Arc::new(facts);
        let mut entries = self.lock();
        match entries.get_mut(facts.id.as_str()) {
            Some(entry) => entry.facts = facts,
            None => drop(entries.insert(facts.id.to_string(), TaskEntry::new(facts))),
        }
    }

    /// Forgets a task.
    pub fn forget(&self, task: &TaskId) {
        self.lock().remove(task.as_str());
    }

    /// Returns the docker id, `<task id>-<10 digits>`, of the container at this index of the task
    /// definition. It is known before the task is published, so that its process can be given it.
    pub fn docker_id(&self, task: &TaskId, container: usize) -> String {
        names::docker_id(task, container)
    }

    /// Returns the docker id of the first container of the task at this address.
    pub fn by_address(&self, address: IpAddr) -> Option<String> {
        let found = self.at(address)?;
        Some(names::docker_id(&found.task.id, found.index))
    }

    /// Returns until when a task is protected; `None` if it is not.
    pub fn protection(&self, task: &TaskId, now: SystemTime) -> Option<SystemTime> {
        let entries = self.lock();
        entries.get(task.as_str())?.protected_until.filter(|until| *until > now)
    }

    /// Returns the variables that lead a container to the endpoint, which is at `server`.
    ///
    /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` is not among them, not even with a task role. With
    /// it an SDK would ask the endpoint, be refused and give up, where without it the SDK goes on to
    /// what the developer has: a profile, or the role of the machine.
    pub fn variables(
        &self,
        server: SocketAddr,
        task: &TaskId,
        container: usize,
    ) -> Vec<(String, String)> {
        let id = names::docker_id(task, container);
        let variables = [
            ("ECS_CONTAINER_METADATA_URI", "v3"),
            ("ECS_CONTAINER_METADATA_URI_V4", "v4"),
            ("ECS_AGENT_URI", "api"),
        ];
        let to =
            |(name, path): (&str, &str)| (name.to_owned(), format!("http://{server}/{path}/{id}"));
        variables.map(to).into()
    }

    /// Returns the container with this docker id.
    pub(super) fn find(&self, docker_id: &str) -> Option<FoundContainer> {
        let (task, _) = docker_id.split_once('-')?;
        let task = Arc::clone(&self.lock().get(task)?.facts);
        let index = (0..task.containers.len())
            .find(|index| names::docker_id(&task.id, *index) == docker_id)?;
        Some(FoundContainer { task, index })
    }

    /// Returns the first container of the task at this address; of one that has ended only where no
    /// other has the address by now.
    pub(super) fn at(&self, address: IpAddr) -> Option<FoundContainer> {
        let address = address.to_canonical();
        let entries = self.lock();
        let tasks = entries.values().map(|entry| &entry.facts);
        let task = tasks
            .filter(|task| task.address == address && !task.containers.is_empty())
            .min_by_key(|task| task.known_status == LastStatus::Stopped)?;
        Some(FoundContainer { task: Arc::clone(task), index: 0 })
    }

    /// Returns whether a task may ask once more; if so, the request counts.
    pub(super) fn try_admit(&self, task: &TaskId, now: Instant) -> bool {
        self.lock().get_mut(task.as_str()).is_none_or(|entry| entry.rate.try_admit(now))
    }

    /// Protects a task until then, or ends its protection; returns whether the task is there.
    pub(super) fn protect(&self, task: &TaskId, until: Option<SystemTime>) -> bool {
        let mut entries = self.lock();
        let entry = entries.get_mut(task.as_str());
        entry.map(|entry| entry.protected_until = until).is_some()
    }

    /// Remembers a reading, and returns the one before.
    pub(super) fn replace_reading(
        &self,
        found: &FoundContainer,
        reading: UsageReading,
    ) -> Option<UsageReading> {
        let mut entries = self.lock();
        entries.get_mut(found.task.id.as_str())?.readings.insert(found.index, reading)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, TaskEntry>> {
        // No change is ever left half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl TaskEntry ===

impl TaskEntry {
    fn new(facts: Arc<TaskFacts>) -> Self {
        let (rate, readings) = (Rate::default(), BTreeMap::new());
        Self { facts, rate, protected_until: None, readings }
    }
}

// === impl FoundContainer ===

impl FoundContainer {
    /// Returns the facts of the container.
    pub(super) fn container(&self) -> Option<&ContainerFacts> {
        self.task.containers.get(self.index)
    }

    /// Iterates over all containers of the task, this one included.
    pub(super) fn siblings(&self) -> impl Iterator<Item = Self> + '_ {
        (0..self.task.containers.len()).map(|index| Self { task: Arc::clone(&self.task), index })
    }
}
