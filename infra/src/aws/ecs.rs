//! Container Service: cluster, task definition, service.

use serde::Serialize;

use crate::value::Value;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Cluster {
    pub(crate) cluster_name: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TaskDefinition {
    pub(crate) family: Value,
    /// CPU units, 1024 to a processor. A text, as is the memory.
    pub(crate) cpu: &'static str,
    /// MiB.
    pub(crate) memory: &'static str,
    pub(crate) network_mode: &'static str,
    pub(crate) requires_compatibilities: Vec<&'static str>,
    pub(crate) execution_role_arn: Value,
    pub(crate) task_role_arn: Value,
    pub(crate) container_definitions: Vec<ContainerDefinition>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ContainerDefinition {
    pub(crate) name: String,
    pub(crate) image: Value,
    pub(crate) essential: bool,
    /// MiB; what a container may take of its task's memory before it is killed.
    pub(crate) memory: u32,
    pub(crate) port_mappings: Vec<PortMapping>,
    pub(crate) environment: Vec<EnvironmentVariable>,
    pub(crate) log_configuration: LogConfiguration,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PortMapping {
    pub(crate) container_port: u16,
    pub(crate) protocol: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EnvironmentVariable {
    pub(crate) name: &'static str,
    pub(crate) value: Value,
}

/// The log drivers; the driver decides which options there are.
#[derive(Debug, Serialize)]
#[serde(tag = "LogDriver", content = "Options", rename_all = "lowercase")]
pub(crate) enum LogConfiguration {
    Awslogs(AwslogsOptions),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct AwslogsOptions {
    pub(crate) awslogs_group: Value,
    pub(crate) awslogs_stream_prefix: &'static str,
    pub(crate) awslogs_region: Value,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Service {
    pub(crate) service_name: &'static str,
    pub(crate) cluster: Value,
    pub(crate) task_definition: Value,
    pub(crate) launch_type: &'static str,
    pub(crate) desired_count: Value,
    pub(crate) deployment_configuration: DeploymentConfiguration,
    pub(crate) health_check_grace_period_seconds: u32,
    pub(crate) network_configuration: NetworkConfiguration,
    pub(crate) load_balancers: Vec<LoadBalancer>,
    pub(crate) service_registries: Vec<ServiceRegistry>,
}

/// How far a deployment may go above and below the desired count.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeploymentConfiguration {
    pub(crate) maximum_percent: u32,
    pub(crate) minimum_healthy_percent: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NetworkConfiguration {
    pub(crate) awsvpc_configuration: AwsvpcConfiguration,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AwsvpcConfiguration {
    pub(crate) assign_public_ip: &'static str,
    pub(crate) security_groups: Vec<Value>,
    pub(crate) subnets: Vec<Value>,
}

/// The container and port that a target group's requests go to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LoadBalancer {
    pub(crate) container_name: String,
    pub(crate) container_port: u16,
    pub(crate) target_group_arn: Value,
}

/// The Cloud Map service in which tasks are registered. A records carry no port.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ServiceRegistry {
    pub(crate) registry_arn: Value,
}
