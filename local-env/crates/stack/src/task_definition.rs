//! A task definition as the template describes it: the containers of a task, how they depend on one
//! another, and what each is given.

use std::{fmt, time::Duration};

use super::{Arn, LogicalId};

/// A task definition (`AWS::ECS::TaskDefinition`).
#[derive(Clone, Debug, PartialEq)]
pub struct TaskDefinition {
    /// The name in the template.
    pub logical_id: LogicalId,
    /// The ARN: `arn:aws:ecs:…:task-definition/family:revision`.
    pub arn: Arn,
    /// The family: `Family`.
    pub family: String,
    /// The revision, counted from 1.
    pub revision: u32,
    /// The CPU units of a task; 1024 are one virtual processor.
    pub cpu: u32,
    /// The memory of a task in MiB; 0 is no limit, which only tasks on EC2 instances can be
    /// without.
    pub memory: u32,
    /// The task role, with which a task has credentials of its own: `TaskRoleArn`.
    pub task_role: Option<Arn>,
    /// The containers in the template's order; at least one of them is essential.
    pub containers: Vec<Container>,
}

/// A container of a task (an entry of `ContainerDefinitions`).
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// The name, unique in its task definition.
    pub name: String,
    /// The address of the image, with its tag.
    pub image: String,
    /// Whether the task ends when this container does, which is the default.
    pub essential: bool,
    /// The CPU units that are meant for it; 0 is no share of its own.
    pub cpu: u32,
    /// The MiB that it may use; without it, all that the task has.
    pub memory: Option<u32>,
    /// The entry point in place of the image's, if one is given.
    pub entry_point: Option<Vec<String>>,
    /// The command in place of the image's, if one is given.
    pub command: Option<Vec<String>>,
    /// The working directory in place of the image's, if one is given.
    pub working_directory: Option<String>,
    /// The variables, name and value, in the template's order.
    pub environment: Vec<(String, String)>,
    /// The ARNs of environment files in S3. The first file that has a variable wins, and
    /// `environment` wins over all of them.
    pub environment_files: Vec<String>,
    /// The variables whose values are kept elsewhere.
    pub secrets: Vec<Secret>,
    /// The ports that it maps: `PortMappings[].ContainerPort`.
    pub ports: Vec<u16>,
    /// The ports that have names.
    pub named_ports: Vec<NamedPort>,
    /// The dependencies: what must have become of other containers before this one starts.
    pub depends_on: Vec<Dependency>,
    /// The health check that is run in the container.
    pub health_check: Option<ContainerHealthCheck>,
    /// The restart policy, where it is enabled.
    pub restart_policy: Option<RestartPolicy>,
    /// The limits of its processes that differ from the default.
    pub ulimits: Vec<Ulimit>,
    /// The time for which others wait for what they depend on here; without it, for ever.
    pub start_timeout: Option<Duration>,
    /// The time from the stop signal to the kill, by default 30 s.
    pub stop_timeout: Duration,
    /// Whether nothing may be written outside volumes, which is not emulated for processes.
    pub read_only_root: bool,
    /// The log configuration: where its output goes.
    pub log: Option<LogConfiguration>,
}

/// A port mapping with a `Name`, for Service Connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPort {
    /// The name, unique in its task definition.
    pub name: String,
    /// The container's port.
    pub port: u16,
    /// Whether `AppProtocol` is HTTP, in one version or another.
    pub speaks_http: bool,
}

/// A variable whose value is kept elsewhere (an entry of `Secrets`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// The name of the variable.
    pub name: String,
    /// The name by which Secrets Manager or Parameter Store knows the value.
    pub value_from: String,
}

/// A dependency of a container on another one (an entry of `DependsOn`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The name of the other container.
    pub container: String,
    /// The condition that the other container must meet.
    pub condition: DependencyCondition,
}

