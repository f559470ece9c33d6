//! What is counted, under CloudWatch's names (alb §9.4).
//!
//! Each worker counts for itself, in memory that no other writes to, and whoever asks adds up. A
//! metric that AWS has both for the load balancer and for each target group is counted by group.

mod counter;
mod groups;
mod request;
mod server;

use std::sync::{Arc, atomic::AtomicU64};

pub(crate) use counter::{Counter, GroupCounter};
pub use server::{MetricsBindError, MetricsServer};

use self::{
    counter::{COUNTERS, add, read},
    groups::{Counted, Groups},
};
use super::targets::TargetGroup;

/// What a load balancer's workers have counted.
#[derive(Debug)]
pub struct Metrics {
    load_balancer: String,
    shards: Vec<Arc<Shard>>,
}

/// What one worker counts: nobody else writes here.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Shard {
    counters: [AtomicU64; COUNTERS],
    groups: Groups,
}

/// A metric's value.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample<'a> {
    /// The name in CloudWatch.
    pub cloudwatch: &'static str,
    /// The name in Prometheus, without what all of ours begin with.
    pub name: &'static str,
    /// `app/NAME/ID`.
    pub load_balancer: &'a str,
    /// `targetgroup/NAME/ID`, where it is about one.
    pub target_group: Option<&'a str>,
    /// The value.
    pub value: f64,
}

// === impl Metrics ===

impl Metrics {
    pub(super) fn new(load_balancer: &str, workers: usize) -> Arc<Self> {
        let shard = || {
            let counters = std::array::from_fn(|_| AtomicU64::new(0));
            Arc::new(Shard { counters, groups: Groups::default() })
        };
        let shards = (0..workers).map(|_| shard()).collect();
        Arc::new(Self { load_balancer: load_balancer.to_owned(), shards })
    }

    /// Counts for these groups too from here on.
    pub(super) fn cover<'a>(&self, groups: impl Iterator<Item = &'a Arc<TargetGroup>>) {
        for group in groups {
            self.shards.iter().for_each(|shard| shard.groups.add(group));
        }
    }

    pub(super) fn shard(&self, worker: usize) -> Option<&Arc<Shard>> {
        self.shards.get(worker)
    }

    /// Returns all metrics, as they stand.
    pub fn samples(&self) -> Vec<Sample<'_>> {
        let mut samples = Vec::new();
        for (at, (_, cloudwatch, name)) in Counter::ALL.iter().enumerate() {
            let value = self.shards.iter().map(|shard| read(&shard.counters[at])).sum::<u64>();
            samples.push(self.sample((cloudwatch, name), None, value));
        }
        let groups = self.groups();
        for (at, (counter, cloudwatch, name)) in GroupCounter::ALL.iter().enumerate() {
            for (_, shares) in &groups {
                let value = shares.iter().map(|share| read(&share.counters[at])).sum::<u64>();
                let mut sample = self.sample((cloudwatch, name), shares.first(), value);
                if *counter == GroupCounter::ResponseMicros {
                    sample.value /= 1e6;
                }
                samples.push(sample);
            }
        }
        for (group, shares) in &groups {
            let (healthy, unhealthy) = group.counts();
            let of = |names, count| self.sample(names, shares.first(), count as u64);
            samples.push(of((&"HealthyHostCount", &"healthy_hosts"), healthy));
            samples.push(of((&"UnHealthyHostCount", &"unhealthy_hosts"), unhealthy));
        }
        samples
    }

    /// Returns the groups that are still there, each with what every worker has counted for it.
    fn groups(&self) -> Vec<(Arc<TargetGroup>, Vec<&Counted>)> {
        let Some(first) = self.shards.first() else { return Vec::new() };
        let there = first.groups.iter().filter_map(Counted::group);
        let shares = |group: Arc<TargetGroup>| {
            let shares = self.shards.iter().filter_map(|shard| shard.groups.of(&group)).collect();
            (group, shares)
        };
        there.map(shares).collect()
    }

    fn sample<'a>(
        &'a self,
        (cloudwatch, name): (&&'static str, &&'static str),
        group: Option<&&'a Counted>,
        value: u64,
    ) -> Sample<'a> {
        #[expect(clippy::cast_precision_loss, reason = "all of it counts up to 2^53")]
        let value = value as f64;
        Sample {
            cloudwatch,
            name,
            load_balancer: &self.load_balancer,
            target_group: group.map(|group| group.full_name()),
            value,
        }
    }
}

// === impl Shard ===

impl Shard {
    pub(super) fn count(&self, counter: Counter) {
        self.add(counter, 1);
    }

    pub(super) fn add(&self, counter: Counter, count: u64) {
        add(&self.counters[counter as usize], count);
    }

    /// Counts one connection less.
    pub(super) fn count_down(&self, counter: Counter) {
        add(&self.counters[counter as usize], u64::MAX);
    }

    /// Counts an answer of the load balancer's own by its status.
    fn count_status(&self, status: u16) {
        match status {
            300..=399 => self.count(Counter::Elb3xx),
            400..=499 => self.count(Counter::Elb4xx),
            500..=599 => self.count(Counter::Elb5xx),
            _ => {}
        }
        match status {
            500 => self.count(Counter::Elb500),
            502 => self.count(Counter::Elb502),
            503 => self.count(Counter::Elb503),
            504 => self.count(Counter::Elb504),
            507 => self.count(Counter::RedirectUrlLimit),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(metrics: &Metrics, name: &str) -> String {
        let samples = metrics.samples();
        let of_name = samples.iter().filter(|it| it.cloudwatch == name);
        of_name.map(|it| it.value).sum::<f64>().to_string()
    }

    #[test]
    fn what_workers_count_is_added_up() {
        let metrics = Metrics::new("app/a/1", 2);
        for worker in 0..2 {
            let shard = metrics.shard(worker).unwrap();
            shard.count(Counter::NewConnections);
            shard.count(Counter::ActiveConnections);
            shard.count_status(503);
        }
        metrics.shard(0).unwrap().count_down(Counter::ActiveConnections);
        assert_eq!(value(&metrics, "NewConnectionCount"), "2");
        assert_eq!(value(&metrics, "ActiveConnectionCount"), "1");
        assert_eq!(value(&metrics, "HTTPCode_ELB_503_Count"), "2");
        assert_eq!(value(&metrics, "HTTPCode_ELB_5XX_Count"), "2");
        assert_eq!(value(&metrics, "HTTPCode_ELB_4XX_Count"), "0");
    }
}
