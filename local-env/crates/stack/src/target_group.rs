//! A target group as the template describes it: how its targets are spoken to, chosen and checked.

use std::{ops::RangeInclusive, time::Duration};

use super::{Arn, LogicalId};

/// A target group (`AWS::ElasticLoadBalancingV2::TargetGroup`). Its `Port` is not here: ECS
/// registers each task with its container port, and that is where traffic goes (statement alb 74).
#[derive(Clone, Debug, PartialEq)]
pub struct TargetGroup {
    /// The name in the template.
    pub logical_id: LogicalId,
    /// The ARN, by which actions and services name it.
    pub arn: Arn,
    /// The name: `Name`, or what CloudFormation would have made of the logical id.
    pub name: String,
    /// The name in metrics: `targetgroup/NAME/ID`.
    pub full_name: String,
    /// The protocol that targets speak: `Protocol`.
    pub protocol: TargetProtocol,
    /// The version of HTTP that targets speak: `ProtocolVersion`.
    pub version: ProtocolVersion,
    /// The health check of its targets.
    pub health_check: HealthCheck,
    /// The attributes: how its targets are chosen.
    pub attributes: TargetGroupAttributes,
}

/// The protocol that targets speak (`Protocol`, `HealthCheckProtocol`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetProtocol {
    /// HTTP without TLS.
    Http,
    /// HTTP over TLS; certificates are not looked at (alb §1.6).
    Https,
}

/// The version of HTTP in which requests are sent to targets (alb §1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2, for clients that speak it too.
    Http2,
    /// HTTP/2 with gRPC in it.
    Grpc,
}

/// The attributes of a target group (alb §10.3); durations are AWS's, and the default is AWS's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetGroupAttributes {
    /// The longest that a target is drained: `deregistration_delay.timeout_seconds`.
    pub deregistration_delay: Duration,
    /// The way in which a target is chosen: `load_balancing.algorithm.type`.
    pub algorithm: Algorithm,
    /// Whether targets that fail more often get fewer requests:
    /// `load_balancing.algorithm.anomaly_mitigation`.
    pub anomaly_mitigation: bool,
    /// The time in which a new target comes to its full share, zero for none:
    /// `slow_start.duration_seconds`.
    pub slow_start: Duration,
    /// The way in which clients stay with a target, if they do: `stickiness.*`.
    pub stickiness: Option<Stickiness>,
    /// The number of healthy targets below which all targets get requests:
    /// `target_group_health.unhealthy_state_routing.*`.
    pub minimum_healthy: MinimumHealthy,
}

/// The way in which a target is chosen (alb §4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Targets are chosen one after another.
    RoundRobin,
    /// The target with the fewest requests in flight is chosen.
    LeastOutstandingRequests,
    /// A target is chosen at random.
    WeightedRandom,
}

/// The way in which a client stays with a target (alb §4.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stickiness {
    /// A cookie of the load balancer's own names the target: `lb_cookie`.
    LoadBalancer {
        /// The time for which the client stays.
        duration: Duration,
    },
    /// The client stays once a target has set a cookie of its own: `app_cookie`.
    Application {
        /// The name of that cookie.
        cookie: String,
        /// The time for which the client stays.
        duration: Duration,
    },
}

/// The number of healthy targets that it takes for the unhealthy ones to get no requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinimumHealthy {
    /// The least number of targets: `.count`.
    pub count: u32,
    /// The least percentage of targets, if there is one: `.percentage`, unless it is `off`.
    pub percentage: Option<u32>,
}

/// The health check of a target group's targets; durations are AWS's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// The protocol of the check. The default is HTTP, also where requests go over TLS.
    pub protocol: TargetProtocol,
    /// The path and query of the request, by default `/`.
    pub path: String,
    /// The port that the request goes to, by default the traffic port.
    pub port: HealthCheckPort,
    /// The time from one check to the next, by default 30 s.
    pub interval: Duration,
    /// The longest that an answer may take, by default 5 s.
    pub timeout: Duration,
    /// The successes in a row that make an unhealthy target healthy, by default 5.
    pub healthy_threshold: u32,
    /// The failures in a row that make a target unhealthy, by default 2.
    pub unhealthy_threshold: u32,
    /// The answers that pass.
    pub matcher: Matcher,
}

/// The codes of answers that pass a health check (`Matcher`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// Statuses of HTTP (`HttpCode`), by default 200.
    Http(Vec<RangeInclusive<u16>>),
    /// Codes of gRPC (`GrpcCode`), by default 12.
    Grpc(Vec<RangeInclusive<u16>>),
}

/// The port that a health check goes to (`HealthCheckPort`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthCheckPort {
    /// The port that the target was registered with.
    Traffic,
    /// One port for all targets.
    Port(u16),
}

// === impl TargetGroup ===

impl TargetGroup {
    /// Makes a target group of this name with AWS's defaults. Its ARN is its name.
    pub fn named(name: &str) -> Self {
        Self {
            logical_id: name.into(),
            arn: Arn::from(name),
            name: name.to_owned(),
            full_name: format!("targetgroup/{name}/0"),
            protocol: TargetProtocol::Http,
            version: ProtocolVersion::Http1,
            health_check: HealthCheck::default(),
            attributes: TargetGroupAttributes::default(),
        }
    }
}

// === impl HealthCheck ===

impl Default for HealthCheck {
    /// Returns AWS's defaults (alb §4.3).
    fn default() -> Self {
        Self {
            protocol: TargetProtocol::Http,
            path: "/".into(),
            port: HealthCheckPort::Traffic,
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            healthy_threshold: 5,
            unhealthy_threshold: 2,
            matcher: Matcher::Http(vec![200..=200]),
        }
    }
}

// === impl TargetGroupAttributes ===

impl Default for TargetGroupAttributes {
    fn default() -> Self {
        Self {
            deregistration_delay: Duration::from_secs(300),
            algorithm: Algorithm::RoundRobin,
            anomaly_mitigation: false,
            slow_start: Duration::ZERO,
            stickiness: None,
            minimum_healthy: MinimumHealthy { count: 1, percentage: None },
        }
    }
}
