//! A task definition as the template describes it: the containers of a task, how they depend on one
//! another, and what each is given.

use std::{fmt, time::Duration};

use super::Arn;

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
    /// MiB; 0 for no limit, which only a task on EC2 instances can be without.
    pub memory: u32,
    /// `TaskRoleArn`: with one, a task has credentials of its own.
    pub task_role: Option<Arn>,
    /// At least one, at least one of them essential, in the template's order.
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
    /// CPU units of the task's that are meant for it; 0 for no share of its own.
    pub cpu: u32,
    /// MiB that it may use; absent, the whole task's.
    pub memory: Option<u32>,
    /// Replaces the image's entry point, if given.
    pub entry_point: Option<Vec<String>>,
    /// Replaces the image's command, if given.
    pub command: Option<Vec<String>>,
    /// Replaces the image's working directory, if given.
    pub working_directory: Option<String>,
    /// In the template's order.
    pub environment: Vec<(String, String)>,
    /// `EnvironmentFiles[].Value`: ARNs of objects in S3. The first that has a name wins, and
    /// `environment` wins over them all.
    pub environment_files: Vec<String>,
    /// Variables whose values are kept elsewhere.
    pub secrets: Vec<Secret>,
    /// `PortMappings[].ContainerPort`.
    pub ports: Vec<u16>,
    /// Those of them that have names.
    pub named_ports: Vec<NamedPort>,
    /// What must have become of other containers before this one starts.
    pub depends_on: Vec<Dependency>,
    /// Asked inside the container.
    pub health_check: Option<ContainerHealthCheck>,
    /// `RestartPolicy`, where it is enabled.
    pub restart_policy: Option<RestartPolicy>,
    /// Soft and hard limits that differ from the default.
    pub ulimits: Vec<Ulimit>,
    /// How long others wait for what they depend on here; absent, for ever.
    pub start_timeout: Option<Duration>,
    /// From the stop signal to the kill. Default 30 s.
    pub stop_timeout: Duration,
    /// Whether nothing may be written outside volumes, which is not emulated for processes.
    pub read_only_root: bool,
    /// Where its output goes.
    pub log: Option<LogConfiguration>,
}

/// A port mapping with a `Name`, for Service Connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPort {
    /// Unique in its task definition.
    pub name: String,
    /// `ContainerPort`.
    pub port: u16,
    /// Whether `AppProtocol` is HTTP, in one version or another.
    pub speaks_http: bool,
}

/// An entry of a container's `Secrets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// The variable's name.
    pub name: String,
    /// What Secrets Manager or Parameter Store know it by.
    pub value_from: String,
}

/// An entry of a container's `DependsOn`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Another container of the task definition.
    pub container: String,
    /// What must have become of it.
    pub condition: DependencyCondition,
}

/// What must have become of a container before another starts (cloudmap-ecs §3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DependencyCondition {
    /// It has started.
    Start,
    /// It has exited.
    Complete,
    /// It has exited with 0.
    Success,
    /// It is healthy.
    Healthy,
}

/// A container's `HealthCheck`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerHealthCheck {
    /// What is run.
    pub command: HealthCommand,
    /// From the end of a check to the start of the next. Default 30 s.
    pub interval: Duration,
    /// Default 5 s.
    pub timeout: Duration,
    /// Failures in a row after which the container is unhealthy. Default 3.
    pub retries: u32,
    /// Failures do not count until then, unless a check has passed. Default 0.
    pub start_period: Duration,
}

/// What a container's health check runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthCommand {
    /// `CMD`: a program and its arguments.
    Program(Vec<String>),
    /// `CMD-SHELL`: a line for the container's shell.
    Shell(String),
}

/// A container's `RestartPolicy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestartPolicy {
    /// Exit codes after which it is not restarted.
    pub ignored_exit_codes: Vec<i32>,
    /// How long it must have run to be restarted. Default 300 s.
    pub attempt_period: Duration,
}

/// An entry of a container's `Ulimits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ulimit {
    /// `nofile`.
    pub name: String,
    /// What the process has.
    pub soft: u64,
    /// What it may raise that to.
    pub hard: u64,
}

/// A container's `LogConfiguration`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfiguration {
    /// `awslogs`.
    pub driver: String,
    /// In the template's order.
    pub options: Vec<(String, String)>,
}

// === impl TaskDefinition ===

impl TaskDefinition {
    /// Revision 1 of a family, of Fargate's smallest size.
    pub fn new(family: &str, containers: Vec<Container>) -> Self {
        Self {
            logical_id: family.to_owned(),
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
    /// One that has nothing but a name and an image.
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

    /// The last part of the image's repository: `service1` for
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
    /// An option's value.
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
