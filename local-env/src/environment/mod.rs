//! The environment: it opens the load balancers and the DNS server, and wires each task's life to
//! target groups and namespaces.
//!
//! [`Environment::open`] takes every port and fails at once where one is taken, before anything is
//! built or started; [`Environment::run`] starts the tasks and serves until told to stop. What
//! happens on the way comes out as [`Notice`]s and as a [`Status`] to watch.

mod addresses;
mod bulletin;
mod changes;
mod container;
mod journal;
mod reload;
mod run;
mod running;
mod service;
mod status;
mod task;
mod update;
mod wiring;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::{mpsc, watch};

pub use addresses::{Addresses, PublishedListener};
pub use run::StopSignal;
pub(crate) use run::{Inbox, Order};
pub use status::{Notice, ServiceStatus, Status, TaskStatus};
pub(crate) use update::Update;

use crate::{
    connect::{Connect, ConnectError},
    ecs::VariablesOf,
    metadata::{Directory, MetadataBindError, MetadataServer, Protection},
};
use alb::acm::{Authority, CertificateError};
use alb::{
    self, AccessLog, Failing, LoadBalancer, LogFormat, MetricsBindError, MetricsServer,
    Publication, PublishedPorts, TargetGroup,
};
use clock::Clock;
use cloudmap::{
    DiscoveryBindError, DiscoveryServer, DnsBindError, DnsServer, NameError, Registry, Upstream,
    UpstreamAddress, UpstreamError,
};
use stack::{self, Arn, Listener, ListenerProtocol, LogicalId, Stack};

/// Listeners below this port are published above it, since they would need the superuser.
const FIRST_FREE_PORT: u16 = 1024;
const PUBLISHED_OFFSET: u16 = 8000;

/// What the user chose for an environment.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// How fast AWS's waits pass.
    pub clock: Clock,
    /// The desired counts other than the template's, by the services' logical ids.
    pub scale: BTreeMap<LogicalId, u32>,
    /// The local ports other than the usual, by the listeners' ports; 0 is any free one.
    pub publish: BTreeMap<u16, u16>,
    /// The addresses at which listeners are published.
    pub addresses: Vec<IpAddr>,
    /// What happens to a request whose target takes no connection.
    pub failing: Failing,
    /// The address at which names are answered.
    pub dns: SocketAddr,
    /// The resolver for names outside the stack's namespaces; none by default.
    pub dns_upstream: Option<UpstreamAddress>,
    /// The addresses for names of Service Connect, one each; 127.0.0.1 where there are no more.
    pub alias_addresses: Vec<Ipv4Addr>,
    /// The address at which Cloud Map's API is served; it is not by default.
    pub discovery: Option<SocketAddr>,
    /// The file to which requests are logged, and how; `-` is standard output.
    pub access_log: Option<(PathBuf, LogFormat)>,
    /// The address at which tasks are told of themselves.
    pub task_metadata: SocketAddr,
    /// The address at which metrics are served, if they are.
    pub metrics: Option<SocketAddr>,
    /// Whether answers say which rule took the request, and why.
    pub explain: bool,
    /// The folder in which the certificate authority is kept.
    pub data_folder: PathBuf,
}

/// An environment with all its sockets open and nothing running yet.
pub(crate) struct Environment {
    stack: Arc<Stack>,
    clock: Clock,
    scale: BTreeMap<LogicalId, u32>,
    groups: HashMap<Arn, Arc<TargetGroup>>,
    registry: Arc<Registry>,
    connect: Connect,
    dns: DnsServer,
    discovery: Option<DiscoveryServer>,
    metrics: Option<MetricsServer>,
    directory: Directory,
    task_metadata: MetadataServer,
    /// The protection that tasks ask for.
    protections: mpsc::UnboundedReceiver<Protection>,
    authority: Option<Authority>,
    balancers: Vec<LoadBalancer>,
    listeners: Vec<PublishedListener>,
    status: watch::Sender<Status>,
}

