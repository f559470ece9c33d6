//! Which of the targets that may get requests gets the next one (alb §4.5).
//!
//! The list is made anew whenever a target comes, goes or changes, with all that can be known before a
//! request comes. So that the share of a target in slow start grows linearly to that of the others, it
//! has its turns like them and passes some on to a settled one.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::time::Instant;

use super::{anomaly::Weight, slow_start::SlowStart, target::Target};
use stack::Algorithm;

/// The targets that may get requests.
#[derive(Debug, Default)]
pub(super) struct Eligible {
    /// The targets by ascending id.
    members: Box<[Member]>,
    fail_open: bool,
    /// The slow starts, while there is one.
    ramps: Option<Ramps>,
    /// The sum of weights up to each, where they differ.
    weights: Option<Box<[u32]>>,
}

/// A target that may get requests.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) target: Arc<Target>,
    pub(super) slow_start: Option<SlowStart>,
    pub(super) weight: Weight,
}

/// A counter of turns, for all who choose. It changes with each request, so it shares no cache line
/// with what is only read.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Turn(AtomicUsize);

#[derive(Debug)]
struct Ramps {
    /// When the last one ends.
    end: Instant,
    /// The targets that take over turns.
    settled: Box<[Arc<Target>]>,
}

// === impl Eligible ===

impl Eligible {
    /// Makes the list of these targets, which are sorted by ascending id, at this time.
    pub(super) fn new(members: Vec<Member>, fail_open: bool, now: Instant) -> Self {
        let weights = members.iter().any(|it| it.weight != Weight::FULL).then(|| {
            let sum = |sum: &mut u32, it: &Member| {
                *sum = sum.saturating_add(it.weight.get());
                Some(*sum)
            };
            members.iter().scan(0, sum).collect()
        });
        Self { ramps: Ramps::of(&members, now), weights, members: members.into(), fail_open }
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Returns whether there are so few healthy targets that unhealthy ones get requests too.
    pub(super) fn is_fail_open(&self) -> bool {
        self.fail_open
    }

    /// Returns the target of this registration, if it may get requests.
    pub(super) fn with_id(&self, id: u64) -> Option<&Arc<Target>> {
        let at = self.members.binary_search_by_key(&id, |it| it.target.id).ok()?;
        self.members.get(at).map(|it| &it.target)
    }

    pub(super) fn choose(
        &self,
        algorithm: Algorithm,
        turn: &Turn,
        random: &mut fastrand::Rng,
        now: Instant,
    ) -> Option<&Arc<Target>> {
        if let [] | [_] = &*self.members {
            return self.members.first().map(|it| &it.target);
        }
        match algorithm {
            Algorithm::RoundRobin => self.in_turn(turn, random, now),
            Algorithm::LeastOutstandingRequests => self.least_busy(turn),
            Algorithm::WeightedRandom => self.at_random(random),
        }
    }

    fn in_turn(
        &self,
        turn: &Turn,
        random: &mut fastrand::Rng,
        now: Instant,
    ) -> Option<&Arc<Target>> {
        let member = self.members.get(turn.next(self.members.len()))?;
        let passed_on = self.ramps.as_ref().filter(|ramps| now < ramps.end).and_then(|ramps| {
            let share = member.slow_start?.share(now);
            if random.f64() < share { None } else { random.choice(ramps.settled.iter()) }
        });
        Some(passed_on.unwrap_or(&member.target))
    }

    /// Returns the target with the fewest requests in flight; those that have equally few take
    /// turns.
    fn least_busy(&self, turn: &Turn) -> Option<&Arc<Target>> {
        let (before, after) = self.members.split_at_checked(turn.next(self.members.len()))?;
        after.iter().chain(before).map(|it| &it.target).min_by_key(|target| target.in_flight())
    }

    fn at_random(&self, random: &mut fastrand::Rng) -> Option<&Arc<Target>> {
        let at = match self.weights.as_deref().and_then(|sums| Some((sums, sums.last()?))) {
            Some((sums, total)) => {
                let drawn = random.u32(..(*total).max(1));
                sums.partition_point(|sum| *sum <= drawn)
            }
            None => random.usize(..self.members.len()),
        };
        self.members.get(at).map(|it| &it.target)
    }
}

// === impl Ramps ===

impl Ramps {
    /// Returns the slow starts that go on at this time. Where there is no settled target, there is
    /// nobody to pass turns on to, and all are alike.
    fn of(members: &[Member], now: Instant) -> Option<Self> {
        let ramping = |it: &Member| it.slow_start.is_some_and(|start| now < start.end());
        let end = members
            .iter()
            .filter(|it| ramping(it))
            .filter_map(|it| it.slow_start)
            .map(SlowStart::end)
            .max()?;
        let settled = members.iter().filter(|it| !ramping(it)).map(|it| Arc::clone(&it.target));
        Some(Self { end, settled: settled.collect() })
    }
}

// === impl Turn ===

impl Turn {
    /// Returns whose turn it is of so many, of whom there is at least one.
    fn next(&self, count: usize) -> usize {
        self.0.fetch_add(1, Ordering::Relaxed) % count.max(1)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, net::SocketAddr, time::Duration};

