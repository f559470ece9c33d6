//! The resolver for names outside every namespace, which the user chooses.

use std::{net::SocketAddr, str::FromStr};

use hickory_resolver::{
    Resolver, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts},
    net::runtime::TokioRuntimeProvider,
    system_conf,
};
use hickory_server::{
    net::{DnsError, NetError},
    proto::{
        op::ResponseCode,
        rr::{Name, Record, RecordType},
    },
};

const DNS_PORT: u16 = 53;

/// The resolver to ask for the names that are not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamAddress {
    /// The resolver at this address.
    Server(SocketAddr),
    /// The resolvers that the machine's own programs ask.
    System,
}

/// A client of the resolver for the names that are not ours.
pub struct Upstream {
    resolver: TokioResolver,
}

/// Why the resolver for other names can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The DNS library refuses.
    #[error("cannot set up the resolver for other names")]
    Setup(#[source] ResolverError),
    /// The resolvers that the machine's programs ask can't be found out.
    #[error("cannot read which resolvers this machine asks")]
    System(#[source] ResolverError),
    /// The resolver is this very server, at this address.
    #[error("other names would be asked of nobody but {0}, which is this very server")]
    Ourselves(SocketAddr),
}

/// What the DNS library says of a resolver.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ResolverError(NetError);

/// What the resolver answered.
pub(super) struct UpstreamAnswer {
    pub(super) code: ResponseCode,
    pub(super) records: Vec<Record>,
    pub(super) soa: Option<Box<Record>>,
}

// === impl UpstreamAddress ===

impl FromStr for UpstreamAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "system" {
            return Ok(Self::System);
        }
        let address = text.parse().map(|ip| SocketAddr::new(ip, DNS_PORT));
        let address = address.or_else(|_| text.parse());
        let wrong = || "it is neither `system` nor an address, with or without a port".to_owned();
        address.map(Self::Server).map_err(|_| wrong())
    }
}

// === impl Upstream ===

impl Upstream {
    /// Sets up to ask over UDP and, where an answer does not fit, TCP. `ours` is where we are asked
    /// ourselves.
    ///
    /// # Errors
    ///
    /// If we would ask ourselves, or the machine's resolvers can't be found out.
    pub fn new(address: UpstreamAddress, ours: SocketAddr) -> Result<Self, UpstreamError> {
        let (config, options) = match address {
            UpstreamAddress::Server(server) if server == ours => {
                return Err(UpstreamError::Ourselves(ours));
            }
            UpstreamAddress::Server(server) => {
                let config = ResolverConfig::from_name_servers(vec![name_server(server)]);
                (config, ResolverOpts::default())
            }
            UpstreamAddress::System => system(ours)?,
        };
        let setup = |error| UpstreamError::Setup(ResolverError(error));
        let provider = TokioRuntimeProvider::default();
        let mut builder = Resolver::builder_with_config(config, provider);
        *builder.options_mut() = options;
        Ok(Self { resolver: builder.build().map_err(setup)? })
    }

    /// Asks for the records of a name, and returns the answer: SERVFAIL if there is none.
    pub(super) async fn ask(&self, name: &Name, kind: RecordType) -> UpstreamAnswer {
        match self.resolver.lookup(name.clone(), kind).await {
            Ok(lookup) => UpstreamAnswer {
                code: ResponseCode::NoError,
                records: lookup.answers().to_vec(),
                soa: None,
            },
            Err(NetError::Dns(DnsError::NoRecordsFound(none))) => UpstreamAnswer {
                code: none.response_code,
                records: Vec::new(),
                soa: none.soa.map(|soa| Box::new(soa.into_record_of_rdata())),
            },
            Err(error) => {
                tracing::warn!(%name, %error, "the resolver for other names did not answer");
                let code = ResponseCode::ServFail;
                UpstreamAnswer { code, records: Vec::new(), soa: None }
            }
        }
    }
}

fn name_server(server: SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    NameServerConfig::new(server.ip(), true, connections.into())
}

/// Returns the machine's resolvers but ourselves, whom a question would go round for ever with.
fn system(ours: SocketAddr) -> Result<(ResolverConfig, ResolverOpts), UpstreamError> {
    let unread = |error| UpstreamError::System(ResolverError(error));
    let (config, options) = system_conf::read_system_conf().map_err(unread)?;
    let is_ours = |server: &NameServerConfig| {
        server.ip == ours.ip() && server.connections.iter().any(|it| it.port == ours.port())
    };
    let others: Vec<_> =
        config.name_servers().iter().filter(|server| !is_ours(server)).cloned().collect();
    if others.is_empty() {
        return Err(UpstreamError::Ourselves(ours));
    }
    // Without the machine's search domains: names come to us whole.
    Ok((ResolverConfig::from_name_servers(others), options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_an_address_or_the_machines_own() {
        let parse = |text: &str| text.parse::<UpstreamAddress>();
        assert_eq!(parse("system"), Ok(UpstreamAddress::System));
        let server = |text: &str| Ok(UpstreamAddress::Server(text.parse().unwrap()));
        assert_eq!(parse("10.0.0.2"), server("10.0.0.2:53"));
        assert_eq!(parse("[::1]:5353"), server("[::1]:5353"));
        assert!(parse("resolver").is_err());
    }
}
