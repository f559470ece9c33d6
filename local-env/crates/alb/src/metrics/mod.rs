//! What is counted, under CloudWatch's names (alb §9.4).
//!
//! Each worker counts for itself, in memory that no other writes to, and whoever asks adds up. A
//! metric that AWS has both for the load balancer and for each target group is counted by group.

mod groups;
mod request;
mod server;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

pub use server::{MetricsBindError, MetricsServer};

use self::groups::{Counted, Groups};
use super::targets::TargetGroup;

macro_rules! counters {
    ($(#[$doc:meta])* $kind:ident { $($name:ident = $cloudwatch:literal, $prometheus:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $kind {
            $(#[doc = concat!("`", $cloudwatch, "`.")] $name,)*
        }

        impl $kind {
            const ALL: &[(Self, &str, &str)] =
                &[$((Self::$name, $cloudwatch, $prometheus),)*];
        }
    };
}

counters! {
    /// Counted for the load balancer.
    Counter {
        ActiveConnections = "ActiveConnectionCount", "active_connections";
        NewConnections = "NewConnectionCount", "new_connections_total";
        ProcessedBytes = "ProcessedBytes", "processed_bytes_total";
        ClientTlsErrors = "ClientTLSNegotiationErrorCount", "client_tls_negotiation_errors_total";
        RuleEvaluations = "RuleEvaluations", "rule_evaluations_total";
        Elb3xx = "HTTPCode_ELB_3XX_Count", "httpcode_elb_3xx_total";
        Elb4xx = "HTTPCode_ELB_4XX_Count", "httpcode_elb_4xx_total";
        Elb5xx = "HTTPCode_ELB_5XX_Count", "httpcode_elb_5xx_total";
        Elb500 = "HTTPCode_ELB_500_Count", "httpcode_elb_500_total";
        Elb502 = "HTTPCode_ELB_502_Count", "httpcode_elb_502_total";
        Elb503 = "HTTPCode_ELB_503_Count", "httpcode_elb_503_total";
        Elb504 = "HTTPCode_ELB_504_Count", "httpcode_elb_504_total";
        Redirects = "HTTP_Redirect_Count", "http_redirects_total";
        RedirectUrlLimit =
            "HTTP_Redirect_Url_Limit_Exceeded_Count", "http_redirect_url_limit_exceeded_total";
        FixedResponses = "HTTP_Fixed_Response_Count", "http_fixed_responses_total";
        GrpcRequests = "GrpcRequestCount", "grpc_requests_total";
        NonStickyRequests = "NonStickyRequestCount", "non_sticky_requests_total";
        NonCompliantRequests =
            "DesyncMitigationMode_NonCompliant_Request_Count", "desync_non_compliant_requests_total";
        DroppedInvalidHeaders =
            "DroppedInvalidHeaderRequestCount", "dropped_invalid_header_requests_total";
        ForwardedInvalidHeaders =
            "ForwardedInvalidHeaderRequestCount", "forwarded_invalid_header_requests_total";
    }
}

counters! {
    /// Counted for each target group.
    GroupCounter {
        Requests = "RequestCount", "requests_total";
        Target2xx = "HTTPCode_Target_2XX_Count", "httpcode_target_2xx_total";
        Target3xx = "HTTPCode_Target_3XX_Count", "httpcode_target_3xx_total";
        Target4xx = "HTTPCode_Target_4XX_Count", "httpcode_target_4xx_total";
        Target5xx = "HTTPCode_Target_5XX_Count", "httpcode_target_5xx_total";
        ConnectionErrors = "TargetConnectionErrorCount", "target_connection_errors_total";
        TlsErrors = "TargetTLSNegotiationErrorCount", "target_tls_negotiation_errors_total";
        UnhealthyRouting = "UnhealthyRoutingRequestCount", "unhealthy_routing_requests_total";
        Responses = "TargetResponseTime (samples)", "target_response_time_seconds_count";
        ResponseMicros = "TargetResponseTime", "target_response_time_seconds_sum";
    }
}

const COUNTERS: usize = Counter::ALL.len();
const GROUP_COUNTERS: usize = GroupCounter::ALL.len();

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
    /// CloudWatch's name.
    pub cloudwatch: &'static str,
    /// Prometheus' name, without what all of ours begin with.
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

    /// All metrics, as they stand.
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

    /// The groups that are still there, each with what every worker has counted for it.
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

    /// One connection less.
    pub(super) fn leave(&self, counter: Counter) {
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

/// Without a locked instruction: only one thread writes.
fn add(counter: &AtomicU64, count: u64) {
    counter.store(read(counter).wrapping_add(count), Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
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
        metrics.shard(0).unwrap().leave(Counter::ActiveConnections);
        assert_eq!(value(&metrics, "NewConnectionCount"), "2");
        assert_eq!(value(&metrics, "ActiveConnectionCount"), "1");
        assert_eq!(value(&metrics, "HTTPCode_ELB_503_Count"), "2");
        assert_eq!(value(&metrics, "HTTPCode_ELB_5XX_Count"), "2");
        assert_eq!(value(&metrics, "HTTPCode_ELB_4XX_Count"), "0");
    }
}
