//! A network namespace of the environment's network, and the relay that holds it.

use std::{collections::HashMap, net::Ipv4Addr, path::Path};

use bollard::models::{
    ContainerCreateBody, ContainerInspectResponse, HostConfig, Mount, MountType, PortBinding,
};

use super::{
    Docker, SOCKET,
    engine::{EngineError, RELAY_IMAGE},
};
use crate::relay::PortAndTarget;

/// Where the relay finds the gate, and itself.
const FOLDER: &str = "/run/local-env";
const PROGRAM: &str = "/local-env";
/// What the program may need to run, as far as it is there: it need not be linked statically.
const LIBRARIES: [&str; 5] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/nix/store"];

/// It is there until it is removed.
pub(in crate::ecs) struct Namespace {
    pub(super) id: String,
    /// In the network.
    pub(super) address: Ipv4Addr,
}

/// What a namespace is for.
pub(super) enum Purpose {
    /// Containers find names there, and what is passed on besides.
    Gateway(Vec<PortAndTarget>),
    /// Containers reach a process there.
    Relay(Vec<PortAndTarget>),
    /// The containers of a task live in it; their ports are published at an address here.
    Task(Ipv4Addr, Vec<u16>),
}

// === impl Namespace ===

impl Namespace {
    pub(super) async fn make(
        docker: &Docker,
        name: &str,
        purpose: Purpose,
    ) -> Result<Self, EngineError> {
        let program = std::env::current_exe().map_err(|error| EngineError::Refused {
            what: "run a relay".to_owned(),
            why: format!("the program does not find itself: {error}"),
        })?;
        let body = body(docker, &program, purpose);
        let id = docker.engine.create(&format!("{}-{name}", docker.network()), body).await?;
        let started = docker.engine.start(&id).await?;
        if let Some(address) = address(&started, &docker.network()) {
            return Ok(Self { id, address });
        }
        docker.engine.remove(&id).await;
        let what = format!("give {name} an address");
        Err(EngineError::Refused { what, why: ended(&started) })
    }
}

fn body(docker: &Docker, program: &Path, purpose: Purpose) -> ContainerCreateBody {
    let mut command = vec!["relay".to_owned(), format!("{FOLDER}/{SOCKET}")];
    let mut host = HostConfig {
        network_mode: Some(docker.network()),
        mounts: Some(mounts(docker.socket_folder(), program)),
        ..HostConfig::default()
    };
    let mut exposed = Vec::new();
    match purpose {
        Purpose::Gateway(ports) => {
            command.push("--dns".to_owned());
            command.extend(ports.iter().map(|port| format!("--port={port}")));
        }
        Purpose::Relay(ports) => command.extend(ports.iter().map(|port| format!("--port={port}"))),
        Purpose::Task(address, ports) => {
            host.dns = Some(vec![docker.gateway.to_string()]);
            host.port_bindings = Some(ports.iter().map(|port| published(address, *port)).collect());
            exposed = ports.iter().map(|port| format!("{port}/tcp")).collect();
        }
    }
    ContainerCreateBody {
        image: Some(RELAY_IMAGE.to_owned()),
        entrypoint: Some(vec![PROGRAM.to_owned()]),
        cmd: Some(command),
        exposed_ports: Some(exposed),
        labels: Some(docker.labels()),
        host_config: Some(host),
        ..ContainerCreateBody::default()
    }
}

fn published(address: Ipv4Addr, port: u16) -> (String, Option<Vec<PortBinding>>) {
    let binding =
        PortBinding { host_ip: Some(address.to_string()), host_port: Some(port.to_string()) };
    (format!("{port}/tcp"), Some(vec![binding]))
}

fn mounts(folder: &Path, program: &Path) -> Vec<Mount> {
    let mount = |from: &Path, to: &str, read_only: bool| Mount {
        source: Some(from.display().to_string()),
        target: Some(to.to_owned()),
        typ: Some(MountType::BIND),
        read_only: Some(read_only),
        ..Mount::default()
    };
    let libraries = LIBRARIES.into_iter().filter(|path| Path::new(path).is_dir());
    let libraries = libraries.map(|path| mount(Path::new(path), path, true));
    libraries.chain([mount(program, PROGRAM, true), mount(folder, FOLDER, false)]).collect()
}

fn address(container: &ContainerInspectResponse, network: &str) -> Option<Ipv4Addr> {
    let networks: &HashMap<_, _> = container.network_settings.as_ref()?.networks.as_ref()?;
    networks.get(network)?.ip_address.as_ref()?.parse().ok()
}

/// Why a relay has no address, which is that it has ended.
fn ended(container: &ContainerInspectResponse) -> String {
    let code = container.state.as_ref().and_then(|state| state.exit_code).unwrap_or_default();
    format!("the relay ended with {code}; it needs an engine on this machine, which runs {PROGRAM}")
}
