//! The long way to an answer: for whatever may be asked, in whichever way, and whoever has to be asked
//! for it (cloudmap-ecs §1.8).

use std::{cell::RefCell, net::SocketAddr, sync::Arc, time::Instant};

use async_trait::async_trait;
use hickory_server::{
    net::{runtime::Time, xfer::Protocol},
    proto::{
        ProtoError,
        op::{Edns, Header, HeaderCounts, Metadata, OpCode, ResponseCode},
        rr::{DNSClass, Record, RecordType},
        serialize::binary::BinEncoder,
    },
    server::{Request, RequestHandler, ResponseHandler, ResponseInfo},
    zone_handler::{MessageResponse, MessageResponseBuilder},
};

use super::{
    registry::Registry,
    upstream::Upstream,
    wire::{EDNS_PAYLOAD, HEADER},
    zones::{Resolution, ResolutionEnd},
};

/// How many bytes an OPT record without options takes in an answer.
const OPT_SIZE: u16 = 11;
/// The flag that tells an answer from a question, in the first byte of flags.
const QR: u8 = 0x80;
/// The flags of that byte that an answer repeats: the kind of question, and that recursion is desired.
const KEPT: u8 = 0x79;

thread_local! {
    static RANDOM: RefCell<fastrand::Rng> = RefCell::new(fastrand::Rng::new());
}

/// Answers questions from the registry, and from the resolver for other names.
#[derive(Clone)]
pub(super) struct Handler {
    registry: Arc<Registry>,
    upstream: Option<Arc<Upstream>>,
}

/// An answer: its code and its records.
#[derive(Default)]
struct DnsReply {
    code: ResponseCode,
    answers: Vec<Record>,
    soa: Option<Box<Record>>,
}

// === impl Handler ===

impl Handler {
    /// Answers from `registry`; other names are asked of `upstream`, or refused.
    pub(super) fn new(registry: Arc<Registry>, upstream: Option<Upstream>) -> Self {
        Self { registry, upstream: upstream.map(Arc::new) }
    }

    /// Returns the answer to a message that came over UDP; `None` if it is to have none.
    pub(super) async fn answer(&self, message: Vec<u8>, from: SocketAddr) -> Option<Vec<u8>> {
        let (&[id_high, id_low, flags, ..], _) = message.split_first_chunk::<HEADER>()?;
        // An answer to an answer would be answered again.
        if flags & QR != 0 {
            return None;
        }
        let Ok(request) = Request::from_bytes(message, from, Protocol::Udp) else {
            let (flags, code) = (QR | flags & KEPT, ResponseCode::FormErr.low());
            return Some(vec![id_high, id_low, flags, code, 0, 0, 0, 0, 0, 0, 0, 0]);
        };
        let answer = self.reply(&request).await.over_udp(&request);
        answer.inspect_err(|error| tracing::debug!(%error, "a DNS answer was not written")).ok()
    }

    async fn reply(&self, request: &Request) -> DnsReply {
        // All that there is of EDNS is version 0 (RFC 6891 §6.1.3).
        if request.edns.as_ref().is_some_and(|edns| edns.version() > 0) {
            return DnsReply::error(ResponseCode::BADVERS);
        }
        if request.metadata.op_code != OpCode::Query {
            return DnsReply::error(ResponseCode::NotImp);
        }
        // One question a message (RFC 9619).
        let Ok(info) = request.request_info() else {
            return DnsReply::error(ResponseCode::FormErr);
        };
        let query = info.query;
        if query.query_class() != DNSClass::IN || !info.metadata.recursion_desired {
            return DnsReply::error(ResponseCode::Refused);
        }
        let (name, kind) = (query.original().name(), query.query_type());
        let now = Instant::now();
        let own = RANDOM.with_borrow_mut(|random| self.registry.resolve(name, kind, now, random));
        self.follow(own, kind).await
    }

    /// Makes an answer of what a name resolves to here, and asks the other resolver for the rest.
    async fn follow(&self, own: Resolution, kind: RecordType) -> DnsReply {
        let mut reply = DnsReply { answers: own.records, ..DnsReply::default() };
        match own.end {
            ResolutionEnd::Found => {}
            ResolutionEnd::NoData(soa) => reply.soa = Some(soa),
            ResolutionEnd::NoName(soa) => {
                (reply.code, reply.soa) = (ResponseCode::NXDomain, Some(soa));
            }
            ResolutionEnd::Loop => return DnsReply::error(ResponseCode::ServFail),
            ResolutionEnd::Elsewhere(name) => match &self.upstream {
                Some(upstream) => {
                    let answer = upstream.ask(&name, kind).await;
                    (reply.code, reply.soa) = (answer.code, answer.soa);
                    reply.answers.extend(answer.records);
                }
                // An alias to a name that nobody here may ask for is an answer still.
                None if !reply.answers.is_empty() => {}
                None => return DnsReply::error(ResponseCode::Refused),
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
        let reply = self.reply(request).await;
        let metadata = reply.metadata(request);
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

/// Returns the OPT record by which the VPC's resolver answers those who send one.
fn edns() -> Edns {
    let mut edns = Edns::new();
    edns.set_max_payload(EDNS_PAYLOAD);
    edns
}

// === impl DnsReply ===

impl DnsReply {
    fn error(code: ResponseCode) -> Self {
        Self { code, ..Self::default() }
    }

    fn metadata(&self, request: &Request) -> Metadata {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.response_code = self.code;
        metadata.recursion_available = true;
        metadata
    }

    /// Returns the message for UDP, with as many answers as fit into what the client takes.
    fn over_udp(mut self, request: &Request) -> Result<Vec<u8>, ProtoError> {
        let mut metadata = self.metadata(request);
        let fitting = self.fitting(request, metadata);
        metadata.truncation = fitting < self.answers.len();
        self.answers.truncate(fitting);
        let mut bytes = Vec::new();
        let mut encoder = BinEncoder::new(&mut bytes);
        encoder.set_max_size(request.max_payload().min(EDNS_PAYLOAD));
        self.response(request, metadata, &edns()).destructive_emit(&mut encoder)?;
        Ok(bytes)
    }

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
