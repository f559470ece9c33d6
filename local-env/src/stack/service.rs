//! An ECS service and its task definition as the template describes them.

use std::{sync::Arc, time::Duration};

use super::Arn;

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
    /// `HealthCheckGracePeriodSeconds`. Default 0.
    pub health_check_grace_period: Duration,
    /// What its tasks are made from.
    pub task_definition: Arc<TaskDefinition>,
    /// The target groups that its tasks are registered in.
    pub load_balancers: Vec<ServiceLoadBalancer>,
    /// The Cloud Map service that its tasks are registered in.
    pub registry: Option<ServiceRegistry>,
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

/// `AWS::ECS::TaskDefinition`.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskDefinition {
    /// Its name in the template.
    pub logical_id: String,
    /// `arn:aws:ecs:…:task-definition/family:revision`.
    pub arn: Arn,
    /// `Family`.
    pub family: String,
    /// Counts from 1.
    pub revision: u32,
    /// CPU units: 1024 are one virtual processor.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// At least one.
    pub containers: Vec<Container>,
}

/// An entry of a task definition's `ContainerDefinitions`.
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// Unique in its task definition.
    pub name: String,
    /// The image's address, with its tag.
    pub image: String,
    /// Whether the task ends when this container does. Default true.
    pub essential: bool,
    /// In the template's order.
    pub environment: Vec<(String, String)>,
    /// `PortMappings[].ContainerPort`.
    pub ports: Vec<u16>,
    /// From the stop signal to the kill. Default 30 s.
    pub stop_timeout: Duration,
}

// === impl Container ===

impl Container {
    /// The last part of the image's repository: `service1` for
    /// `111122223333.dkr.ecr.us-west-2.amazonaws.com/team/service1:latest`.
    pub fn repository(&self) -> &str {
        let path = self.image.rsplit('/').next().unwrap_or(&self.image);
        path.split(['@', ':']).next().unwrap_or(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(image: &str) -> Container {
        Container {
            name: "web".into(),
            image: image.into(),
            essential: true,
            environment: Vec::new(),
            ports: vec![80],
            stop_timeout: Duration::from_secs(30),
        }
    }

    #[test]
    fn an_images_repository_is_known_without_registry_tag_or_digest() {
        for image in [
            "service1",
            "service1:latest",
            "registry.example:5000/service1",
            "111122223333.dkr.ecr.us-west-2.amazonaws.com/team/service1:v1",
            "team/service1@sha256:0123",
        ] {
            assert_eq!(container(image).repository(), "service1", "{image}");
        }
    }
}
