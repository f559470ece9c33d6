//! To which task the next connection goes: one after another, without those that have failed several
//! times in a row.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Failures in a row after which a task is left out, as AWS sets the proxy (cloudmap-ecs §3.14).
const FAILURES: u32 = 5;
/// For how long, times how often it has been left out.
const EJECTION: Duration = Duration::from_secs(30);

/// The tasks that a name stands for.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    tasks: Vec<Task>,
    next: usize,
}

#[derive(Clone, Debug)]
struct Task {
    address: SocketAddr,
    failures: u32,
    ejections: u32,
    ejected_until: Option<Instant>,
}

// === impl Endpoints ===

impl Endpoints {
    /// A task runs.
    pub fn insert(&mut self, address: SocketAddr) {
        if self.tasks.iter().all(|task| task.address != address) {
            self.tasks.push(Task { address, failures: 0, ejections: 0, ejected_until: None });
        }
    }

    /// It does so no more.
    pub fn remove(&mut self, address: SocketAddr) {
        self.tasks.retain(|task| task.address != address);
    }

    /// The task whose turn it is, if there is any.
    pub fn choose(&mut self, now: Instant) -> Option<SocketAddr> {
        let count = self.tasks.len();
        let turns = (0..count).map(|turn| (self.next + turn) % count);
        let index = turns.clone().find(|&it| !self.tasks[it].is_ejected(now)).or(turns.min())?;
        self.next = (index + 1) % count;
        Some(self.tasks[index].address)
    }

    /// A connection to a task was made.
    pub fn succeeded(&mut self, address: SocketAddr) {
        if let Some(task) = self.tasks.iter_mut().find(|task| task.address == address) {
            task.failures = 0;
        }
    }

    /// None was. At most half of the tasks are left out at once.
    pub fn failed(&mut self, address: SocketAddr, now: Instant) {
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

// === impl Task ===

impl Task {
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
            (0..4).for_each(|_| endpoints.failed(address(0), now));
            endpoints.succeeded(address(0));
            (0..5).for_each(|_| endpoints.failed(address(0), now));
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
                    endpoints.succeeded(task);
                } else {
                    endpoints.failed(task, now);
                }
                let turns = (0..count).filter_map(|_| endpoints.choose(now));
                let turns: BTreeSet<_> = turns.collect();
                assert!(turns.len() >= usize::from(count - count / 2), "{turns:?} of {count}");
            }
        }
    }
}