    use super::*;

    const PERIOD: Duration = Duration::from_secs(30);

    /// Those who choose, and how often they chose each target.
    struct Chooser {
        eligible: Eligible,
        algorithm: Algorithm,
        turn: Turn,
        random: fastrand::Rng,
    }

    impl Chooser {
        fn new(algorithm: Algorithm, members: Vec<Member>, now: Instant) -> Self {
            let eligible = Eligible::new(members, false, now);
            Self { eligible, algorithm, turn: Turn::default(), random: fastrand::Rng::with_seed(9) }
        }

        fn choose(&mut self, now: Instant) -> Arc<Target> {
            let chosen = self.eligible.choose(self.algorithm, &self.turn, &mut self.random, now);
            Arc::clone(chosen.unwrap())
        }

        /// How often each member was chosen.
        fn counts(&mut self, requests: u32, now: Instant) -> Vec<u32> {
            let mut counts: HashMap<u64, u32> = HashMap::new();
            for _ in 0..requests {
                *counts.entry(self.choose(now).id).or_default() += 1;
            }
            let count = |it: &Member| counts.get(&it.target.id).copied().unwrap_or_default();
            self.eligible.members.iter().map(count).collect()
        }
    }

    fn member() -> Member {
        let target = Target::new(SocketAddr::from(([127, 0, 0, 1], 80)));
        Member { target, slow_start: None, weight: Weight::FULL }
    }

    fn members(count: usize) -> Vec<Member> {
        (0..count).map(|_| member()).collect()
    }

    fn ramping(since: Instant) -> Member {
        Member { slow_start: Some(SlowStart::new(since, PERIOD)), ..member() }
    }

    #[test]
    fn without_targets_there_is_no_choice() {
        let random = &mut fastrand::Rng::with_seed(1);
        for algorithm in
            [Algorithm::RoundRobin, Algorithm::LeastOutstandingRequests, Algorithm::WeightedRandom]
        {
            let none = Eligible::default();
            assert!(none.choose(algorithm, &Turn::default(), random, Instant::now()).is_none());
        }
    }

    #[test]
    fn in_round_robin_each_target_gets_the_same() {
        let now = Instant::now();
        for count in 1..20 {
            let mut chooser = Chooser::new(Algorithm::RoundRobin, members(count), now);
            let counts = chooser.counts(u32::try_from(count * 3).unwrap(), now);
            assert_eq!(counts, vec![3; count]);
        }
    }

    #[test]
    fn turns_are_shared_by_all_who_choose() {
        let eligible = Eligible::new(members(7), false, Instant::now());
        let (turn, counts) = (Turn::default(), std::sync::Mutex::new(HashMap::<u64, u32>::new()));
        std::thread::scope(|scope| {
            for seed in 0..4 {
                let (eligible, turn, counts) = (&eligible, &turn, &counts);
                scope.spawn(move || {
                    let mut random = fastrand::Rng::with_seed(seed);
                    for _ in 0..700 {
                        let chosen = eligible
                            .choose(Algorithm::RoundRobin, turn, &mut random, Instant::now())
                            .unwrap();
                        *counts.lock().unwrap().entry(chosen.id).or_default() += 1;
                    }
                });
            }
        });
        assert!(counts.lock().unwrap().values().all(|count| *count == 400));
    }

