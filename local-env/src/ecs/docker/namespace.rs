//! The network namespaces of an environment's network, and the relays that hold them.

use std::{net::Ipv4Addr, path::Path};

use serde_json::{Map, json};

use super::{
    engine::{EngineError, RELAY_IMAGE},
    model::{ContainerCreateBody, ContainerInspectResponse, HostConfig, Mount, PortBinding},
    site::{SOCKET, Site},
};
use crate::relay::PortAndTarget;

/// The folder in which the relay finds the gate, and the program that it is.
const FOLDER: &str = "/run/local-env";
const PROGRAM: &str = "/local-env";
/// Folders that the program may need to run, as far as they are there: it need not be linked statically.
const LIBRARIES: [&str; 5] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/nix/store"];

/// A network namespace, which is there until its relay is removed.
pub(in crate::ecs) struct NetworkNamespace {
    /// The id of the relay that holds it.
    pub(super) id: String,
    /// The namespace's address in the network.
    pub(super) address: Ipv4Addr,
}

/// What a namespace is used for.
pub(super) enum NamespaceUse {
    /// Containers ask there for names, and reach these ports of the environment.
    Gateway(Vec<PortAndTarget>),
    /// Containers reach these ports of a process there.
    Relay(Vec<PortAndTarget>),
    /// The containers of a task run in it.
    Task {
        /// The address of this machine at which the task's ports are published.
        address: Ipv4Addr,
        /// The ports that the task listens on.
        ports: Vec<u16>,
        /// The address in the network at which the task asks for names.
        gateway: Ipv4Addr,
    },
}

// === impl NetworkNamespace ===

impl NetworkNamespace {
    /// Makes a namespace by starting the relay that holds it.
    pub(super) async fn make(
        site: &Site,
        name: &str,
        used_for: NamespaceUse,
    ) -> Result<Self, EngineError> {
        let program = std::env::current_exe().map_err(|error| EngineError::Refused {
            what: "run a relay".to_owned(),
            why: format!("the program does not find itself: {error}"),
        })?;
        let body = body(site, &program, used_for);
        let id = site.engine.create(&format!("{}-{name}", site.network()), body).await?;
        let started = site.engine.start(&id).await?;
        if let Some(address) = address(&started, &site.network()) {
            return Ok(Self { id, address });
        }
        site.engine.remove(&id).await;
        let what = format!("give {name} an address");
        Err(EngineError::Refused { what, why: ended(&started) })
    }
}

fn body(site: &Site, program: &Path, used_for: NamespaceUse) -> ContainerCreateBody {
    let mut command = vec!["relay".to_owned(), format!("{FOLDER}/{SOCKET}")];
    let mut host = HostConfig {
        network_mode: Some(site.network()),
        mounts: mounts(&site.folder, program),
        ..HostConfig::default()
    };
    let mut exposed = Map::new();
    match used_for {
        NamespaceUse::Gateway(ports) => {
            command.push("--dns".to_owned());
            command.extend(ports.iter().map(|port| format!("--port={port}")));
        }
        NamespaceUse::Relay(ports) => {
            command.extend(ports.iter().map(|port| format!("--port={port}")));
        }
        NamespaceUse::Task { address, ports, gateway } => {
            host.dns = vec![gateway.to_string()];
            host.port_bindings = ports.iter().map(|port| published(address, *port)).collect();
            exposed = ports.iter().map(|port| (format!("{port}/tcp"), json!({}))).collect();
        }
    }
    ContainerCreateBody {
        image: Some(RELAY_IMAGE.to_owned()),
        entrypoint: Some(vec![PROGRAM.to_owned()]),
        cmd: Some(command),
        exposed_ports: exposed,
        labels: site.labels(),
        host_config: host,
        ..ContainerCreateBody::default()
    }
}

fn published(address: Ipv4Addr, port: u16) -> (String, Vec<PortBinding>) {
    let binding = PortBinding { host_ip: address.to_string(), host_port: port.to_string() };
    (format!("{port}/tcp"), vec![binding])
}

fn mounts(folder: &Path, program: &Path) -> Vec<Mount> {
    let mount = |from: &Path, to: &str, read_only: bool| Mount {
        r#type: "bind",
        source: from.display().to_string(),
        target: to.to_owned(),
        read_only,
    };
    let libraries = LIBRARIES.into_iter().filter(|path| Path::new(path).is_dir());
    let libraries = libraries.map(|path| mount(Path::new(path), path, true));
    libraries.chain([mount(program, PROGRAM, true), mount(folder, FOLDER, false)]).collect()
}

fn address(container: &ContainerInspectResponse, network: &str) -> Option<Ipv4Addr> {
    let networks = container.network_settings.as_ref()?.networks.as_ref()?;
    networks.get(network)?.ip_address.as_ref()?.parse().ok()
}

/// Returns why a relay has no address, which is that it has ended.
fn ended(container: &ContainerInspectResponse) -> String {
    let code = container.state.as_ref().and_then(|state| state.exit_code).unwrap_or_default();
    format!("the relay ended with {code}; it needs an engine on this machine, which runs {PROGRAM}")
}
