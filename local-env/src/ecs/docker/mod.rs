//! The containers of a task as containers of a Docker Engine, on a network of the environment's own.
//!
//! As on Fargate the containers of a task share one network namespace, which a container of ours holds
//! (see [`crate::relay`]). Each task has an address of 127.0.0.0/8 besides, as a process has: its ports
//! are published there, so that the load balancer, health checks and processes reach it as they reach
//! any task. Containers ask the gateway for names, another relay, and are told the addresses in their
//! own network; a process that they may call has a relay there too.

mod containers;
mod engine;
mod leftovers;
mod namespace;
mod output;
mod specification;

use std::{
    collections::BTreeMap,
    fs::DirBuilder,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    thread,
};

pub(super) use containers::Containers;
pub use engine::{Engine, EngineError};
pub(super) use namespace::Namespace;

use crate::{
    connect::PublishedAlias,
    relay::{Gate, PortAndTarget, Reachable},
};
use namespace::Purpose;

/// The gate's, in the folder that all relays share.
const SOCKET: &str = "gate";

/// A network of containers, and what leads from it into the environment.
pub struct Docker {
    engine: Engine,
    /// In names and labels.
    id: String,
    /// That of the gate.
    folder: PathBuf,
    metadata: SocketAddr,
    /// In the network: where names are answered and tasks are told of themselves.
    gateway: Ipv4Addr,
    reachable: Reachable,
    _gate: Gate,
}

// === impl Docker ===

impl Docker {
    /// Makes the network, after what environments have left behind that were killed. Names are
    /// answered at `dns`, and tasks told of themselves at `metadata`; `aliases` are names of Service
    /// Connect.
    ///
    /// # Errors
    ///
    /// What the engine says, in words for the user.
    pub async fn open(
        engine: Engine,
        dns: SocketAddr,
        metadata: SocketAddr,
        aliases: &[PublishedAlias],
    ) -> Result<Self, EngineError> {
        leftovers::remove(&engine).await;
        engine.make_relay_image().await?;
        let id = uuid::Uuid::new_v4().simple().to_string()[..8].to_owned();
        let folder = std::env::temp_dir().join(format!("local-env-{id}"));
        let unmade = |source| EngineError::Folder { folder: folder.clone(), source };
        DirBuilder::new().mode(0o700).create(&folder).map_err(unmade)?;
        let reachable = Reachable::default();
        let gate = Gate::open(&folder.join(SOCKET), dns, metadata, reachable.clone());
        let gate = gate.map_err(unmade)?;
        let gateway = Ipv4Addr::UNSPECIFIED;
        let mut docker = Self { engine, id, folder, metadata, gateway, reachable, _gate: gate };
        if let Err(error) = docker.connect().await {
            docker.close().await;
            return Err(error);
        }
        docker.offer(aliases).await;
        Ok(docker)
    }

    async fn connect(&mut self) -> Result<(), EngineError> {
        self.engine.make_network(&self.network(), self.labels()).await?;
        let ports = match self.metadata {
            SocketAddr::V4(metadata) => vec![PortAndTarget(metadata.port(), metadata)],
            SocketAddr::V6(_) => Vec::new(),
        };
        let gateway = Namespace::make(self, "gateway", Purpose::Gateway(ports)).await?;
        self.gateway = gateway.address;
        Ok(())
    }

    /// A relay for each address of these names.
    async fn offer(&self, aliases: &[PublishedAlias]) {
        let mut addresses = BTreeMap::<_, Vec<_>>::new();
        for PublishedAlias { alias, address, .. } in aliases {
            let relayed = PortAndTarget(alias.port, *address);
            addresses.entry(*address.ip()).or_default().push(relayed);
        }
        for (address, ports) in addresses {
            let name = format!("connect-{}", address.octets()[3]);
            self.relay(&name, address, ports).await;
        }
    }

    /// Removes all that is there for this environment.
    pub async fn close(&self) {
        leftovers::remove_all(&self.engine, &self.folder).await;
    }

    /// The same at once, whatever else is going on, on a thread that waits for nobody.
    pub(super) fn kill(&self) {
        let folder = self.folder.clone();
        let killing = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                // Connections of the other one are waited for by a thread that waits for this one.
                if let Ok(engine) = Engine::at_hand().await {
                    leftovers::remove_all(&engine, &folder).await;
                }
            });
        };
        // What is left is removed at the next start.
        let _ = thread::spawn(killing).join();
    }

    /// Lets containers reach a task that is a process, until what this returns is removed.
    pub(super) async fn relay(
        &self,
        name: &str,
        address: Ipv4Addr,
        ports: Vec<PortAndTarget>,
    ) -> Option<Namespace> {
        match Namespace::make(self, name, Purpose::Relay(ports)).await {
            Ok(namespace) => {
                self.reachable.insert(address, namespace.address);
                Some(namespace)
            }
            Err(error) => {
                tracing::warn!(%address, %error, "containers cannot reach {name}");
                None
            }
        }
    }

    /// A task has ended that was reached at this address.
    pub(super) async fn release(&self, address: Ipv4Addr, namespace: Namespace) {
        self.reachable.remove(address);
        self.engine.remove(&namespace.id).await;
    }

    fn network(&self) -> String {
        format!("local-env-{}", self.id)
    }

    fn labels(&self) -> engine::Labels {
        leftovers::labels(&self.folder)
    }

    fn socket_folder(&self) -> &Path {
        &self.folder
    }
}
