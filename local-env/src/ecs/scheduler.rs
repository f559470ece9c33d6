//! How many tasks of a service to start or stop, and when.
//!
//! It has no process and no clock: it is told what happened and the time, and says what to do next.
//! A task that ends is replaced; where tasks end again and again soon after their start, each
//! replacement waits longer than the one before.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use super::TaskId;

/// A task that lives this long did not fail at its start.
const SETTLED: Duration = Duration::from_secs(10);
/// The first delay; the first replacement has none.
const BASE_DELAY: Duration = Duration::from_secs(1);
const MAX_DELAY: Duration = Duration::from_secs(60);

/// Keeps one service at its desired count.
#[derive(Clone, Debug)]
pub struct Scheduler {
    desired: usize,
    /// When each was started, and whether it has been asked to stop.
    tasks: BTreeMap<TaskId, TaskState>,
    /// Tasks in a row that ended before they had settled.
    early_ends: u32,
    not_before: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct TaskState {
    started: Instant,
    stopping: bool,
}

/// What to do now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Tasks to start; the scheduler counts them as there from now on.
    pub start: Vec<TaskId>,
    /// Tasks to stop, the oldest first.
    pub stop: Vec<TaskId>,
    /// When to ask again if nothing happens before.
    pub wake: Option<Instant>,
}

// === impl Scheduler ===

impl Scheduler {
    /// A service without tasks.
    pub fn new(desired: usize) -> Self {
        Self { desired, tasks: BTreeMap::new(), early_ends: 0, not_before: None }
    }

    /// The number of tasks that it keeps running.
    pub fn desired(&self) -> usize {
        self.desired
    }

    /// Whether it has no task, not even one that is stopping.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Changes the number of tasks to keep running.
    pub fn scale(&mut self, desired: usize) {
        self.desired = desired;
    }

    /// What to do at `now`; `name` makes the ids of tasks to start.
    pub fn decide(&mut self, now: Instant, name: impl FnMut() -> TaskId) -> Decision {
        let wanted = self.tasks.values().filter(|task| !task.stopping).count();
        if wanted > self.desired {
            return Decision { stop: self.surplus(wanted - self.desired), ..Decision::default() };
        }
        let missing = self.desired - wanted;
        if missing == 0 {
            return Decision::default();
        }
        if let Some(wake) = self.not_before.filter(|&at| at > now) {
            return Decision { wake: Some(wake), ..Decision::default() };
        }
        let start: Vec<_> = std::iter::repeat_with(name).take(missing).collect();
        let state = TaskState { started: now, stopping: false };
        self.tasks.extend(start.iter().map(|id| (id.clone(), state)));
        Decision { start, ..Decision::default() }
    }

    /// A task has ended, or never ran. Whether it had been asked to.
    pub fn stopped(&mut self, id: &TaskId, now: Instant) -> bool {
        let Some(task) = self.tasks.remove(id) else { return true };
        if task.stopping {
            return true;
        }
        if now.duration_since(task.started) >= SETTLED {
            self.early_ends = 0;
        } else {
            self.early_ends = self.early_ends.saturating_add(1);
        }
        self.not_before = Some(now + delay(self.early_ends));
        false
    }

    fn surplus(&mut self, count: usize) -> Vec<TaskId> {
        let running = self.tasks.iter_mut().filter(|(_, task)| !task.stopping);
        let mut oldest: Vec<_> = running.collect();
        oldest.sort_by_key(|(_, task)| task.started);
        let mark = |(id, task): (&TaskId, &mut TaskState)| {
            task.stopping = true;
            id.clone()
        };
        oldest.into_iter().take(count).map(mark).collect()
    }
}

