//! Counters for target groups, of one worker.
//!
//! Groups come while it counts, when a rule first forwards to them. The list only ever grows, so
//! that the worker finds a group's counters without a lock and without a locked instruction; a group
//! that is gone is kept out of what is told.

use std::{
    iter::successors,
    sync::{Arc, OnceLock, Weak, atomic::AtomicU64},
    time::Duration,
};

use super::counter::{GROUP_COUNTERS, GroupCounter, add};
use crate::targets::TargetGroup;

/// The groups that are counted for, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Groups(OnceLock<Box<Counted>>);

/// A group's counters. Only one worker writes here, and shares no cache line with another.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Counted {
    pub(super) counters: [AtomicU64; GROUP_COUNTERS],
    group: Weak<TargetGroup>,
    full_name: String,
    next: Groups,
}

// === impl Groups ===

impl Groups {
    /// Adds a group, unless it is there.
    pub(super) fn add(&self, group: &Arc<TargetGroup>) {
        let mut end = self;
        while let Some(counted) = end.0.get() {
            if counted.is_of(group) {
                return;
            }
            end = &counted.next;
        }
        // Where somebody else was first, there is a next one to look at.
        if end.0.set(Box::new(Counted::new(group))).is_err() {
            end.add(group);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Counted> {
        successors(self.0.get(), |counted| counted.next.0.get()).map(|counted| &**counted)
    }

    #[inline]
    pub(super) fn of(&self, group: &Arc<TargetGroup>) -> Option<&Counted> {
        self.iter().find(|counted| counted.is_of(group))
    }
}

// === impl Counted ===

impl Counted {
    fn new(group: &Arc<TargetGroup>) -> Self {
        Self {
            counters: std::array::from_fn(|_| AtomicU64::new(0)),
            group: Arc::downgrade(group),
            full_name: group.full_name().to_owned(),
            next: Groups::default(),
        }
    }

    /// Returns the group, if it is still there.
    pub(super) fn group(&self) -> Option<Arc<TargetGroup>> {
        self.group.upgrade()
    }

    pub(super) fn full_name(&self) -> &str {
        &self.full_name
    }

    pub(super) fn add(&self, counter: GroupCounter, count: u64) {
        add(&self.counters[counter as usize], count);
    }

    /// Counts a target's answer, and how long it took to begin.
    pub(super) fn count_answer(&self, status: u16, time: Duration) {
        match status {
            200..=299 => self.add(GroupCounter::Target2xx, 1),
            300..=399 => self.add(GroupCounter::Target3xx, 1),
            400..=499 => self.add(GroupCounter::Target4xx, 1),
            500..=599 => self.add(GroupCounter::Target5xx, 1),
            _ => {}
        }
        self.add(GroupCounter::Responses, 1);
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.add(GroupCounter::ResponseMicros, micros);
    }

    /// Returns whether it counts for this group. A weak pointer keeps its address from being used
    /// again.
    fn is_of(&self, group: &Arc<TargetGroup>) -> bool {
        self.group.as_ptr() == Arc::as_ptr(group)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::rules::tests::groups;
    use stack::Arn;

    #[test]
    fn a_group_is_found_once_added_and_told_until_it_is_gone() {
        let mut known: HashMap<Arn, Arc<TargetGroup>> = groups(&["a", "b"]);
        let counted = Groups::default();
        for group in known.values().chain(known.values()) {
            counted.add(group);
        }
        assert_eq!(counted.iter().count(), 2);
        for (arn, group) in &known {
            assert_eq!(counted.of(group).unwrap().group().unwrap().arn(), arn);
        }
        known.remove(&Arn::from("a"));
        let there: Vec<_> = counted.iter().filter_map(Counted::group).collect();
        assert_eq!(there.iter().map(|it| it.arn().as_str()).collect::<Vec<_>>(), ["b"]);
    }
}
