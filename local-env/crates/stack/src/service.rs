//! An ECS service as the template describes it.

use std::{sync::Arc, time::Duration};

use super::{Arn, SecurityGroupId, ServiceConnect, TaskDefinition};

/// `AWS::ECS::Service`.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its name in the template.
    pub logical_id: String,
    /// `arn:aws:ecs:…:service/cluster/name`.
    pub arn: Arn,
    /// `ServiceName`, or what CloudFormation would have made of the logical id.
    pub name: String,
    /// The name of its cluster.
    pub cluster: String,
    /// Tasks to keep running; a template that is silent means 1 (cloudmap-ecs §3.6).
    pub desired_count: u32,
    /// `DeploymentConfiguration.MinimumHealthyPercent`. Default 100.
    pub minimum_healthy_percent: u32,
    /// `DeploymentConfiguration.MaximumPercent`. Default 200.
    pub maximum_percent: u32,
    /// `DeploymentConfiguration.DeploymentCircuitBreaker`, where it is enabled.
    pub circuit_breaker: Option<CircuitBreaker>,
    /// `HealthCheckGracePeriodSeconds`. Default 0.
    pub health_check_grace_period: Duration,
    /// What its tasks are made from.
    pub task_definition: Arc<TaskDefinition>,
    /// The target groups that its tasks are registered in.
    pub load_balancers: Vec<ServiceLoadBalancer>,
    /// The Cloud Map service that its tasks are registered in.
    pub registry: Option<ServiceRegistry>,
    /// How its tasks call others by name, and others them, through a proxy.
    pub connect: Option<ServiceConnect>,
    /// The groups of its tasks; where there are none, the VPC's default group.
    pub security_groups: Vec<SecurityGroupId>,
}

/// When a deployment is given up (cloudmap-ecs §3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitBreaker {
    /// Whether the last completed deployment is taken up again.
    pub rollback: bool,
    /// Whether a task that turns healthy sets the count of failed ones to 0. Default true.
    pub reset_on_healthy_task: bool,
    /// How many failed tasks are too many.
    pub threshold: Threshold,
}

/// `ThresholdConfiguration`: how many failed tasks are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// Percent of the desired count, but at least 3 and at most 200. The default, with 50.
    BoundedPercent(u32),
    /// Percent of the desired count.
    UnboundedPercent(u32),
    /// Tasks.
    Count(u32),
}

/// An entry of a service's `LoadBalancers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLoadBalancer {
    /// Where each task is registered.
    pub target_group: Arn,
    /// A container of the task definition.
    pub container_name: String,
    /// The port that each task is registered with.
    pub container_port: u16,
}

/// The entry of a service's `ServiceRegistries`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRegistry {
    /// The Cloud Map service.
    pub service: Arn,
    /// The port of SRV records, from `Port` or `ContainerPort`.
    pub port: Option<u16>,
}

// === impl Service ===

impl Service {
    /// A service as CloudFormation makes it where the template says no more.
    pub fn new(name: &str, task_definition: Arc<TaskDefinition>) -> Self {
        Self {
            logical_id: name.to_owned(),
            arn: Arn::from(format!("service/default/{name}").as_str()),
            name: name.to_owned(),
            cluster: "default".to_owned(),
            desired_count: 1,
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: None,
            health_check_grace_period: Duration::ZERO,
            task_definition,
            load_balancers: Vec::new(),
            registry: None,
            connect: None,
            security_groups: Vec::new(),
        }
    }
}
