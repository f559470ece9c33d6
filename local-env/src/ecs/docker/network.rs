//! The network of an environment's containers, and what leads from it into the environment.

use std::{
    collections::BTreeMap,
    fs::DirBuilder,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::DirBuilderExt as _,
    thread,
};

use super::{
    engine::{Engine, EngineError},
    leftovers,
    namespace::{NamespaceUse, NetworkNamespace},
    site::Site,
};
use crate::relay::{Gate, PortAndTarget, Reachable};

/// A network of containers, and what leads from it into the environment.
pub(crate) struct Docker {
    pub(super) site: Site,
    /// The address at which tasks are told of themselves.
    pub(super) metadata: SocketAddr,
    /// The address in the network at which names are answered and tasks are told of themselves.
    pub(super) gateway: Ipv4Addr,
    pub(super) reachable: Reachable,
    _gate: Gate,
}

// === impl Docker ===

impl Docker {
    /// Removes what environments that were killed have left behind, and makes a network. Names are
    /// answered at `dns`, tasks are told of themselves at `metadata`, and containers reach the ports of
    /// `offered` at addresses of the network: those of Service Connect's names.
    ///
    /// # Errors
    ///
    /// If the engine refuses, with its words.
    pub(crate) async fn open(
        engine: Engine,
        dns: SocketAddr,
        metadata: SocketAddr,
        offered: &[PortAndTarget],
    ) -> Result<Self, EngineError> {
        leftovers::remove(&engine).await;
        engine.make_relay_image().await?;
        let id = uuid::Uuid::new_v4().simple().to_string()[..8].to_owned();
        let folder = std::env::temp_dir().join(format!("local-env-{id}"));
        let site = Site { engine, id, folder };
        let unmade = |source| EngineError::Folder { folder: site.folder.clone(), source };
        DirBuilder::new().mode(0o700).create(&site.folder).map_err(unmade)?;
        let reachable = Reachable::default();
        let gate = Gate::open(&site.socket(), dns, metadata, reachable.clone()).map_err(unmade)?;
        let gateway = Ipv4Addr::UNSPECIFIED;
        let mut docker = Self { site, metadata, gateway, reachable, _gate: gate };
        if let Err(error) = docker.connect().await {
            docker.close().await;
            return Err(error);
        }
        docker.offer(offered).await;
        Ok(docker)
    }

    async fn connect(&mut self) -> Result<(), EngineError> {
        self.site.engine.make_network(&self.site.network(), self.site.labels()).await?;
        let ports = match self.metadata {
            SocketAddr::V4(target) => vec![PortAndTarget { port: target.port(), target }],
            SocketAddr::V6(_) => Vec::new(),
        };
        let gateway =
            NetworkNamespace::make(&self.site, "gateway", NamespaceUse::Gateway(ports)).await?;
        self.gateway = gateway.address;
        Ok(())
    }

    /// Makes a relay for each address that is offered.
    async fn offer(&self, offered: &[PortAndTarget]) {
        let mut addresses = BTreeMap::<_, Vec<_>>::new();
        for port in offered {
            addresses.entry(*port.target.ip()).or_default().push(*port);
        }
        for (address, ports) in addresses {
            let name = format!("connect-{}", address.octets()[3]);
            self.relay(&name, address, ports).await;
        }
    }

    /// Removes all that the engine has for this environment.
    pub(crate) async fn close(&self) {
        leftovers::remove_all(&self.site.engine, &self.site.folder).await;
    }

    /// Removes all that the engine has for this environment at once, whatever else is going on, on a
    /// thread that waits for nobody.
    pub(in crate::ecs) fn kill(&self) {
        let folder = self.site.folder.clone();
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

    /// Lets containers reach a task that is a process, until what this returns is released.
    pub(in crate::ecs) async fn relay(
        &self,
        name: &str,
        address: Ipv4Addr,
        ports: Vec<PortAndTarget>,
    ) -> Option<NetworkNamespace> {
        match NetworkNamespace::make(&self.site, name, NamespaceUse::Relay(ports)).await {
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

    /// Removes the namespace of a task that has ended and was reached at this address.
    pub(in crate::ecs) async fn release(&self, address: Ipv4Addr, namespace: NetworkNamespace) {
        self.reachable.remove(address);
        self.site.engine.remove(&namespace.id).await;
    }
}
