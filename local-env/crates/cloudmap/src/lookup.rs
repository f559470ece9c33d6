//! A client for the addresses that a name has on some network: who runs there, as its own DNS says.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::rr::RecordType,
};

/// Asks one DNS server, and remembers nothing that it said.
pub struct AddressLookup {
    resolver: TokioResolver,
}

/// Why addresses cannot be looked up.
#[derive(Debug, thiserror::Error)]
#[error("cannot look names up at {server}")]
pub struct LookupError {
    server: SocketAddr,
    source: NetError,
}

// === impl AddressLookup ===

impl AddressLookup {
    /// Sets up to ask the DNS server at an address over UDP, once for each question, and to wait for
    /// its answer for as long as `patience`.
    ///
    /// # Errors
    ///
    /// If the DNS library refuses.
    pub fn new(server: SocketAddr, patience: Duration) -> Result<Self, LookupError> {
        let mut connection = ConnectionConfig::udp();
        connection.port = server.port();
        let name_server = NameServerConfig::new(server.ip(), true, vec![connection]);
        let config = ResolverConfig::from_name_servers(vec![name_server]);
        let provider = TokioRuntimeProvider::default();
        let mut builder = TokioResolver::builder_with_config(config, provider);
        let options = builder.options_mut();
        options.cache_size = 0;
        options.timeout = patience;
        options.attempts = 0;
        let resolver = builder.build().map_err(|source| LookupError { server, source })?;
        Ok(Self { resolver })
    }

    /// Returns the IPv4 addresses of a name, none if the server says that there are none; `None` if it
    /// does not answer.
    pub async fn addresses(&self, name: &str) -> Option<BTreeSet<Ipv4Addr>> {
        // With its final dot no search domain is tried.
        match self.resolver.lookup(format!("{name}."), RecordType::A).await {
            Ok(found) => {
                let found = found.answers().iter().filter_map(|record| record.data.ip_addr());
                let v4 = |address| match address {
                    IpAddr::V4(address) => Some(address),
                    IpAddr::V6(_) => None,
                };
                Some(found.filter_map(v4).collect())
            }
            Err(NetError::Dns(DnsError::NoRecordsFound(_))) => Some(BTreeSet::new()),
            Err(error) => {
                tracing::debug!(name, %error, "a name was not looked up");
                None
            }
        }
    }
}
