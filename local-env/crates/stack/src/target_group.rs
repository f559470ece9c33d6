//! A target group as the template describes it: how its targets are spoken to, chosen and checked.

use std::{ops::RangeInclusive, time::Duration};

use super::Arn;

/// `AWS::ElasticLoadBalancingV2::TargetGroup`. Its `Port` is not here: ECS registers each task with
/// its container port, and that is where traffic goes (statement alb 74).
#[derive(Clone, Debug, PartialEq)]
pub struct TargetGroup {
    /// Its name in the template.
    pub logical_id: String,
    /// What actions and services call it.
    pub arn: Arn,
    /// `Name`, or what CloudFormation would have made of the logical id.
    pub name: String,
    /// `targetgroup/NAME/ID`, as metrics call it.
    pub full_name: String,
    /// `Protocol`: whether targets are spoken to over TLS.
    pub protocol: TargetProtocol,
    /// `ProtocolVersion`.
    pub version: ProtocolVersion,
    /// How its targets are checked.
    pub health_check: HealthCheck,
    /// How its targets are chosen.
    pub attributes: TargetGroupAttributes,
}

/// `Protocol` and `HealthCheckProtocol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetProtocol {
    /// Plain.
    Http,
    /// Over TLS; certificates are not looked at (alb §1.6).
    Https,
}

/// How requests are sent to targets (alb §1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2, for clients that speak it too.
    Http2,
    /// HTTP/2 with gRPC in it.
    Grpc,
}

/// `TargetGroupAttributes` (alb §10.3); durations are AWS's, and the default is AWS's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetGroupAttributes {
    /// `deregistration_delay.timeout_seconds`.
    pub deregistration_delay: Duration,
    /// `load_balancing.algorithm.type`.
    pub algorithm: Algorithm,
    /// `load_balancing.algorithm.anomaly_mitigation`.
    pub anomaly_mitigation: bool,
    /// `slow_start.duration_seconds`; zero is none.
    pub slow_start: Duration,
    /// `stickiness.*`.
    pub stickiness: Option<Stickiness>,
    /// `target_group_health.unhealthy_state_routing.*`: with fewer healthy targets all get requests.
    pub minimum_healthy: MinimumHealthy,
}

/// How a target is chosen (alb §4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// One after another.
    RoundRobin,
    /// The one with the fewest requests in flight.
    LeastOutstandingRequests,
    /// At random.
    WeightedRandom,
}

/// How a client stays with a target (alb §4.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stickiness {
    /// `lb_cookie`: by a cookie of the load balancer's own.
    LoadBalancer {
        /// How long.
        duration: Duration,
    },
    /// `app_cookie`: once a target has set a cookie of its own.
    Application {
        /// That cookie's name.
        cookie: String,
        /// How long.
        duration: Duration,
    },
}

/// How many healthy targets it takes for the unhealthy ones to get no requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinimumHealthy {
    /// `.count`.
    pub count: u32,
    /// `.percentage`, unless `off`.
    pub percentage: Option<u32>,
}

/// How a target group's targets are checked; durations are AWS's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// Plain or over TLS. Default plain, also where requests go over TLS.
    pub protocol: TargetProtocol,
    /// Path and query of the request. Default `/`.
    pub path: String,
    /// Where the request goes. Default the traffic port.
    pub port: HealthCheckPort,
    /// From one check to the next. Default 30 s.
    pub interval: Duration,
    /// How long an answer may take. Default 5 s.
    pub timeout: Duration,
    /// Successes in a row that make an unhealthy target healthy. Default 5.
    pub healthy_threshold: u32,
    /// Failures in a row that make a target unhealthy. Default 2.
    pub unhealthy_threshold: u32,
    /// The answers that pass.
    pub matcher: Matcher,
}

/// `Matcher`: the codes of answers that pass a health check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// `HttpCode`. Default 200.
    Http(Vec<RangeInclusive<u16>>),
    /// `GrpcCode`. Default 12.
    Grpc(Vec<RangeInclusive<u16>>),
}

/// `HealthCheckPort`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthCheckPort {
    /// The port that the target was registered with.
    Traffic,
    /// This one, for all targets.
    Port(u16),
}

// === impl TargetGroup ===

impl TargetGroup {
    /// Makes a target group of this name with AWS's defaults. Its ARN is its name.
    pub fn named(name: &str) -> Self {
        Self {
            logical_id: name.to_owned(),
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