fn delay(early_ends: u32) -> Duration {
    match early_ends {
        0 | 1 => Duration::ZERO,
        n => BASE_DELAY.saturating_mul(1 << (n - 2).min(16)).min(MAX_DELAY),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decide(scheduler: &mut Scheduler, now: Instant) -> Decision {
        scheduler.decide(now, TaskId::random)
    }

    #[test]
    fn a_new_service_starts_its_desired_count_at_once() {
        let now = Instant::now();
        let mut scheduler = Scheduler::new(3);
        assert_eq!(decide(&mut scheduler, now).start.len(), 3);
        assert_eq!(decide(&mut scheduler, now), Decision::default());
    }

    #[test]
    fn a_task_that_ends_is_replaced_at_once() {
        let now = Instant::now();
        let mut scheduler = Scheduler::new(2);
        let started = decide(&mut scheduler, now).start;
        scheduler.stopped(&started[0], now + SETTLED);
        assert_eq!(decide(&mut scheduler, now + SETTLED).start.len(), 1);
    }

    #[test]
    fn tasks_that_keep_ending_early_are_replaced_ever_more_slowly() {
        let mut now = Instant::now();
        let mut scheduler = Scheduler::new(1);
        let mut delays = Vec::new();
        for _ in 0..9 {
            let started = decide(&mut scheduler, now).start;
            scheduler.stopped(&started[0], now);
            let wake = decide(&mut scheduler, now).wake;
            if let Some(wake) = wake {
                delays.push((wake - now).as_secs());
                now = wake;
            } else {
                // Without a delay the replacement has just been started: end it as well.
                delays.push(0);
                let replacement = scheduler.tasks.keys().next().cloned().unwrap();
                scheduler.stopped(&replacement, now);
                let wake = decide(&mut scheduler, now).wake.unwrap();
                delays.push((wake - now).as_secs());
                now = wake;
            }
        }
        assert_eq!(delays, [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn a_task_that_settled_ends_the_slowness() {
        let now = Instant::now();
        let mut scheduler = Scheduler::new(1);
        scheduler.early_ends = 5;
        let started = decide(&mut scheduler, now).start;
        scheduler.stopped(&started[0], now + SETTLED);
        assert_eq!(decide(&mut scheduler, now + SETTLED).start.len(), 1);
    }

    #[test]
    fn scaling_in_stops_the_oldest() {
        let now = Instant::now();
        let mut scheduler = Scheduler::new(1);
        let oldest = decide(&mut scheduler, now).start;
        scheduler.scale(2);
        decide(&mut scheduler, now + BASE_DELAY);
        scheduler.scale(1);
        assert_eq!(decide(&mut scheduler, now + BASE_DELAY).stop, oldest);
        assert_eq!(decide(&mut scheduler, now + BASE_DELAY), Decision::default());
    }

    #[derive(Clone, Debug)]
    enum Step {
        End(prop::sample::Index),
        Scale(usize),
        Wait(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            any::<prop::sample::Index>().prop_map(Step::End),
            (0..5_usize).prop_map(Step::Scale),
            (0..20_u64).prop_map(Step::Wait),
        ];
        prop::collection::vec(step, 0..300)
    }

    proptest! {
        #[test]
        fn whatever_happens_the_desired_count_is_reached_and_never_passed(steps in steps()) {
            let mut now = Instant::now();
            let mut scheduler = Scheduler::new(2);
            let mut alive: Vec<TaskId> = Vec::new();
            for step in steps {
                match step {
                    Step::End(index) if !alive.is_empty() => {
                        let id = alive.swap_remove(index.index(alive.len()));
                        scheduler.stopped(&id, now);
                    }
                    Step::End(_) => {}
                    Step::Scale(desired) => scheduler.scale(desired),
                    Step::Wait(seconds) => now += Duration::from_secs(seconds),
                }
                let decision = decide(&mut scheduler, now);
                alive.extend(decision.start);
                for id in decision.stop {
                    alive.retain(|other| *other != id);
                    scheduler.stopped(&id, now);
                }
                prop_assert!(alive.len() <= scheduler.desired());
            }
            now += MAX_DELAY;
            alive.extend(decide(&mut scheduler, now).start);
            prop_assert_eq!(alive.len(), scheduler.desired());
        }
    }
}
