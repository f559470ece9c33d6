//! The DNS server: UDP and TCP on one port, answering as a VPC's resolver does (cloudmap-ecs §1.8).

use std::{cell::RefCell, io, net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use hickory_server::{
    Server,
    net::{runtime::Time, xfer::Protocol},
    proto::{
        op::{Edns, Header, HeaderCounts, Metadata, OpCode, ResponseCode},
        rr::{DNSClass, Record, RecordType},
        serialize::binary::BinEncoder,
    },
    server::{Request, RequestHandler, ResponseHandler, ResponseInfo},
    zone_handler::{MessageResponse, MessageResponseBuilder},
};
use tokio::net::{TcpListener, UdpSocket};

use super::{
    Registry,
    upstream::Upstream,
    zones::{Answer, End},
};

/// What the VPC's resolver offers to take over UDP.
const EDNS_PAYLOAD: u16 = 4096;
/// What an OPT record without options takes in an answer.
const OPT_SIZE: u16 = 11;
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
        // All that there is of EDNS is version 0 (RFC 6891 §6.1.3).
        if request.edns.as_ref().is_some_and(|edns| edns.version() > 0) {
            return Reply::error(ResponseCode::BADVERS);
        }
        if request.metadata.op_code != OpCode::Query {
            return Reply::error(ResponseCode::NotImp);
        }
        // One question a message (RFC 9619).
        let Ok(info) = request.request_info() else {
            return Reply::error(ResponseCode::FormErr);
        };
        let query = info.query;
        if query.query_class() != DNSClass::IN || !info.metadata.recursion_desired {
            return Reply::error(ResponseCode::Refused);
        }
        let (name, kind) = (query.original().name(), query.query_type());
        let answer = RANDOM.with_borrow_mut(|random| self.registry.answer(name, kind, random));
        self.follow(answer, kind).await
    }

    /// Asks somebody else for what we don't know.
    async fn follow(&self, answer: Answer, kind: RecordType) -> Reply {
        let mut reply = Reply { answers: answer.records, ..Reply::default() };
        match answer.end {
            End::Found => {}
            End::NoData(soa) => reply.soa = Some(soa),
            End::NoName(soa) => {
                (reply.code, reply.soa) = (ResponseCode::NXDomain, Some(soa));
            }
            End::Loop => return Reply::error(ResponseCode::ServFail),
            End::Elsewhere(name) => match &self.upstream {
                Some(upstream) => {
                    let answer = upstream.ask(&name, kind).await;
                    (reply.code, reply.soa) = (answer.code, answer.soa);
                    reply.answers.extend(answer.records);
                }
                // An alias to a name that nobody here may ask for is an answer still.
                None if !reply.answers.is_empty() => {}
                None => return Reply::error(ResponseCode::Refused),
            },
        }
        reply
    }
}

#[async_trait]
impl RequestHandler for Handler {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response_handle: R,
    ) -> ResponseInfo {
        let mut reply = self.reply(request).await;
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.response_code = reply.code;
        metadata.recursion_available = true;
        if request.protocol() == Protocol::Udp {
            let fitting = reply.fitting(request, metadata);
            metadata.truncation = fitting < reply.answers.len();
            reply.answers.truncate(fitting);
        }
        let edns = edns();
        let response = reply.response(request, metadata, &edns);
        match response_handle.send_response(response).await {
            Ok(info) => info,
            Err(error) => {
                tracing::debug!(%error, "a DNS answer was not sent");
                Header { metadata, counts: HeaderCounts::default() }.into()
            }
        }
    }
}

/// What the VPC's resolver says of itself to those who say so.
fn edns() -> Edns {
    let mut edns = Edns::new();
    edns.set_max_payload(EDNS_PAYLOAD);
    edns
}

// === impl Reply ===

impl Reply {
    fn error(code: ResponseCode) -> Self {
        Self { code, ..Self::default() }
    }

    /// The answers that fit into what the client takes over UDP. The server itself would go by what
    /// we take.
    fn fitting(&self, request: &Request, metadata: Metadata) -> usize {
        let mut bytes = Vec::new();
        let mut encoder = BinEncoder::new(&mut bytes);
        let edns_size = if request.edns.is_some() { OPT_SIZE } else { 0 };
        encoder.set_max_size(request.max_payload().min(EDNS_PAYLOAD) - edns_size);
        let info = self.response(request, metadata, &edns()).destructive_emit(&mut encoder);
        info.map_or(0, |info| info.counts().answers.into())
    }

    fn response<'q, 'a>(
        &'a self,
        request: &'q Request,
        metadata: Metadata,
        edns: &'q Edns,
    ) -> MessageResponse<
        'q,
        'a,
        impl Iterator<Item = &'a Record> + Send + use<'a>,
        impl Iterator<Item = &'a Record> + Send + use<'a>,
        impl Iterator<Item = &'a Record> + Send + use<'a>,
        impl Iterator<Item = &'a Record> + Send + use<'a>,
    > {
        let mut builder = MessageResponseBuilder::from_message_request(request);
        if request.edns.is_some() {
            builder.edns(edns);
        }
        builder.build(metadata, &self.answers, [], self.soa.as_deref(), [])
    }
}
