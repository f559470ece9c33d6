//! The metadata of a task and its containers as JSON (cloudmap-ecs §4.2, §4.3).
//!
//! What is not known or does not exist here is absent, as readers must expect it to be: an image's
//! id unless the template names the image by it, the network's interface and subnet, ephemeral
//! storage, tags.

use std::{collections::BTreeMap, net::Ipv4Addr, time::SystemTime};

use serde::Serialize;

use super::{
    facts::{ContainerFacts, HealthFacts, TaskFacts},
    names,
    path::EndpointVersion,
    timestamp::nanoseconds,
};
use stack::LogConfiguration;

/// How many CPU units a virtual processor is.
const CPU_UNITS: f64 = 1024.0;
const LABEL: &str = "com.amazonaws.ecs.";

/// The metadata of a task.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TaskAnswer<'a> {
    cluster: String,
    #[serde(rename = "TaskARN")]
    arn: String,
    family: &'a str,
    revision: String,
    desired_status: &'static str,
    known_status: &'static str,
    limits: TaskLimits,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_stopped_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_stopped_at: Option<String>,
    availability_zone: &'a str,
    launch_type: &'static str,
    service_name: &'a str,
    containers: Vec<ContainerAnswer<'a>>,
    clock_drift: ClockDrift,
    fault_injection_enabled: bool,
}

/// The limits of a task, in virtual processors and MiB.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TaskLimits {
    #[serde(rename = "CPU")]
    cpu: f64,
    memory: u32,
}

/// The drift of the clock, which is none: there is but one clock here.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ClockDrift {
    clock_error_bound: f64,
    reference_timestamp: String,
    clock_synchronization_status: &'static str,
}

/// The metadata of a container.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContainerAnswer<'a> {
    docker_id: String,
    name: &'a str,
    docker_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    #[serde(rename = "ImageID", skip_serializing_if = "Option::is_none")]
    image_id: Option<&'a str>,
    labels: BTreeMap<String, String>,
    desired_status: &'static str,
    known_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    limits: ContainerLimits,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<HealthAnswer<'a>>,
    #[serde(rename = "ContainerARN")]
    arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_driver: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_options: Option<BTreeMap<&'a str, String>>,
    networks: [NetworkAnswer; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    restart_count: Option<u32>,
}

/// The limits of a container, in CPU units and MiB.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ContainerLimits {
    #[serde(rename = "CPU")]
    cpu: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HealthAnswer<'a> {
    status: &'static str,
    status_since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "str::is_empty")]
    output: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct NetworkAnswer {
    #[serde(rename = "NetworkMode")]
    mode: &'static str,
    #[serde(rename = "IPv4Addresses")]
    ipv4_addresses: [Ipv4Addr; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    attachment_index: Option<u8>,
}

// === impl TaskAnswer ===

impl<'a> TaskAnswer<'a> {
    /// Describes a task at `now`.
    pub(super) fn new(task: &'a TaskFacts, version: EndpointVersion, now: SystemTime) -> Self {
        let definition = &task.service.task_definition;
        let containers = 0..task.containers.len();
        Self {
            cluster: names::cluster_arn(task),
            arn: names::task_arn(task),
            family: &definition.family,
            revision: definition.revision.to_string(),
            desired_status: task.desired_status.as_str(),
            known_status: task.known_status.as_str(),
            limits: TaskLimits {
                cpu: f64::from(definition.cpu) / CPU_UNITS,
                memory: definition.memory,
            },
            pull_started_at: task.pull_started.map(nanoseconds),
            pull_stopped_at: task.pull_stopped.map(nanoseconds),
            execution_stopped_at: task.stopped.map(nanoseconds),
            availability_zone: &task.availability_zone,
            launch_type: "FARGATE",
            service_name: &task.service.name,
            containers: containers
                .filter_map(|it| ContainerAnswer::new(task, it, version))
                .collect(),
            clock_drift: ClockDrift {
                clock_error_bound: 0.0,
                reference_timestamp: nanoseconds(now),
                clock_synchronization_status: "SYNCHRONIZED",
            },
            fault_injection_enabled: false,
        }
    }
}

// === impl ContainerAnswer ===

impl<'a> ContainerAnswer<'a> {
    /// Describes the container at this index; `None` if the task has not that many.
    pub(super) fn new(task: &'a TaskFacts, index: usize, version: EndpointVersion) -> Option<Self> {
        let facts = task.containers.get(index)?;
        let defined = task.defined(&facts.name);
        let image = defined.map(|defined| defined.image.as_str());
        let log = defined.and_then(|defined| defined.log.as_ref());
        Some(Self {
            docker_id: names::docker_id(&task.id, index),
            name: &facts.name,
            docker_name: &facts.name,
            image,
            image_id: image.and_then(|image| image.split_once('@')).map(|(_, digest)| digest),
            labels: labels(task, facts),
            desired_status: facts.desired_status.as_str(),
            known_status: facts.known_status.as_str(),
            exit_code: facts.exit_code,
            limits: defined.map_or_else(ContainerLimits::default, |defined| ContainerLimits {
                cpu: defined.cpu,
                memory: defined.memory,
            }),
            created_at: facts.created.map(nanoseconds),
            started_at: facts.started.map(nanoseconds),
            finished_at: facts.finished.map(nanoseconds),
            r#type: "NORMAL",
            health: facts.health.as_ref().map(HealthAnswer::new),
            arn: names::container_arn(task, index),
            log_driver: log.map(|log| log.driver.as_str()),
            log_options: log.map(|log| log_options(log, task, facts)),
            networks: [NetworkAnswer::new(task.address, version)],
            restart_count: facts.restarts,
        })
    }
}

fn labels(task: &TaskFacts, container: &ContainerFacts) -> BTreeMap<String, String> {
    let definition = &task.service.task_definition;
    let labels = [
        ("cluster", names::cluster_arn(task)),
        ("container-name", container.name.clone()),
        ("task-arn", names::task_arn(task)),
        ("task-definition-family", definition.family.clone()),
        ("task-definition-version", definition.revision.to_string()),
    ];
    labels.into_iter().map(|(name, value)| (format!("{LABEL}{name}"), value)).collect()
}

/// Returns the options of a log, in which the stream's full name takes the place of its prefix
/// (cloudmap-ecs §3.12).
fn log_options<'a>(
    log: &'a LogConfiguration,
    task: &TaskFacts,
    container: &ContainerFacts,
) -> BTreeMap<&'a str, String> {
    let options = log.options.iter().map(|(name, value)| match name.as_str() {
        "awslogs-stream-prefix" => {
            ("awslogs-stream", format!("{value}/{}/{}", container.name, task.id))
        }
        name => (name, value.clone()),
    });
    options.collect()
}

// === impl HealthAnswer ===

impl<'a> HealthAnswer<'a> {
    fn new(facts: &'a HealthFacts) -> Self {
        Self {
            status: facts.status.as_str(),
            status_since: nanoseconds(facts.since),
            exit_code: facts.exit_code,
            output: &facts.output,
        }
    }
}

// === impl NetworkAnswer ===

impl NetworkAnswer {
    fn new(address: Ipv4Addr, version: EndpointVersion) -> Self {
        Self {
            mode: "awsvpc",
            ipv4_addresses: [address],
            attachment_index: (version == EndpointVersion::V4).then_some(0),
        }
    }
}
