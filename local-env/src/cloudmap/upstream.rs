//! Names outside every namespace, asked of a resolver that the user names.

use std::net::SocketAddr;

use hickory_resolver::{
    Resolver, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
};
use hickory_server::{
    net::{DnsError, NetError},
    proto::{
        op::ResponseCode,
        rr::{Name, Record, RecordType},
    },
};

/// A resolver for the names that are not ours.
pub struct Upstream {
    resolver: TokioResolver,
}

/// A resolver that can't be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the resolver for other names")]
pub struct UpstreamError(#[source] NetError);

/// What the resolver said.
pub(super) struct UpstreamAnswer {
    pub(super) code: ResponseCode,
    pub(super) records: Vec<Record>,
    pub(super) soa: Option<Box<Record>>,
}

// === impl Upstream ===

impl Upstream {
    /// Asks `server`, over UDP and, where an answer does not fit, TCP.
    pub fn new(server: SocketAddr) -> Result<Self, UpstreamError> {
        let connections =
            [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = server.port();
                connection
            });
        let server = NameServerConfig::new(server.ip(), true, connections.into());
        let config = ResolverConfig::from_name_servers(vec![server]);
        let provider = TokioRuntimeProvider::default();
        let resolver = Resolver::builder_with_config(config, provider).build();
        Ok(Self { resolver: resolver.map_err(UpstreamError)? })
    }

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
