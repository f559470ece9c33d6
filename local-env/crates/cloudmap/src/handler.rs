//! The long way to an answer: whatever may be asked, in whichever way, and whoever must be asked for
//! it (cloudmap-ecs §1.8).

use std::{cell::RefCell, net::SocketAddr, sync::Arc};

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
    Registry,
    upstream::Upstream,
    wire::{EDNS_PAYLOAD, HEADER},
    zones::{Answer, End},
};

/// What an OPT record without options takes in an answer.
const OPT_SIZE: u16 = 11;
/// The flag that tells an answer from a question, in the first byte of flags.
const QR: u8 = 0x80;
/// Of that byte, what an answer repeats: the kind of question, and that recursion is desired.
const KEPT: u8 = 0x79;

thread_local! {
    static RANDOM: RefCell<fastrand::Rng> = RefCell::new(fastrand::Rng::new());
}

/// Answers from the registry, and from the resolver for other names.
#[derive(Clone)]
pub(super) struct Handler {
    registry: Arc<Registry>,
    upstream: Option<Arc<Upstream>>,
}

/// An answer's records and what they are to be called.
#[derive(Default)]
struct Reply {
    code: ResponseCode,
    answers: Vec<Record>,
    soa: Option<Box<Record>>,
}

// === impl Handler ===

impl Handler {
    pub(super) fn new(registry: Arc<Registry>, upstream: Option<Upstream>) -> Self {
        Self { registry, upstream: upstream.map(Arc::new) }
    }

    /// The answer to a message that came over UDP, if it is to have one.
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

    fn metadata(&self, request: &Request) -> Metadata {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.response_code = self.code;
        metadata.recursion_available = true;
        metadata
    }

    /// The message, with as many answers as fit into what the client takes.
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
