//! An ECS service as the template describes it.

use std::{sync::Arc, time::Duration};

use super::{Arn, LogicalId, SecurityGroupId, ServiceConnect, TaskDefinition};

/// A service of ECS (`AWS::ECS::Service`).
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// The name in the template.
    pub logical_id: LogicalId,
    /// The ARN: `arn:aws:ecs:…:service/cluster/name`.
    pub arn: Arn,
    /// The name: `ServiceName`, or what CloudFormation would have made of the logical id.
    pub name: String,
    /// The name of its cluster.
    pub cluster: String,
    /// The number of tasks to keep running; a template that is silent means 1 (cloudmap-ecs §3.6).
    pub desired_count: u32,
    /// The percentage of the desired count below which a deployment stops no task, by default 100:
    /// `DeploymentConfiguration.MinimumHealthyPercent`.
    pub minimum_healthy_percent: u32,
    /// The percentage of the desired count up to which a deployment starts tasks, by default 200:
    /// `DeploymentConfiguration.MaximumPercent`.
    pub maximum_percent: u32,
    /// The circuit breaker, where it is enabled:
    /// `DeploymentConfiguration.DeploymentCircuitBreaker`.
    pub circuit_breaker: Option<CircuitBreaker>,
    /// The time for which failed health checks of a new task mean nothing, by default none:
    /// `HealthCheckGracePeriodSeconds`.
    pub health_check_grace_period: Duration,
    /// The task definition that its tasks are made from.
    pub task_definition: Arc<TaskDefinition>,
    /// The target groups that its tasks are registered in.
    pub load_balancers: Vec<ServiceLoadBalancer>,
    /// The Cloud Map service that its tasks are registered in.
    pub registry: Option<ServiceRegistry>,
    /// Service Connect: how its tasks call others by name, and others them, through a proxy.
    pub connect: Option<ServiceConnect>,
    /// The security groups of its tasks; where there are none, they are in the VPC's default group.
    pub security_groups: Vec<SecurityGroupId>,
}

/// The circuit breaker, which gives up deployments (cloudmap-ecs §3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitBreaker {
    /// Whether the last completed deployment is taken up again.
    pub rollback: bool,
    /// Whether a task that turns healthy sets the count of failed ones to 0. Default true.
    pub reset_on_healthy_task: bool,
    /// The number of failed tasks that is too many.
    pub threshold: Threshold,
}

/// The number of failed tasks that is too many (`ThresholdConfiguration`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// A percentage of the desired count, but at least 3 tasks and at most 200. The default is 50
    /// percent.
    BoundedPercent(u32),
    /// A percentage of the desired count.
    UnboundedPercent(u32),
    /// A number of tasks.
    Count(u32),
}

/// A target group that a service registers its tasks in (an entry of `LoadBalancers`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLoadBalancer {
    /// The target group.
    pub target_group: Arn,
    /// The name of a container of the task definition.
    pub container_name: String,
    /// The port that each task is registered with.
    pub container_port: u16,
}

/// The Cloud Map service that an ECS service registers its tasks in (the entry of
/// `ServiceRegistries`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRegistry {
    /// The Cloud Map service.
    pub service: Arn,
    /// The port of SRV records, from `Port` or `ContainerPort`.
    pub port: Option<u16>,
}

// === impl Service ===

impl Service {
    /// Returns a service as CloudFormation makes it where the template says no more.
    pub fn new(name: &str, task_definition: Arc<TaskDefinition>) -> Self {
        Self {
            logical_id: LogicalId::from(name),
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
