//! One request, from its head to the end of its answer, whatever the client speaks.
//!
//! [`run`] has decided what is done (`decide`), does it (`forward`, or an answer of the load
//! balancer's own), and notes what happens in a [`Record`]. When the request is over, the metrics count
//! from that, and the access log's entry is made from it (`entry`).

mod answer;
mod converse;
mod decide;
mod entry;
mod forward;
mod generated;
mod rejection;
mod trace_id;

use std::{rc::Rc, time::SystemTime};

use tokio::time::Instant;

pub(crate) use self::{answer::Answerer, rejection::Rejection};

use self::{
    answer::Answer,
    decide::{Context, Course, Decision, decide},
    entry::entry,
    generated::Generated,
};
use crate::{
    body::{Activity, Sink, Source, pump},
    client::{ClientConnection, ConnectionHandling, Idle},
    connection::Connection,
    framing::Framing,
    head::{Fields, RequestHead, ResponseHead},
    record::{Protocol, Record},
};

/// A request whose body is still to be read, and where its answer goes.
#[derive(Debug)]
pub(crate) struct Incoming<'a> {
    pub(crate) head: &'a RequestHead,
    pub(crate) source: Source<'a>,
    pub(crate) answerer: Answerer<'a>,
    pub(crate) framing: Framing,
    /// Why it could not be read, if so.
    pub(crate) unread: Option<Rejection>,
    /// What becomes of its connection, as far as the client says.
    pub(crate) connection: Connection,
    pub(crate) protocol: Protocol,
}

/// A request under way.
struct Exchange<'a> {
    client: &'a ClientConnection,
    /// What its listener did when the request came.
    handling: Rc<ConnectionHandling>,
    head: &'a RequestHead,
    source: Source<'a>,
    /// Where it is answered, until the answer has begun.
    answerer: Option<Answerer<'a>>,
    framing: Framing,
    /// What becomes of the client's connection.
    connection: Connection,
    /// What becomes of the target's, as far as the request's head tells.
    target_connection: Connection,
    activity: &'a Activity,
    idle: &'a Idle,
    /// The headers that the answer gets beside those that it came with.
    added: Fields,
    record: Record,
}

/// Answers a request, and returns what becomes of its client's connection.
pub(crate) async fn run(
    client: &ClientConnection,
    incoming: Incoming<'_>,
    activity: &Activity,
    idle: &Idle,
) -> Connection {
    activity.touch();
    let _counted = InFlight::count(client);
    let mut exchange = Exchange {
        client,
        handling: client.handling(),
        head: incoming.head,
        source: incoming.source,
        answerer: Some(incoming.answerer),
        framing: incoming.framing,
        connection: incoming.connection,
        target_connection: Connection::Keep,
        activity,
        idle,
        added: Fields::default(),
        record: Record::new(incoming.protocol, (activity.last(), SystemTime::now())),
    };
    let connection = exchange.perform(incoming.unread).await;
    let received = incoming.head.fields().size() as u64 + exchange.source.count();
    let record = &mut exchange.record;
    record.received = received;
    client.listener.shard.count_request(record);
    if let Some(log) = &client.listener.access_log {
        log.write(&entry(client, incoming.head, record, (Instant::now(), SystemTime::now())));
    }
    connection
}

struct InFlight<'a>(&'a ClientConnection);

// === impl Exchange ===

impl<'a> Exchange<'a> {
    async fn perform(&mut self, unread: Option<Rejection>) -> Connection {
        let handling = Rc::clone(&self.handling);
        match self.decide(unread, &handling) {
            Ok(Course::FixedResponse(fixed)) => self.give(Generated::fixed(fixed)).await,
            Ok(Course::Redirect { status, location }) => {
                self.give(Generated::redirect(status, location)).await
            }
            Ok(Course::Forward(forwarding)) => self.forward(forwarding).await,
            Err(rejection) => self.reject(rejection).await,
        }
    }

    fn decide<'h>(
        &mut self,
        unread: Option<Rejection>,
        handling: &'h ConnectionHandling,
    ) -> Result<Course<'h>, Rejection>
    where
        'a: 'h,
    {
        let context = Context {
            plan: &self.client.listener.plan,
            handling,
            protocol: self.record.protocol,
            source: self.client.peer.ip(),
            date: self.record.created,
        };
        let mut random = self.client.listener.random.borrow_mut();
        let decision = decide(self.head, unread, context, &mut random);
        let Decision { course, connection, answer_fields, findings } = decision;
        self.connection = self.connection.and(connection);
        self.target_connection = connection;
        self.added = answer_fields;
        self.record.findings = findings;
        course
    }

    async fn reject(&mut self, rejection: Rejection) -> Connection {
        tracing::debug!(client = %self.client.peer, "{rejection}");
        self.fail(rejection.status()).await
    }

    /// Answers an error, in the way of whoever speaks gRPC if that is the client (alb §1.1).
    async fn fail(&mut self, status: u16) -> Connection {
        let generated = match self.record.protocol {
            Protocol::Grpc if status >= 500 => Generated::grpc_error(status),
            _ => Generated::error(status),
        };
        self.give(generated).await
    }

    /// Answers without a target.
    async fn give(&mut self, generated: Generated) -> Connection {
        self.record.status = generated.status;
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
            connection: self.connection.and(generated.connection),
        };
        let Some(answerer) = self.answerer.take() else { return Connection::Close };
        let Ok((mut sink, connection)) = answerer.begin(&answer) else { return Connection::Close };
        self.record.sent = (head.fields().size() + body.len()) as u64;
        let sent = async {
            if self.head.method() != b"HEAD" {
                sink.send(body).await?;
            }
            sink.end(None).await
        };
        if sent.await.is_err() {
            return Connection::Close;
        }
        Connection::kept_if(connection.is_kept() && self.drain().await)
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
