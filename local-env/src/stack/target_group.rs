//! A target group as the template describes it: how its targets are checked and how long they drain.

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
    /// How its targets are checked.
    pub health_check: HealthCheck,
    /// `deregistration_delay.timeout_seconds`, in AWS's time.
    pub deregistration_delay: Duration,
}

/// How a target group's targets are checked; durations are AWS's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
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
    /// The statuses that pass. Default 200.
    pub matcher: Vec<RangeInclusive<u16>>,
}

/// `HealthCheckPort`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthCheckPort {
    /// The port that the target was registered with.
    Traffic,
    /// This one, for all targets.
    Port(u16),
}