/// Why an environment can't be opened or run.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// The load balancer can't be set up.
    #[error(transparent)]
    LoadBalancer(#[from] alb::SetupError),
    /// The certificates can't be made.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The DNS server's address can't be had.
    #[error(transparent)]
    Dns(#[from] DnsBindError),
    /// A name of Service Connect can't be listened at.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The address of Cloud Map's API can't be had.
    #[error(transparent)]
    Discovery(#[from] DiscoveryBindError),
    /// The address of the tasks' metadata can't be had.
    #[error(transparent)]
    TaskMetadata(#[from] MetadataBindError),
    /// The address of the metrics can't be had.
    #[error(transparent)]
    Metrics(#[from] MetricsBindError),
    /// The access log can't be written.
    #[error("cannot write the access log {path}")]
    AccessLog {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The resolver for other names can't be set up.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// A namespace or a service of Cloud Map, or a name of Service Connect, is not a DNS name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The load balancer's threads can't be started.
    #[error("cannot start the load balancer")]
    Start(#[source] io::Error),
}

// === impl Environment ===

impl Environment {
    /// Opens all sockets, of which none is served yet.
    ///
    /// # Errors
    ///
    /// If a socket can't be had, or a name or a certificate can't be used.
    pub(crate) async fn open(stack: Stack, settings: Settings) -> Result<Self, EnvironmentError> {
        let group = |model| TargetGroup::new(model, settings.clock);
        let groups: HashMap<_, _> =
            stack.target_groups.iter().map(|model| (model.arn.clone(), group(model))).collect();
        let options = alb::Options {
            addresses: settings.addresses.clone(),
            failing: settings.failing,
            explain: settings.explain,
            access_log: settings.access_log.map(open_log).transpose()?,
        };
        let authority = authority(&stack, &settings.data_folder)?;
        let (balancers, listeners) =
            open_balancers(&stack, &groups, &options, authority.as_ref(), &settings.publish)?;
        let registry = Registry::new(&stack.namespaces, &stack.region, settings.clock)?;
        let connect = Connect::open(&stack, &settings.alias_addresses)?;
        let aliases = connect.published().map(|it| (it.alias.name.clone(), *it.address.ip()));
        registry.set_aliases(&aliases.collect::<Vec<_>>())?;
        let upstream =
            settings.dns_upstream.map(|it| Upstream::new(it, settings.dns)).transpose()?;
        let dns = DnsServer::start(settings.dns, Arc::clone(&registry), upstream).await?;
        let discovery = match settings.discovery {
            Some(address) => Some(DiscoveryServer::start(address, Arc::clone(&registry)).await?),
            None => None,
        };
        let metrics = match settings.metrics {
            Some(address) => {
                let counted = balancers.iter().map(|balancer| Arc::clone(balancer.metrics()));
                Some(MetricsServer::start(address, counted.collect()).await?)
            }
            None => None,
        };
        let (directory, (asked, protections)) = (Directory::new(), mpsc::unbounded_channel());
        let task_metadata =
            MetadataServer::bind(settings.task_metadata, directory.clone(), asked).await?;
        Ok(Self {
            stack: Arc::new(stack),
            clock: settings.clock,
            scale: settings.scale,
            groups,
            registry,
            connect,
            dns,
            discovery,
            metrics,
            directory,
            task_metadata,
            protections,
            authority,
            balancers,
            listeners,
            status: watch::Sender::default(),
        })
    }

    /// Returns the variables by which a task's containers find what the environment offers them.
    pub(crate) fn task_variables(&self) -> VariablesOf {
        let (directory, server) = (self.directory.clone(), self.task_metadata.address());
        Box::new(move |task, container| directory.variables(server, &task.id, container))
    }

    /// Returns how the services are doing, from now to the end.
    pub(crate) fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }
}

// === impl PublishedListener ===

impl PublishedListener {
    fn new(load_balancer: &str, listener: &Listener, published: Option<u16>) -> Self {
        let scheme = match listener.protocol {
            ListenerProtocol::Http => "http",
            ListenerProtocol::Https { .. } => "https",
        };
        let published = published.unwrap_or(listener.port);
        Self {
            load_balancer: load_balancer.to_owned(),
            port: listener.port,
            url: format!("{scheme}://localhost:{published}"),
        }
    }
}

/// Returns where the listeners of each load balancer of a stack are published: those below 1024 higher,
/// and one behind the other where several load balancers want a port; 0 is any free one.
pub(crate) fn published_ports(stack: &Stack, chosen: &BTreeMap<u16, u16>) -> Vec<PublishedPorts> {
    let mut taken = BTreeSet::new();
    let mut published = |port| (port, untaken(published_port(port, chosen), &mut taken));
    let balancers = stack.load_balancers.iter();
    let of_one = |balancer: &stack::LoadBalancer| {
        balancer.listeners.iter().map(|listener| published(listener.port)).collect()
    };
    balancers.map(of_one).collect()
}

fn published_port(port: u16, chosen: &BTreeMap<u16, u16>) -> u16 {
    match chosen.get(&port) {
        Some(&published) => published,
        None if port < FIRST_FREE_PORT => PUBLISHED_OFFSET + port,
        None => port,
    }
}

/// Opens the sockets of the load balancers' listeners.
fn open_balancers(
    stack: &Stack,
    groups: &HashMap<Arn, Arc<TargetGroup>>,
    options: &alb::Options,
    authority: Option<&Authority>,
    chosen: &BTreeMap<u16, u16>,
) -> Result<(Vec<LoadBalancer>, Vec<PublishedListener>), EnvironmentError> {
    let (mut balancers, mut listeners) = (Vec::new(), Vec::new());
    for (model, ports) in stack.load_balancers.iter().zip(published_ports(stack, chosen)) {
        let tls = certificates(model, authority)?;
        let publish = |listener: &Listener| Publication {
            port: ports.get(&listener.port).copied().unwrap_or(0),
            tls: tls.get(&listener.port).cloned(),
        };
        let balancer = LoadBalancer::bind(model, groups, options, publish)?;
        listeners.extend(model.listeners.iter().map(|listener| {
            let published = balancer.published_ports().get(&listener.port);
            PublishedListener::new(&model.name, listener, published.copied())
        }));
        balancers.push(balancer);
    }
    Ok((balancers, listeners))
}

/// Returns the port, or where another load balancer has that already the next one that none has; 0 is
/// any.
fn untaken(port: u16, taken: &mut BTreeSet<u16>) -> u16 {
    let free = (port..=u16::MAX).find(|port| !taken.contains(port)).unwrap_or(0);
    if free > 0 {
        taken.insert(free);
    }
    free
}

fn open_log((path, format): (PathBuf, LogFormat)) -> Result<AccessLog, EnvironmentError> {
    AccessLog::open(&path, format).map_err(|source| EnvironmentError::AccessLog { path, source })
}

fn authority(stack: &Stack, folder: &Path) -> Result<Option<Authority>, CertificateError> {
    let mut listeners = stack.load_balancers.iter().flat_map(|balancer| &balancer.listeners);
    let secure = listeners.any(|listener| listener.protocol != ListenerProtocol::Http);
    secure.then(|| Authority::open(folder)).transpose()
}

/// Returns what each HTTPS listener serves with, by its port.
fn certificates(
    balancer: &stack::LoadBalancer,
    authority: Option<&Authority>,
) -> Result<HashMap<u16, Arc<rustls::ServerConfig>>, CertificateError> {
    let mut configs = HashMap::new();
    for listener in &balancer.listeners {
        if let (ListenerProtocol::Https { certificates, policy }, Some(authority)) =
            (&listener.protocol, authority)
        {
            let http2 = balancer.attributes.http2;
            let config = authority.server_config(certificates, policy, http2)?;
            configs.insert(listener.port, config);
        }
    }
    Ok(configs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_of_several_load_balancers_are_published_one_behind_the_other() {
        let taken = &mut BTreeSet::new();
        let published = [8080, 8443, 8080, 8080, 0, 0].map(|port| untaken(port, taken));
        assert_eq!(published, [8080, 8443, 8081, 8082, 0, 0]);
    }

    #[test]
    fn privileged_ports_are_published_8000_higher_and_others_as_they_are() {
        let none = BTreeMap::new();
        assert_eq!(published_port(80, &none), 8080);
        assert_eq!(published_port(443, &none), 8443);
        assert_eq!(published_port(1023, &none), 9023);
        assert_eq!(published_port(8081, &none), 8081);
        assert_eq!(published_port(443, &BTreeMap::from([(443, 9443)])), 9443);
    }
}