    #[test]
    fn alb_089_a_target_in_slow_start_has_a_share_that_grows_linearly_to_that_of_the_others() {
        let since = Instant::now();
        for settled in 1..4_u32 {
            let mut all = members(settled as usize);
            all.push(ramping(since));
            let mut chooser = Chooser::new(Algorithm::RoundRobin, all, since);
            for second in 0..=35_u32 {
                let requests = 4_000 * (settled + 1);
                let counts = chooser.counts(requests, since + Duration::from_secs(1) * second);
                let (new, others) = counts.split_last().unwrap();
                let expected = 4_000 * second.min(30) / 30;
                assert!(new.abs_diff(expected) < 150, "{second} s: {new}, not {expected}");
                let fair = (requests - new) / settled;
                assert!(others.iter().all(|it| it.abs_diff(fair) < 150), "{second} s: {others:?}");
            }
        }
    }

    #[test]
    fn targets_that_are_all_in_slow_start_get_the_same() {
        let since = Instant::now();
        let both = vec![ramping(since), ramping(since + Duration::from_secs(9))];
        let mut chooser = Chooser::new(Algorithm::RoundRobin, both, since);
        assert_eq!(chooser.counts(100, since + Duration::from_secs(10)), [50, 50]);
    }

    /// Any course of requests that come and end: nobody gets one who has more in flight than another.
    #[test]
    fn the_least_busy_target_is_chosen() {
        let now = Instant::now();
        let algorithm = Algorithm::LeastOutstandingRequests;
        let mut chooser = Chooser::new(algorithm, members(5), now);
        let mut random = fastrand::Rng::with_seed(4);
        let mut in_flight = Vec::new();
        for _ in 0..5_000 {
            if random.u32(..5) < 2 && !in_flight.is_empty() {
                drop(in_flight.swap_remove(random.usize(..in_flight.len())));
                continue;
            }
            let chosen = chooser.choose(now);
            let least =
                chooser.eligible.members.iter().map(|it| it.target.in_flight()).min().unwrap();
            assert_eq!(chosen.in_flight(), least);
            in_flight.push(chosen.begin());
        }
        drop(in_flight);
        assert!(chooser.eligible.members.iter().all(|it| it.target.in_flight() == 0));
    }

    #[test]
    fn targets_that_are_equally_busy_take_turns() {
        let now = Instant::now();
        let algorithm = Algorithm::LeastOutstandingRequests;
        let mut chooser = Chooser::new(algorithm, members(3), now);
        assert_eq!(chooser.counts(9, now), [3, 3, 3]);
    }

    #[test]
    fn at_random_all_get_about_the_same_unless_one_is_spared() {
        let now = Instant::now();
        let mut all = members(4);
        let mut chooser = Chooser::new(Algorithm::WeightedRandom, all.clone(), now);
        let counts = chooser.counts(40_000, now);
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 400), "{counts:?}");
        all[2].weight = Weight::FULL.after(true).after(true);
        let mut chooser = Chooser::new(Algorithm::WeightedRandom, all, now);
        let counts = chooser.counts(49_000, now);
        assert!(counts[2].abs_diff(1_000) < 150, "{counts:?}");
        assert!(counts[0].abs_diff(16_000) < 500, "{counts:?}");
    }

    #[test]
    fn a_target_is_found_by_the_id_of_its_registration() {
        let all = members(1_000);
        let eligible = Eligible::new(all.clone(), false, Instant::now());
        for one in &all {
            assert!(Arc::ptr_eq(eligible.with_id(one.target.id).unwrap(), &one.target));
        }
        assert!(eligible.with_id(0).is_none());
    }
}
