//! One request, from its head to the end of its answer, whatever the client speaks.
//!
//! [`run`] decides what is done (`decide`), does it (`forward`, or an answer of the load balancer's
//! own), and tells the access log and the metrics of it (`facts`).

mod converse;
mod decide;
mod facts;
mod forward;

use std::{rc::Rc, time::SystemTime};

pub(super) use decide::Refusal;

use self::{decide::Decision, facts::Facts};
use super::{
    answer::{Answer, Answerer},
    body::{Activity, Sink, Source, pump},
    client::{ClientConnection, ConnectionHandling, Idle},
    framing::Framing,
    generated::Generated,
    head::{Fields, Name, RequestHead, ResponseHead},
};

/// A request whose body is still to be read, and where its answer goes.
#[derive(Debug)]
pub(super) struct Incoming<'a> {
    pub(super) head: &'a RequestHead,
    pub(super) source: Source<'a>,
    pub(super) answerer: Answerer<'a>,
    pub(super) framing: Framing,
    /// Why it is not even looked at, if so.
    pub(super) refusal: Option<Refusal>,
    /// Whether the connection ends with the answer.
    pub(super) close: bool,
    pub(super) protocol: Protocol,
}

/// What a client speaks (alb §1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
    Grpc,
}

/// A request under way.
struct Exchange<'a> {
    client: &'a ClientConnection,
    /// What its listener did when the request came.
    handling: Rc<ConnectionHandling>,
    head: &'a RequestHead,
    source: Source<'a>,
    /// Until the answer has begun.
    answerer: Option<Answerer<'a>>,
    framing: Framing,
    close: bool,
    protocol: Protocol,
    activity: &'a Activity,
    idle: &'a Idle,
    /// Headers that the answer gets beside those that it came with.
    added: Fields,
    facts: Facts,
}

/// Answers a request; whether the client may send another on its connection.
pub(super) async fn run(
    client: &ClientConnection,
    incoming: Incoming<'_>,
    activity: &Activity,
    idle: &Idle,
) -> bool {
    activity.touch();
    let _counted = InFlight::count(client);
    let mut exchange = Exchange {
        client,
        handling: client.handling(),
        head: incoming.head,
        source: incoming.source,
        answerer: Some(incoming.answerer),
        framing: incoming.framing,
        close: incoming.close,
        protocol: incoming.protocol,
        activity,
        idle,
        added: Fields::default(),
        facts: Facts::new(activity.last()),
    };
    let reusable = exchange.perform(incoming.refusal).await;
    exchange.facts.received += incoming.head.fields().size() as u64 + exchange.source.count();
    exchange.facts.tell(client, incoming.head, incoming.protocol);
    reusable
}

struct InFlight<'a>(&'a ClientConnection);

// === impl Exchange ===

impl Exchange<'_> {
    async fn perform(&mut self, refusal: Option<Refusal>) -> bool {
        match self.decide(refusal) {
            Decision::Answer(generated) => self.give(generated).await,
            Decision::Forward(forwarding) => self.forward(forwarding).await,
        }
    }

    /// Answers an error, in the way of whoever speaks gRPC if that is the client (alb §1.1).
    async fn fail(&mut self, status: u16) -> bool {
        let generated = match self.protocol {
            Protocol::Grpc if status >= 500 => Generated::grpc_error(status),
            _ => Generated::error(status),
        };
        self.give(generated).await
    }

    /// Answers without a target; whether the connection can go on.
    async fn give(&mut self, generated: Generated) -> bool {
        self.facts.status = generated.status;
        let listener = &self.handling.listener;
        let mut head = ResponseHead::default();
        generated.write(&mut head, listener.server_header, SystemTime::now());
        if let Some(location) = generated.location() {
            self.added.push(b"Location", location);
        }
        let body = generated.body();
        let answer = Answer {
            head: &head,
            framing: Framing::Length(body.len() as u64),
            imposed: &listener.response_headers,
            added: &self.added,
            close: self.close || generated.closes(),
        };
        let Some(answerer) = self.answerer.take() else { return false };
        let Ok((mut sink, open)) = answerer.begin(&answer) else { return false };
        self.facts.sent = (head.fields().size() + body.len()) as u64;
        let sent = async {
            if self.head.method() != b"HEAD" {
                sink.send(body).await?;
            }
            sink.end(None).await
        };
        if sent.await.is_err() {
            return false;
        }
        open && self.drain().await
    }

    /// Reads what is left of a request that has been answered already, so that the next one begins
    /// where it does.
    async fn drain(&mut self) -> bool {
        if self.source.is_done() {
            return true;
        }
        self.activity.touch();
        let mut nowhere = Sink::Void;
        tokio::select! {
            biased;
            drained = pump(&mut self.source, &mut nowhere, self.activity) => drained.is_ok(),
            () = self.idle.elapsed(self.activity) => false,
        }
    }
}

// === impl Protocol ===

impl Protocol {
    /// gRPC is told by its content type.
    pub(super) fn of_stream(head: &RequestHead) -> Self {
        match head.fields().get(Name::ContentType) {
            Some(kind) if kind.starts_with(b"application/grpc") => Self::Grpc,
            _ => Self::Http2,
        }
    }
}

// === impl InFlight ===

impl<'a> InFlight<'a> {
    fn count(client: &'a ClientConnection) -> Self {
        client.in_flight.set(client.in_flight.get() + 1);
        Self(client)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get() - 1);
    }
}
