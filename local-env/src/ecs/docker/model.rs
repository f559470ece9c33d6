//! What is sent to a Docker Engine and what is read of its answers, under the names that its API has.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The request for a new container.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContainerCreateBody {
    pub(super) image: Option<String>,
    pub(super) env: Option<Vec<String>>,
    pub(super) entrypoint: Option<Vec<String>>,
    pub(super) cmd: Option<Vec<String>>,
    pub(super) working_dir: Option<String>,
    pub(super) attach_stdout: bool,
    pub(super) attach_stderr: bool,
    /// By `80/tcp`, each an empty object.
    pub(super) exposed_ports: Map<String, Value>,
    pub(super) labels: HashMap<String, String>,
    /// The one that replaces the image's.
    pub(super) healthcheck: Option<HealthConfig>,
    pub(super) host_config: HostConfig,
}

/// The health check that Docker itself makes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HealthConfig {
    /// `NONE`, or a command.
    pub(super) test: Vec<String>,
}

/// The part of the machine that a container is given.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HostConfig {
    pub(super) network_mode: Option<String>,
    /// In bytes.
    pub(super) memory: Option<i64>,
    pub(super) nano_cpus: Option<i64>,
    pub(super) cpu_shares: Option<i64>,
    pub(super) ulimits: Vec<Ulimit>,
    pub(super) readonly_rootfs: bool,
    pub(super) mounts: Vec<Mount>,
    pub(super) dns: Vec<String>,
    /// By `80/tcp`.
    pub(super) port_bindings: BTreeMap<String, Vec<PortBinding>>,
}

/// A limit, -1 for none.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Ulimit {
    pub(super) name: String,
    pub(super) soft: i64,
    pub(super) hard: i64,
}

/// A file or folder of this machine in a container.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Mount {
    pub(super) r#type: &'static str,
    pub(super) source: String,
    pub(super) target: String,
    pub(super) read_only: bool,
}

/// The address at which a port is published.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PortBinding {
    pub(super) host_ip: String,
    pub(super) host_port: String,
}

/// The request for a new network.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NetworkCreateRequest {
    pub(super) name: String,
    pub(super) labels: HashMap<String, String>,
}

/// The request for a command in a container that runs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ExecConfig {
    pub(super) cmd: Vec<String>,
    pub(super) attach_stdout: bool,
    pub(super) attach_stderr: bool,
}

/// The request to start such a command.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ExecStartConfig {
    pub(super) detach: bool,
    pub(super) tty: bool,
}

/// The answer to a request for something new.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Created {
    pub(super) id: String,
}

/// A container or a network in a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) labels: Option<HashMap<String, String>>,
}

/// A container as it is now.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContainerInspectResponse {
    pub(super) state: Option<ContainerState>,
    pub(super) config: Option<ContainerConfig>,
    pub(super) network_settings: Option<NetworkSettings>,
}

/// The state of a container: how it runs, or ended.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContainerState {
    pub(super) pid: Option<u32>,
    pub(super) exit_code: Option<i64>,
    #[serde(rename = "OOMKilled")]
    pub(super) oom_killed: Option<bool>,
}

/// The settings of a container, its image's among them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContainerConfig {
    pub(super) stop_signal: Option<String>,
}

/// The networks that a container is in, by their names.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NetworkSettings {
    pub(super) networks: Option<HashMap<String, EndpointSettings>>,
}

/// The address of a container in a network.
#[derive(Debug, Deserialize)]
pub(super) struct EndpointSettings {
    #[serde(rename = "IPAddress")]
    pub(super) ip_address: Option<String>,
}

/// A command in a container as it is now.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ExecInspectResponse {
    pub(super) exit_code: Option<i64>,
}

/// The answer of an engine that refuses.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) message: String,
}

/// A step in the making of an image.
#[derive(Debug, Deserialize)]
pub(super) struct CreateImageInfo {
    /// The reason why it goes no further.
    pub(super) error: Option<String>,
}
