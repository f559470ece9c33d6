//! An environment as a value: opened, asked, scaled, stopped.
//!
//! [`LocalEnv::from_template`] begins a [`Builder`], which says what the environment is to be like;
//! [`Builder::open`] takes its ports and [`Opened::start`] starts its tasks. The command line and the
//! tests of this crate use it too, so that there is one way to open an environment. It lives on a
//! thread of its own (`host`) and is talked to from any runtime.

mod builder;
mod changes;
mod error;
mod explanation;
mod health;
mod host;
mod memory;
mod opened;
mod plan;
mod service;
mod sources;

use std::{net::Ipv4Addr, path::PathBuf, sync::Arc};

use tokio::sync::watch;

pub use builder::Builder;
pub(crate) use changes::Changes;
pub use error::Error;
pub use explanation::Explained;
pub use opened::{Opened, Remark};
pub use service::ServiceHandle;
pub(crate) use sources::{Reading, Sources};

use crate::{
    ecs::LOOK_UP_PATIENCE,
    environment::{Addresses, PublishedListener, Status, StopSignal},
    templates::Templates,
};
use cloudmap::AddressLookup;
use host::Host;
use memory::Memory;
use sources::Origin;
use stack::{Listener, ListenerProtocol, LoadBalancer, Stack};

/// An ECS stack that runs on this machine: its tasks, its load balancers, its names.
///
/// It ends with [`LocalEnv::stop`], which drains and stops the tasks in order; dropping it ends
/// everything at once. Either way no process, container or socket of it is left.
pub struct LocalEnv {
    changes: Changes,
    addresses: Addresses,
    status: watch::Receiver<Status>,
    memory: Memory,
    host: Host,
}

// === impl LocalEnv ===

impl LocalEnv {
    /// Begins an environment for a CloudFormation template in JSON or YAML, or for a `cdk.out` folder.
    pub fn from_template(path: impl Into<PathBuf>) -> Builder {
        let templates = Templates { paths: vec![path.into()], ..Templates::default() };
        Builder::new(Origin::Templates(templates))
    }

    /// Begins an environment for these templates.
    pub(crate) fn from_templates(templates: Templates) -> Builder {
        Builder::new(Origin::Templates(templates))
    }

    /// Begins an environment for a stack that was made otherwise than from templates. What a builder
    /// is told of templates and their parameters means nothing to it.
    pub fn from_stack(stack: Stack) -> Builder {
        Builder::new(Origin::Stack(Box::new(stack)))
    }

    fn new(
        changes: Changes,
        addresses: Addresses,
        status: watch::Receiver<Status>,
        memory: Memory,
        host: Host,
    ) -> Self {
        Self { changes, addresses, status, memory, host }
    }

    /// Returns the stack that runs now.
    pub fn stack(&self) -> Arc<Stack> {
        self.changes.stack()
    }

    /// Returns where everything is reached.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Returns where a path is reached at the main listener: the first HTTPS listener, or where there
    /// is none the first listener. Without any listener the path is returned as it is.
    ///
    /// An HTTPS listener's certificate is signed by the authority in [`Addresses::ca_file`].
    pub fn url(&self, path: &str) -> String {
        let stack = self.stack();
        let main = main_listener(&stack).map(|(_, listener)| listener.port);
        self.addresses
            .listeners
            .iter()
            .find(|it| Some(it.port) == main)
            .map_or_else(|| path.to_owned(), |PublishedListener { url, .. }| format!("{url}{path}"))
    }

    /// Returns how the services are doing, from now to the end.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Returns a service, by its name in Cloud Map or ECS, its logical id, or its image's repository.
    pub fn service(&self, name: impl Into<String>) -> ServiceHandle<'_> {
        ServiceHandle::new(self, name.into())
    }

    /// Asks the environment's DNS server for the IPv4 addresses that a name has now. A name that does
    /// not exist, or has no address, has none.
    ///
    /// # Errors
    /// Tells where the server does not answer.
    pub async fn resolve(&self, name: &str) -> Result<Vec<Ipv4Addr>, Error> {
        let server = AddressLookup::new(self.addresses.dns, LOOK_UP_PATIENCE)?;
        let addresses = server.addresses(name.trim_end_matches('.')).await;
        let addresses = addresses.ok_or_else(|| Error::Unanswered { name: name.to_owned() })?;
        Ok(addresses.into_iter().collect())
    }

    /// Returns what would become of a request without a body and without headers but `Host`, without
    /// sending it. `target` is a path with its query, for the main listener (see
    /// [`LocalEnv::url`]), or a URL whose port is a listener's.
    pub fn explain(&self, method: &str, target: &str) -> Explained {
        let stack = self.stack();
        Explained::of(&stack, main_listener(&stack), method, target)
    }

    /// Runs another version of the stack: services that have changed are rolled, rules, target groups
    /// and names are taken up as they are.
    ///
    /// # Errors
    /// [`Error::Ended`] where the environment has ended.
    pub fn update(&self, stack: Stack) -> Result<(), Error> {
        self.changes.update(stack)
    }

    /// Returns what ends the environment, gently or at once; the environment has then to be waited
    /// for with [`LocalEnv::ended`].
    pub fn stop_signal(&self) -> StopSignal {
        self.host.stop.clone()
    }

    /// Waits until the environment has ended.
    ///
    /// # Errors
    /// Tells why the load balancers could not be started, where that is what ended it.
    pub async fn ended(mut self) -> Result<(), Error> {
        self.host.ended().await
    }

    /// Drains and stops all tasks in order, answers the last requests, and returns when everything has
    /// ended. What goes wrong meanwhile is logged.
    pub async fn stop(self) {
        self.host.stop.gently.cancel();
        if let Err(error) = self.ended().await {
            tracing::warn!(%error, "the environment did not end in order");
        }
    }

    /// Returns how what runs is changed.
    pub(crate) fn changes(&self) -> Changes {
        self.changes.clone()
    }
}

/// Where requests go that name no listener.
fn main_listener(stack: &Stack) -> Option<(&LoadBalancer, &Listener)> {
    let balancer = stack.load_balancers.iter().find(|it| !it.listeners.is_empty())?;
    let secure = |it: &&Listener| it.protocol != ListenerProtocol::Http;
    let listener = balancer.listeners.iter().find(secure).or(balancer.listeners.first())?;
    Some((balancer, listener))
}
