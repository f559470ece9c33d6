//! The process groups of all tasks, so that all can be killed at once.

use std::{cell::RefCell, collections::HashMap};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use scheduler::TaskId;

/// The process groups that there are, by their task and the container's index in it.
#[derive(Default)]
pub(in crate::ecs) struct ProcessGroups(RefCell<HashMap<(TaskId, usize), Pid>>);

// === impl ProcessGroups ===

impl ProcessGroups {
    /// Adds the group of a container.
    pub(super) fn insert(&self, task: TaskId, container: usize, group: Pid) {
        self.0.borrow_mut().insert((task, container), group);
    }

    /// Removes the group of a container that has ended.
    pub(super) fn remove(&self, task: TaskId, container: usize) {
        self.0.borrow_mut().remove(&(task, container));
    }

    /// Kills all processes of all groups.
    pub(in crate::ecs) fn kill_all(&self) {
        self.0.borrow().values().copied().for_each(kill_group);
    }
}

/// Kills all processes of a group.
pub(super) fn kill_group(group: Pid) {
    // A group whose members have all ended is no longer there.
    let _ = killpg(group, Signal::SIGKILL);
}
