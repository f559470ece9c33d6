//! What is known of the tasks of one service that something else runs. It has no socket and no clock: it
//! is told what was seen, and returns what has changed.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::Ipv4Addr,
    sync::Arc,
};

use crate::ecs::task::{Task, TaskChange, TaskEvent};
use scheduler::{Revision, StopCode, Stopped, TaskId};
use stack::Service;

/// A service to watch.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    /// The service.
    pub service: Arc<Service>,
    /// The name that the service has on the network that its tasks run on.
    pub name: String,
}

/// What is known of the tasks of one service.
pub(super) struct Sightings {
    pub(super) watched: Watched,
    /// The tasks that the scheduler wants and that have not turned up yet.
    wanted: VecDeque<Task>,
    running: BTreeMap<Ipv4Addr, Task>,
}

// === impl Sightings ===

impl Sightings {
    pub(super) fn new(watched: Watched) -> Self {
        Self { watched, wanted: VecDeque::new(), running: BTreeMap::new() }
    }

    /// Returns whether a task is of the service.
    pub(super) fn is_of(&self, task: &Task) -> bool {
        self.watched.service.logical_id == task.service.logical_id
    }

    /// Notes that the scheduler wants a task: it is the next one that turns up.
    pub(super) fn want(&mut self, task: Task) {
        self.wanted.push_back(task);
    }

    /// Notes that tasks run at these addresses and at no others, and returns what has changed by that.
    pub(super) fn note_addresses(&mut self, addresses: &BTreeSet<Ipv4Addr>) -> Vec<TaskEvent> {
        let gone = self.running.keys().filter(|address| !addresses.contains(address));
        let gone: Vec<_> = gone.copied().collect();
        let mut changes = Vec::new();
        for task in gone.iter().filter_map(|address| self.running.remove(address)) {
            changes.push(TaskEvent { task, change: TaskChange::Stopped(no_longer_there()) });
        }
        for &address in addresses {
            if !self.running.contains_key(&address) {
                let task = self.wanted.pop_front().unwrap_or_else(|| self.uninvited());
                self.running.insert(address, task.clone());
                let change = TaskChange::Pending(address);
                changes.push(TaskEvent { task: task.clone(), change });
                changes.push(TaskEvent { task, change: TaskChange::Running });
            }
        }
        changes
    }

    /// Makes a task for one that turned up and that nobody wanted.
    fn uninvited(&self) -> Task {
        let service = Arc::clone(&self.watched.service);
        Task { id: TaskId::random(), service, revision: Revision(0) }
    }

    /// Notes that the scheduler wants a task no longer, and returns that it has ended: to the scheduler it
    /// has, whether it turned up or not.
    pub(super) fn note_unwanted(&mut self, id: &TaskId) -> Option<TaskEvent> {
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
        let task = seen.uninvited();
        seen.want(task.clone());
        let events = seen.note_addresses(&at(&[3]));
        assert_eq!(told(&events), [("running", "10.0.0.3".to_owned())]);
        assert_eq!(events[0].task.id, task.id);
    }

    #[test]
    fn tasks_that_nobody_wanted_run_all_the_same() {
        let mut seen = sightings();
        assert_eq!(told(&seen.note_addresses(&at(&[3, 4]))).len(), 2);
        assert_eq!(told(&seen.note_addresses(&at(&[3, 4]))), []);
    }

    #[test]
    fn an_address_that_is_gone_is_a_task_that_has_ended() {
        let mut seen = sightings();
        let started = seen.note_addresses(&at(&[3, 4]));
        let events = seen.note_addresses(&at(&[4]));
        assert_eq!(told(&events), [("stopped", "is no longer there".to_owned())]);
        assert_eq!(events[0].task.id, started[0].task.id);
    }

    #[test]
    fn a_task_that_is_wanted_no_longer_ends_whether_it_turned_up_or_not() {
        let mut seen = sightings();
        let waiting = seen.uninvited();
        seen.want(waiting.clone());
        assert!(seen.note_unwanted(&waiting.id).is_some());
        assert_eq!(told(&seen.note_addresses(&at(&[3])))[0].0, "running");
        let running = seen.running.values().next().unwrap().id.clone();
        assert!(seen.note_unwanted(&running).is_some());
        assert!(seen.note_unwanted(&running).is_none());
    }
}
