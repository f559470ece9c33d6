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
    sync::{Arc, Mutex},
};

use tokio::task::AbortHandle;

pub use endpoints::Endpoints;

use stack::{ClientAlias, ConnectEndpoint, Service, Stack};

/// Where a port is listened at instead that wants the superuser.
const OFFSET: u16 = 8000;

/// The tasks behind a name.
pub type Shared = Arc<Mutex<Endpoints>>;

/// The names of a stack, listened at.
#[derive(Debug, Default)]
pub struct Connect {
    ports: BTreeMap<ClientAlias, Port>,
    proxies: Vec<AbortHandle>,
}

/// A name and a port of Service Connect, and where it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedAlias {
    /// As clients call it.
    pub alias: ClientAlias,
    /// Its port is another one where the alias's own wants the superuser.
    pub address: SocketAddrV4,
    /// The service's logical id.
    pub service: String,
}

/// Why a name cannot be listened at.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Its port cannot be had.
    #[error("cannot listen on {address} for {}:{}", alias.name, alias.port)]
    Bind {
        /// The name.
        alias: ClientAlias,
        /// Where it was tried.
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
        /// Both.
        namespaces: [String; 2],
    },
}

#[derive(Debug)]
struct Port {
    namespace: String,
    published: PublishedAlias,
    speaks_http: bool,
    endpoints: Shared,
    /// Until the proxy starts.
    listener: Option<TcpListener>,
}

// === impl Connect ===

impl Connect {
    /// Listens at the names of a stack, each with one of these addresses as long as there are any.
    /// Nothing is accepted yet.
    ///
    /// # Errors
    ///
    /// If a port cannot be had, or two namespaces have a name in common.
    pub fn open(stack: &Stack, addresses: &[Ipv4Addr]) -> Result<Self, ConnectError> {
        let (mut ports, mut taken) = (BTreeMap::<ClientAlias, Port>::new(), BTreeMap::new());
        for (service, namespace, endpoint, alias) in aliases(stack) {
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
            let port = Port {
                namespace: namespace.to_owned(),
                published: PublishedAlias { alias: alias.clone(), address, service },
                speaks_http: endpoint.speaks_http,
                endpoints: Shared::default(),
                listener: Some(listener),
            };
            ports.insert(alias, port);
        }
        Ok(Self { ports, proxies: Vec::new() })
    }

    /// Accepts connections, until this is dropped. Must be called within a runtime.
    ///
    /// # Errors
    ///
    /// If a socket cannot be used.
    pub fn start(&mut self) -> io::Result<()> {
        for port in self.ports.values_mut() {
            let Some(listener) = port.listener.take() else { continue };
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let proxy = proxy::serve(listener, Arc::clone(&port.endpoints), port.speaks_http);
            self.proxies.push(tokio::spawn(proxy).abort_handle());
        }
        Ok(())
    }

    /// Each name with its address.
    pub fn published(&self) -> impl Iterator<Item = &PublishedAlias> {
        self.ports.values().map(|port| &port.published)
    }

    /// Where each task of a service is to be found, with the port that it is called at.
    pub fn endpoints_of(&self, service: &Service) -> Vec<(Shared, u16)> {
        let offered = service.connect.iter().flat_map(|connect| &connect.endpoints);
        let aliases = offered.flat_map(|endpoint| {
            endpoint.aliases.iter().map(move |it| (it, endpoint.container_port))
        });
        let found = aliases.filter_map(|(alias, port)| Some((self.ports.get(alias)?, port)));
        found.map(|(found, port)| (Arc::clone(&found.endpoints), port)).collect()
    }

    /// Names of a changed stack that are not listened at.
    pub fn missing<'a>(&self, stack: &'a Stack) -> Vec<&'a ClientAlias> {
        aliases(stack).map(|(.., alias)| alias).filter(|it| !self.ports.contains_key(it)).collect()
    }
}

impl Drop for Connect {
    fn drop(&mut self) {
        self.proxies.iter().for_each(AbortHandle::abort);
    }
}

fn aliases(
    stack: &Stack,
) -> impl Iterator<Item = (&Service, &str, &ConnectEndpoint, &ClientAlias)> {
    stack.services.iter().flat_map(|service| {
        service.connect.iter().flat_map(move |connect| {
            connect.endpoints.iter().flat_map(move |endpoint| {
                let namespace = connect.namespace.as_str();
                endpoint.aliases.iter().map(move |alias| (service, namespace, endpoint, alias))
            })
        })
    })
}

/// At the alias's own port, or at a higher one where that wants the superuser.
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
