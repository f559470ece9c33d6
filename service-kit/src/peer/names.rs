//! Names to addresses, as Cloud Map wants to be asked.
//!
//! An instance's A record carries its IPv4 address, so that is what is asked for, and AAAA only of
//! a name that exists without one. Answers are kept for their TTL. A name that does not exist is
//! asked for again after [`NEGATIVE_TTL`], sooner than its zone demands, so that a peer that starts
//! after us is found soon. Answers keep their order in the cache, hence every connection begins
//! with the next address in turn.

use std::{
    hash::{BuildHasher, RandomState},
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts},
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::{op::ResponseCode, rr::RecordType},
};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::timeout;

/// The longest that a name's absence is remembered.
const NEGATIVE_TTL: Duration = Duration::from_secs(5);

/// Finds the addresses of names.
pub(crate) struct Names {
    resolver: TokioResolver,
    server: Option<SocketAddr>,
    limit: Duration,
    turn: AtomicUsize,
}

/// Gives the HTTP client the addresses, beginning with the next in turn.
pub(crate) struct InTurn(pub(crate) Arc<Names>);

/// Why a name has no addresses.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{name} does not resolve: {} {said}", asked(*server))]
pub struct NameError {
    /// What was asked for.
    pub name: String,
    /// Who was asked; `None` means the system's own servers.
    pub server: Option<SocketAddr>,
    /// What came back, to continue a sentence: `answered NXDOMAIN`.
    pub said: String,
}

// === impl Names ===

impl Names {
    pub(crate) fn new(server: Option<SocketAddr>, limit: Duration) -> Result<Self, NetError> {
        let mut builder = match server {
            Some(server) => TokioResolver::builder_with_config(
                ResolverConfig::from_name_servers(vec![name_server(server)]),
                TokioRuntimeProvider::default(),
            ),
            None => TokioResolver::builder_tokio()?,
        };
        patience(builder.options_mut(), limit);
        Ok(Self { resolver: builder.build()?, server, limit, turn: AtomicUsize::new(anywhere()) })
    }

    /// The name's addresses, at least one, always in the same order.
    pub(crate) async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, NameError> {
        let refuse = |said| NameError { name: name.to_owned(), server: self.server, said };
        let found = timeout(self.limit, self.either_family(name))
            .await
            .unwrap_or(Err(NetError::Timeout))
            .map_err(|error| refuse(said(&error, self.limit)))?;
        if found.is_empty() {
            return Err(refuse("answered NODATA (the name has no address)".into()));
        }
        Ok(found)
    }

    async fn either_family(&self, name: &str) -> Result<Vec<IpAddr>, NetError> {
        match self.family(name, RecordType::A).await {
            Err(error) if is_nodata(&error) => {
                self.family(name, RecordType::AAAA).await.map_err(|_| error)
            }
            found => found,
        }
    }

    async fn family(&self, name: &str, kind: RecordType) -> Result<Vec<IpAddr>, NetError> {
        let found = self.resolver.lookup(name, kind).await?;
        let mut addresses: Vec<_> =
            found.answers().iter().filter_map(|record| record.data.ip_addr()).collect();
        addresses.sort_unstable();
        Ok(addresses)
    }
}

fn name_server(server: SocketAddr) -> NameServerConfig {
    let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for connection in &mut connections {
        connection.port = server.port();
    }
    NameServerConfig::new(server.ip(), true, connections)
}

/// The defaults wait for seconds, longer than the whole call may take.
fn patience(options: &mut ResolverOpts, limit: Duration) {
    options.timeout = limit / 2;
    options.attempts = 1;
    options.try_tcp_on_error = true;
    options.negative_max_ttl = Some(NEGATIVE_TTL);
}

/// Tasks that start together shall not all begin with the same address.
#[expect(clippy::cast_possible_truncation, reason = "any number will do")]
fn anywhere() -> usize {
    RandomState::new().hash_one(()) as usize
}

fn is_nodata(error: &NetError) -> bool {
    matches!(error, NetError::Dns(DnsError::NoRecordsFound(found))
        if found.response_code == ResponseCode::NoError)
}

fn said(error: &NetError, limit: Duration) -> String {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(found)) => answered(found.response_code),
        NetError::Dns(DnsError::ResponseCode(code)) => answered(*code),
        NetError::Timeout => format!("gave no answer within {limit:?} (timeout)"),
        other => format!("could not be asked ({other})"),
    }
}

fn answered(code: ResponseCode) -> String {
    match code {
        ResponseCode::NXDomain => "answered NXDOMAIN (there is no such name)".into(),
        ResponseCode::NoError => "answered NODATA (the name has no address)".into(),
        ResponseCode::ServFail => "answered SERVFAIL".into(),
        ResponseCode::Refused => "answered REFUSED".into(),
        other => format!("answered {other}"),
    }
}

fn asked(server: Option<SocketAddr>) -> String {
    match server {
        Some(server) => format!("the DNS server {server}"),
        None => "the system's DNS server".into(),
    }
}

// === impl InTurn ===

impl Resolve for InTurn {
    fn resolve(&self, name: Name) -> Resolving {
        let names = self.0.clone();
        Box::pin(async move {
            let mut addresses = names.lookup(name.as_str()).await?;
            let first = names.turn.fetch_add(1, Ordering::Relaxed) % addresses.len();
            addresses.rotate_left(first);
            // The client puts the URL's port in.
            let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
