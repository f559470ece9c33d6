//! The DNS server: UDP and TCP on one port, answering as a VPC's resolver does (cloudmap-ecs §1.8).

use std::{cell::RefCell, io, net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use hickory_server::{
    Server,
    net::runtime::Time,
    proto::{
        op::{Edns, Header, HeaderCounts, Metadata, OpCode, ResponseCode},
        rr::{DNSClass, Record},
    },
    server::{Request, RequestHandler, ResponseHandler, ResponseInfo},
    zone_handler::MessageResponseBuilder,
};
use tokio::net::{TcpListener, UdpSocket};

use super::{Registry, upstream::Upstream, zones::Answer};

/// What the VPC's resolver offers to take over UDP.
const EDNS_PAYLOAD: u16 = 4096;
/// How long a TCP client may be idle.
const TCP_TIMEOUT: Duration = Duration::from_secs(10);
/// Answers that may wait to be written on one TCP connection.
const TCP_ANSWERS: usize = 32;
/// Attempts to find a port that is free for UDP and TCP alike.
const PORT_ATTEMPTS: usize = 16;

thread_local! {
    static RANDOM: RefCell<fastrand::Rng> = RefCell::new(fastrand::Rng::new());
}

/// A DNS server at work.
pub struct DnsServer {
    server: Server<Handler>,
    address: SocketAddr,
}

/// An address that can't be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for DNS")]
pub struct DnsBindError {
    /// Where it was tried.
    pub address: SocketAddr,
    /// What the operating system says.
    #[source]
    pub source: io::Error,
}

struct Handler {
    registry: Arc<Registry>,
    upstream: Option<Upstream>,
}

/// An answer's records and what they are to be called.
#[derive(Default)]
struct Reply {
    code: ResponseCode,
    answers: Vec<Record>,
    soa: Option<Box<Record>>,
}

// === impl DnsServer ===

impl DnsServer {
    /// Listens on `address`, port 0 being any that is free for both protocols, and answers from
    /// `registry`; other names are asked of `upstream`, or refused.
    pub async fn start(
        address: SocketAddr,
        registry: Arc<Registry>,
        upstream: Option<Upstream>,
    ) -> Result<Self, DnsBindError> {
        let failed = |source| DnsBindError { address, source };
        let (udp, tcp) = bind(address).await.map_err(failed)?;
        let address = udp.local_addr().map_err(failed)?;
        let mut server = Server::new(Handler { registry, upstream });
        server.register_socket(udp);
        server.register_listener(tcp, TCP_TIMEOUT, TCP_ANSWERS);
        Ok(Self { server, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers what is in hand and closes the sockets.
    pub async fn stop(mut self) {
        if let Err(error) = self.server.shutdown_gracefully().await {
            tracing::debug!(%error, "the DNS server did not stop cleanly");
        }
    }
}

async fn bind(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut attempts = PORT_ATTEMPTS;
    loop {
        let udp = UdpSocket::bind(address).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(_) if address.port() == 0 && attempts > 1 => attempts -= 1,
            Err(error) => return Err(error),
        }
    }
}

// === impl Handler ===

impl Handler {
    async fn reply(&self, request: &Request) -> Reply {
        let Ok(info) = request.request_info() else {
            return Reply::error(ResponseCode::FormErr);
        };
        if info.metadata.op_code != OpCode::Query {
            return Reply::error(ResponseCode::NotImp);
        }
        let query = info.query;
        if query.query_class() != DNSClass::IN {
            return Reply::error(ResponseCode::Refused);
        }
        let answer = RANDOM.with_borrow_mut(|random| {
            self.registry.zones.load().answer(query.name(), query.query_type(), random)
        });
        match (answer, &self.upstream) {
            (Answer::Records(answers), _) => Reply { answers, ..Reply::default() },
            (Answer::NoData(soa), _) => Reply { soa: Some(soa), ..Reply::default() },
            (Answer::NoName(soa), _) => {
                Reply { code: ResponseCode::NXDomain, soa: Some(soa), ..Reply::default() }
            }
            (Answer::NotOurs, None) => Reply::error(ResponseCode::Refused),
            (Answer::NotOurs, Some(upstream)) => {
                let answer = upstream.ask(query.original().name(), query.query_type()).await;
                Reply { code: answer.code, answers: answer.records, soa: answer.soa }
            }
        }
    }
}

#[async_trait]
impl RequestHandler for Handler {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response_handle: R,
    ) -> ResponseInfo {
        let reply = self.reply(request).await;
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.response_code = reply.code;
        metadata.recursion_available = true;
        let mut edns = Edns::new();
        edns.set_max_payload(EDNS_PAYLOAD);
        let mut builder = MessageResponseBuilder::from_message_request(request);
        if request.edns.is_some() {
            builder.edns(&edns);
        }
        let response = builder.build(metadata, &reply.answers, [], reply.soa.as_deref(), []);
        match response_handle.send_response(response).await {
            Ok(info) => info,
            Err(error) => {
                tracing::debug!(%error, "a DNS answer was not sent");
                Header { metadata, counts: HeaderCounts::default() }.into()
            }
        }
    }
}

// === impl Reply ===

impl Reply {
    fn error(code: ResponseCode) -> Self {
        Self { code, ..Self::default() }
    }
}