/// The condition that a container must meet before another one starts (cloudmap-ecs §3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DependencyCondition {
    /// The container has started.
    Start,
    /// The container has exited.
    Complete,
    /// The container has exited with 0.
    Success,
    /// The container is healthy.
    Healthy,
}

/// The health check of a container (`HealthCheck`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerHealthCheck {
    /// The command that is run.
    pub command: HealthCommand,
    /// The time from the end of a check to the start of the next, by default 30 s.
    pub interval: Duration,
    /// The longest that a check may take, by default 5 s.
    pub timeout: Duration,
    /// The failures in a row after which the container is unhealthy, by default 3.
    pub retries: u32,
    /// The time until which failures do not count, unless a check has passed; by default none.
    pub start_period: Duration,
}

/// The command of a container's health check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthCommand {
    /// A program and its arguments: `CMD`.
    Program(Vec<String>),
    /// A line for the container's shell: `CMD-SHELL`.
    Shell(String),
}

/// The restart policy of a container (`RestartPolicy`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestartPolicy {
    /// The exit codes after which it is not restarted.
    pub ignored_exit_codes: Vec<i32>,
    /// The time that it must have run to be restarted, by default 300 s.
    pub attempt_period: Duration,
}

/// A limit of a container's processes (an entry of `Ulimits`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ulimit {
    /// The name of the limit: `nofile`.
    pub name: String,
    /// The soft limit, which a process has.
    pub soft: u64,
    /// The hard limit, up to which a process may raise it.
    pub hard: u64,
}

/// The log configuration of a container (`LogConfiguration`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfiguration {
    /// The log driver: `awslogs`.
    pub driver: String,
    /// The options, name and value, in the template's order.
    pub options: Vec<(String, String)>,
}

// === impl TaskDefinition ===

impl TaskDefinition {
    /// Returns revision 1 of a family, of Fargate's smallest size.
    pub fn new(family: &str, containers: Vec<Container>) -> Self {
        Self {
            logical_id: LogicalId::from(family),
            arn: Arn::from(format!("task-definition/{family}:1").as_str()),
            family: family.to_owned(),
            revision: 1,
            cpu: 256,
            memory: 512,
            task_role: None,
            containers,
        }
    }
}

// === impl Container ===

impl Container {
    /// Returns a container that has nothing but a name and an image.
    pub fn new(name: impl Into<String>, image: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            image: image.into(),
            essential: true,
            cpu: 0,
            memory: None,
            entry_point: None,
            command: None,
            working_directory: None,
            environment: Vec::new(),
            environment_files: Vec::new(),
            secrets: Vec::new(),
            ports: Vec::new(),
            named_ports: Vec::new(),
            depends_on: Vec::new(),
            health_check: None,
            restart_policy: None,
            ulimits: Vec::new(),
            start_timeout: None,
            stop_timeout: Duration::from_secs(30),
            read_only_root: false,
            log: None,
        }
    }

    /// Returns the last part of the image's repository: `service1` for
    /// `111122223333.dkr.ecr.us-west-2.amazonaws.com/team/service1:latest`.
    pub fn repository(&self) -> &str {
        let path = self.image.rsplit('/').next().unwrap_or(&self.image);
        path.split(['@', ':']).next().unwrap_or(path)
    }
}

// === impl DependencyCondition ===

impl fmt::Display for DependencyCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "START",
            Self::Complete => "COMPLETE",
            Self::Success => "SUCCESS",
            Self::Healthy => "HEALTHY",
        })
    }
}

// === impl LogConfiguration ===

impl LogConfiguration {
    /// Returns the value of an option.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_images_repository_is_known_without_registry_tag_or_digest() {
        for image in [
            "service1",
            "service1:latest",
            "registry.example:5000/service1",
            "111122223333.dkr.ecr.us-west-2.amazonaws.com/team/service1:v1",
            "team/service1@sha256:0123",
        ] {
            assert_eq!(Container::new("web", image).repository(), "service1", "{image}");
        }
    }
}
