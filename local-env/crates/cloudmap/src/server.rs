//! The DNS server: UDP and TCP on one port, answering as a VPC's resolver does (cloudmap-ecs §1.8).

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use hickory_server::Server;
use tokio::net::TcpListener;

use super::{
    handler::Handler,
    registry::Registry,
    udp::{self, Workers},
    upstream::Upstream,
};

/// How long a TCP client may be idle.
const TCP_TIMEOUT: Duration = Duration::from_secs(10);
/// How many answers may wait to be written on one TCP connection.
const TCP_ANSWERS: usize = 32;
/// How many ports are tried until one is free for UDP and TCP alike.
const PORT_ATTEMPTS: usize = 16;

/// A DNS server at work; it stops when it is dropped.
pub struct DnsServer {
    udp: Workers,
    tcp: Server<Handler>,
    address: SocketAddr,
}

/// Why the DNS server can't listen on an address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for DNS")]
pub struct DnsBindError {
    /// The address that was tried.
    pub address: SocketAddr,
    /// What the operating system says.
    #[source]
    pub source: io::Error,
}

// === impl DnsServer ===

impl DnsServer {
    /// Listens on `address`, port 0 being any that is free for both protocols, and answers from
    /// `registry`; other names are asked of `upstream`, or refused.
    ///
    /// # Errors
    ///
    /// If the address can't be listened on.
    pub async fn start(
        address: SocketAddr,
        registry: Arc<Registry>,
        upstream: Option<Upstream>,
    ) -> Result<Self, DnsBindError> {
        let failed = |source| DnsBindError { address, source };
        let (sockets, listener) = bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let handler = Handler::new(Arc::clone(&registry), upstream);
        let udp = Workers::start(sockets, &registry, &handler).map_err(failed)?;
        let mut tcp = Server::new(handler);
        tcp.register_listener(listener, TCP_TIMEOUT, TCP_ANSWERS);
        Ok(Self { udp, tcp, address })
    }

    /// Returns the address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers what has been asked, and returns once the sockets are closed.
    pub async fn stop(mut self) {
        self.udp.stop().await;
        if let Err(error) = self.tcp.shutdown_gracefully().await {
            tracing::debug!(%error, "the DNS server did not stop cleanly");
        }
    }
}

async fn bind(address: SocketAddr) -> io::Result<(Vec<UdpSocket>, TcpListener)> {
    let mut attempts = PORT_ATTEMPTS;
    loop {
        let bound = bind_both(address).await;
        attempts -= 1;
        if bound.is_ok() || address.port() != 0 || attempts == 0 {
            return bound;
        }
    }
}

async fn bind_both(address: SocketAddr) -> io::Result<(Vec<UdpSocket>, TcpListener)> {
    let listener = TcpListener::bind(address).await?;
    let sockets = udp::bind(listener.local_addr()?)?;
    Ok((sockets, listener))
}
