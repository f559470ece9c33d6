//! Service Connect: names by which tasks call one another through a proxy (cloudmap-ecs §3.14).
//!
//! In AWS a proxy of its own runs beside each task. Here one stands for all: each name has an address
//! of this machine, answered by DNS, where the proxy listens at the name's ports and balances the
//! connections over the tasks. [`Endpoints`] decides to which, without a socket or a clock.

mod endpoints;
mod proxy;

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddrV4, TcpListener},
};

use tokio::task::AbortHandle;

pub use endpoints::{Endpoints, SharedEndpoints};

use stack::{ClientAlias, ConnectEndpoint, LogicalId, Service, Stack};

/// How much higher a port is listened at that wants the superuser.
const OFFSET: u16 = 8000;

/// The names of Service Connect that a stack has, with a listener for each.
#[derive(Debug, Default)]
pub struct Connect {
    ports: BTreeMap<ClientAlias, ListenedPort>,
    proxies: Vec<AbortHandle>,
}

/// A name and a port of Service Connect, and where they are here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedAlias {
    /// The name and the port as clients call them.
    pub alias: ClientAlias,
    /// The address that the proxy listens at, whose port is another than the alias's where that wants
    /// the superuser.
    pub address: SocketAddrV4,
    /// The logical id of the service that the name stands for.
    pub service: LogicalId,
}

/// Why a name can't be listened at.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name's address can't be listened at.
    #[error("cannot listen on {address} for {}:{}", alias.name, alias.port)]
    Bind {
        /// The name.
        alias: ClientAlias,
        /// The address that was tried.
        address: SocketAddrV4,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// Two namespaces have the same name, and DNS here is one for all.
    #[error("{}:{} is a name in {} and in {}, and here there is one of each", alias.name, alias.port, namespaces[0], namespaces[1])]
    Twice {
        /// The name.
        alias: ClientAlias,
        /// The two namespaces.
        namespaces: [String; 2],
    },
}

/// A port of a container, and the tasks among which those of a service are found by it.
#[derive(Clone, Debug)]
pub struct ConnectPort {
    /// The tasks behind a name.
    pub endpoints: SharedEndpoints,
    /// The port of the container that the name leads to.
    pub port: u16,
}

/// A name and a port that is listened at.
#[derive(Debug)]
struct ListenedPort {
    namespace: String,
    published: PublishedAlias,
    speaks_http: bool,
    endpoints: SharedEndpoints,
    /// The listener, until the proxy starts.
    listener: Option<TcpListener>,
}

/// A name that a service offers.
struct OfferedAlias<'a> {
    service: &'a Service,
    namespace: &'a str,
    endpoint: &'a ConnectEndpoint,
    alias: &'a ClientAlias,
}

// === impl Connect ===

impl Connect {
    /// Listens at the names of a stack, each with one of these addresses as long as there are any.
    /// Nothing is accepted yet.
    ///
    /// # Errors
    ///
    /// If a port can't be listened at, or two namespaces have a name in common.
    pub fn open(stack: &Stack, addresses: &[Ipv4Addr]) -> Result<Self, ConnectError> {
        let (mut ports, mut taken) =
            (BTreeMap::<ClientAlias, ListenedPort>::new(), BTreeMap::new());
        for OfferedAlias { service, namespace, endpoint, alias } in aliases(stack) {
            if let Some(port) = ports.get(alias) {
                if port.namespace != namespace {
                    let namespaces = [port.namespace.clone(), namespace.to_owned()];
                    return Err(ConnectError::Twice { alias: alias.clone(), namespaces });
                }
                continue;
            }
            let next = addresses.get(taken.len()).copied().unwrap_or(Ipv4Addr::LOCALHOST);
            let address = *taken.entry(alias.name.to_ascii_lowercase()).or_insert(next);
            let (listener, address) = bind(alias, address)?;
            let (alias, service) = (alias.clone(), service.logical_id.clone());
            let port = ListenedPort {
                namespace: namespace.to_owned(),
                published: PublishedAlias { alias: alias.clone(), address, service },
                speaks_http: endpoint.speaks_http,
                endpoints: SharedEndpoints::default(),
                listener: Some(listener),
            };
            ports.insert(alias, port);
        }
        Ok(Self { ports, proxies: Vec::new() })
    }

    /// Starts to accept connections, until this is dropped. Must be called within a runtime.
    ///
    /// # Errors
    ///
    /// If a socket can't be used.
    pub fn start(&mut self) -> io::Result<()> {
        for port in self.ports.values_mut() {
            let Some(listener) = port.listener.take() else { continue };
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let proxy = proxy::serve(listener, port.endpoints.clone(), port.speaks_http);
            self.proxies.push(tokio::spawn(proxy).abort_handle());
        }
        Ok(())
    }

    /// Iterates over the names with their addresses.
    pub fn published(&self) -> impl Iterator<Item = &PublishedAlias> {
        self.ports.values().map(|port| &port.published)
    }

    /// Returns the ports at which names lead to the tasks of a service.
    pub fn ports_of(&self, service: &Service) -> Vec<ConnectPort> {
        let offered = service.connect.iter().flat_map(|connect| &connect.endpoints);
        let aliases = offered.flat_map(|endpoint| {
            endpoint.aliases.iter().map(move |it| (it, endpoint.container_port))
        });
        let found = aliases.filter_map(|(alias, port)| {
            let endpoints = self.ports.get(alias)?.endpoints.clone();
            Some(ConnectPort { endpoints, port })
        });
        found.collect()
    }

    /// Returns the names of a changed stack that are not listened at.
    pub fn missing<'a>(&self, stack: &'a Stack) -> Vec<&'a ClientAlias> {
        aliases(stack).map(|it| it.alias).filter(|it| !self.ports.contains_key(it)).collect()
    }
}

impl Drop for Connect {
    fn drop(&mut self) {
        self.proxies.iter().for_each(AbortHandle::abort);
    }
}

/// Iterates over the names that the services of a stack offer.
fn aliases(stack: &Stack) -> impl Iterator<Item = OfferedAlias<'_>> {
    stack.services.iter().flat_map(|service| {
        service.connect.iter().flat_map(move |connect| {
            let namespace = connect.namespace.as_str();
            connect.endpoints.iter().flat_map(move |endpoint| {
                let offered = move |alias| OfferedAlias { service, namespace, endpoint, alias };
                endpoint.aliases.iter().map(offered)
            })
        })
    })
}

/// Listens at the alias's own port, or at a higher one where that wants the superuser.
fn bind(
    alias: &ClientAlias,
    address: Ipv4Addr,
) -> Result<(TcpListener, SocketAddrV4), ConnectError> {
    let own = SocketAddrV4::new(address, alias.port);
    let higher = SocketAddrV4::new(address, alias.port.saturating_add(OFFSET));
    let failed = |address| {
        let alias = alias.clone();
        move |source| ConnectError::Bind { alias, address, source }
    };
    let (listener, address) = match TcpListener::bind(own) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            (TcpListener::bind(higher).map_err(failed(higher))?, higher)
        }
        bound => (bound.map_err(failed(own))?, own),
    };
    listener.set_nonblocking(true).map_err(failed(address))?;
    Ok((listener, address))
}
