//! Which task the next connection to a name goes to: one after another, without those that have failed
//! several times in a row.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The number of failures in a row after which a task is left out, as AWS configures the proxy
/// (cloudmap-ecs §3.14).
const FAILURES: u32 = 5;
/// How long a task is left out, times how often it has been.
const EJECTION: Duration = Duration::from_secs(30);

/// The tasks that a name stands for.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    tasks: Vec<Endpoint>,
    next: usize,
}

/// The tasks that a name stands for, as the proxy and the environment share them. It is cheap to clone,
/// and all clones are one.
#[derive(Clone, Debug, Default)]
pub struct SharedEndpoints(Arc<Mutex<Endpoints>>);

/// A task, and how connections to it have gone.
#[derive(Clone, Debug)]
struct Endpoint {
    address: SocketAddr,
    failures: u32,
    ejections: u32,
    ejected_until: Option<Instant>,
}

// === impl Endpoints ===

impl Endpoints {
    /// Adds a task that runs.
    pub fn insert(&mut self, address: SocketAddr) {
        if self.tasks.iter().all(|task| task.address != address) {
            self.tasks.push(Endpoint { address, failures: 0, ejections: 0, ejected_until: None });
        }
    }

    /// Removes a task that runs no more.
    pub fn remove(&mut self, address: SocketAddr) {
        self.tasks.retain(|task| task.address != address);
    }

    /// Returns the task whose turn it is, and goes on to the next; `None` if there is no task.
    pub fn choose(&mut self, now: Instant) -> Option<SocketAddr> {
        let count = self.tasks.len();
        let turns = (0..count).map(|turn| (self.next + turn) % count);
        let index = turns.clone().find(|&it| !self.tasks[it].is_ejected(now)).or(turns.min())?;
        self.next = (index + 1) % count;
        Some(self.tasks[index].address)
    }

    /// Notes that a connection to a task was made.
    pub fn note_success(&mut self, address: SocketAddr) {
        if let Some(task) = self.tasks.iter_mut().find(|task| task.address == address) {
            task.failures = 0;
        }
    }

    /// Notes that no connection to a task was made. At most half of the tasks are left out at once.
    pub fn note_failure(&mut self, address: SocketAddr, now: Instant) {
        let (count, ejected) =
            (self.tasks.len(), self.tasks.iter().filter(|task| task.is_ejected(now)).count());
        let Some(task) = self.tasks.iter_mut().find(|task| task.address == address) else { return };
        task.failures += 1;
        if task.failures >= FAILURES && (ejected + 1) * 2 <= count {
            task.failures = 0;
            task.ejections += 1;
            task.ejected_until = Some(now + EJECTION * task.ejections);
        }
    }
}

// === impl SharedEndpoints ===

impl SharedEndpoints {
    /// Calls `act` with the tasks, and returns what it does.
    pub fn with<T>(&self, act: impl FnOnce(&mut Endpoints) -> T) -> T {
        // No holder of this lock can panic half-way through a change.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

// === impl Endpoint ===

impl Endpoint {
    fn is_ejected(&self, now: Instant) -> bool {
        self.ejected_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn address(number: u8) -> SocketAddr {
        SocketAddr::from(([127, 1, 1, number], 80))
    }

    fn of(count: u8) -> Endpoints {
        let mut endpoints = Endpoints::default();
        (0..count).for_each(|number| endpoints.insert(address(number)));
        endpoints
    }

    #[test]
    fn each_has_its_turn() {
        let (mut endpoints, now) = (of(3), Instant::now());
        let chosen: Vec<_> = (0..6).filter_map(|_| endpoints.choose(now)).collect();
        assert_eq!(chosen, [0, 1, 2, 0, 1, 2].map(address));
        endpoints.remove(address(0));
        assert!((0..9).all(|_| endpoints.choose(now) != Some(address(0))));
        assert_eq!(Endpoints::default().choose(now), None);
    }

    #[test]
    fn one_that_fails_five_times_in_a_row_is_left_out_for_a_while_and_longer_each_time() {
        let (mut endpoints, mut now) = (of(2), Instant::now());
        for times in 1..4 {
            (0..4).for_each(|_| endpoints.note_failure(address(0), now));
            endpoints.note_success(address(0));
            (0..5).for_each(|_| endpoints.note_failure(address(0), now));
            let until = now + EJECTION * times;
            assert!((0..9).all(|_| endpoints.choose(now) == Some(address(1))));
            now = until;
            let again: Vec<_> = (0..2).filter_map(|_| endpoints.choose(now)).collect();
            assert!(again.contains(&address(0)));
        }
    }

    /// Thousands of random steps: half of the tasks or more have their turns, whichever fail.
    #[test]
    fn at_most_half_are_left_out_whatever_happens() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..200 {
            let count = random.u8(1..9);
            let (mut endpoints, mut now) = (of(count), Instant::now());
            for _ in 0..100 {
                now += Duration::from_secs(random.u64(0..20));
                let task = address(random.u8(0..9));
                if random.u8(0..8) == 0 {
                    endpoints.note_success(task);
                } else {
                    endpoints.note_failure(task, now);
                }
                let turns = (0..count).filter_map(|_| endpoints.choose(now));
                let turns: BTreeSet<_> = turns.collect();
                assert!(turns.len() >= usize::from(count - count / 2), "{turns:?} of {count}");
            }
        }
    }
}
