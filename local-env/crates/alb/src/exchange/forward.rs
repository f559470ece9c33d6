//! A request on its way to a target of its group.

use std::{mem, rc::Rc};

use super::{
    Exchange,
    converse::{Attempt, Interrupted, Reply, converse},
    decide::Forwarding,
    rejection::Rejection,
};
use crate::{
    body::{Sink, Writer},
    connection::Connection,
    framing::Framing,
    head::{Name, ResponseHead, Version},
    headers::{Outgoing, has_option},
    targets::{ChosenTarget, TargetGroup},
    upstream::{Failure, Kept, Scratch, TargetConnection},
};
use stack::{ProtocolVersion, TargetProtocol};

// === impl Exchange ===

impl Exchange<'_> {
    /// Sends the request to a target and its answer to the client.
    pub(super) async fn forward(&mut self, forwarding: Forwarding) -> Connection {
        // It goes to targets beside what is noted meanwhile, so it is out of the notes for that long.
        let trace_id = mem::take(&mut self.record.findings.trace_id);
        let connection = self.try_targets(&forwarding, &trace_id).await;
        self.record.findings.trace_id = trace_id;
        connection
    }

    /// Tries a target, and no other one unless the load balancer was told to (alb §4.8).
    async fn try_targets(&mut self, forwarding: &Forwarding, trace_id: &[u8]) -> Connection {
        let mut others = self.client.listener.targets.others(&forwarding.group);
        loop {
            let Some(chosen) = self.choose(forwarding) else {
                return self.reject(Rejection::NoTarget).await;
            };
            self.record.note_target(&chosen);
            let failure = match self.attempt(forwarding, &chosen, trace_id).await {
                Attempt::Answered(ended) => return ended.client,
                Attempt::Interrupted(why) => return self.interrupted(why).await,
                Attempt::Failed(failure) => failure,
            };
            chosen.target.note_answer(None);
            let cause = std::error::Error::source(&failure).map(ToString::to_string);
            tracing::debug!(target = %chosen.target.address, %failure, cause, "no answer");
            self.record.note_failure(&failure);
            if others == 0 || !self.can_be_repeated(&failure) {
                return self.fail(failure.status()).await;
            }
            others -= 1;
        }
    }

    fn choose(&mut self, forwarding: &Forwarding) -> Option<ChosenTarget> {
        let mut random = self.client.listener.random.borrow_mut();
        let now = (self.activity.last(), self.record.created);
        forwarding.group.choose(self.head.fields(), &mut random, now)
    }

    async fn attempt(
        &mut self,
        forwarding: &Forwarding,
        chosen: &ChosenTarget,
        trace_id: &[u8],
    ) -> Attempt {
        let handling = Rc::clone(&self.handling);
        let outgoing = Outgoing {
            head: self.head,
            target: forwarding.target.as_deref().unwrap_or(self.head.target()),
            host: &forwarding.host,
            forwarded: &handling.forwarded,
            trace_id,
            framing: self.framing,
            drop_invalid: handling.attributes.drop_invalid_headers,
            upgrade: self.asks_for_upgrade(),
        };
        let group = &forwarding.group;
        let secure = chosen.protocol == TargetProtocol::Https;
        match chosen.version {
            ProtocolVersion::Http1 => self.over_http1((group, chosen), &outgoing, secure).await,
            _ => self.over_http2((group, chosen), &outgoing, secure).await,
        }
    }

    async fn over_http1(
        &mut self,
        (group, chosen): (&TargetGroup, &ChosenTarget),
        outgoing: &Outgoing<'_>,
        secure: bool,
    ) -> Attempt {
        let listener = Rc::clone(&self.client.listener);
        let tls = secure.then_some(&listener.any_certificate[0]);
        loop {
            let opened = listener.pool.http1(&chosen.target, tls, listener.targets.limits).await;
            let (mut connection, kept) = match opened {
                Ok(opened) => opened,
                Err(failure) => return Attempt::Failed(failure),
            };
            let before = connection.wire.sent();
            let TargetConnection { wire, scratch } = &mut connection;
            let Scratch { buffer, out, head } = &mut **scratch;
            out.clear();
            outgoing.write(out);
            let chunked = matches!(self.framing, Framing::Chunked | Framing::UntilClose);
            let sink = Sink::Http1(Writer { wire, out, chunked });
            let attempt = converse(
                self,
                (group, chosen),
                sink,
                Reply::Http1 { wire, buffer, head },
                outgoing.upgrade,
            )
            .await;
            match attempt {
                Attempt::Answered(ended) => {
                    if ended.target.is_kept() {
                        listener.pool.give_back(&chosen.target, connection);
                    }
                    return Attempt::Answered(ended);
                }
                Attempt::Failed(_) if kept == Kept::Yes && connection.wire.sent() == before => {}
                other => return other,
            }
        }
    }

    async fn over_http2(
        &mut self,
        (group, chosen): (&TargetGroup, &ChosenTarget),
        outgoing: &Outgoing<'_>,
        secure: bool,
    ) -> Attempt {
        let listener = Rc::clone(&self.client.listener);
        let tls = secure.then_some(&listener.any_certificate[1]);
        let opened = listener.pool.http2(&chosen.target, tls, listener.targets.limits).await;
        let mut send = match opened {
            Ok(send) => send,
            Err(failure) => return Attempt::Failed(failure),
        };
        let scheme = if secure { "https" } else { "http" };
        let Some(request) = outgoing.to_http2(scheme) else {
            return Attempt::Failed(Failure::NotHttp2);
        };
        let empty = self.source.is_done();
        let (response, stream) = match send.send_request(request, empty) {
            Ok(begun) => begun,
            Err(error) => return Attempt::Failed(Failure::Http2(error)),
        };
        let sink = if empty { Sink::Void } else { Sink::Http2(stream) };
        let head = &mut ResponseHead::default();
        converse(self, (group, chosen), sink, Reply::Http2 { response, head }, false).await
    }

    /// Answers a client that is still there; one that has left is only noted (alb §6.1).
    async fn interrupted(&mut self, why: Interrupted) -> Connection {
        match why {
            Interrupted::Malformed => self.reject(Rejection::Malformed).await,
            Interrupted::Late => self.reject(Rejection::SilentClient).await,
            Interrupted::BrokeOff => {
                self.record.status = 400;
                Connection::Close
            }
            Interrupted::Gone => {
                self.record.status = 460;
                Connection::Close
            }
        }
    }

    /// Returns whether another target may get the request: it was not sent, or only asks for
    /// something and brings nothing (RFC 9110 §9.2.2).
    fn can_be_repeated(&self, failure: &Failure) -> bool {
        let safe = matches!(self.head.method(), b"GET" | b"HEAD" | b"OPTIONS");
        failure.is_before_request() || (safe && self.framing == Framing::None)
    }

    fn asks_for_upgrade(&self) -> bool {
        let fields = self.head.fields();
        self.head.version() == Version::Http11
            && self.framing == Framing::None
            && fields.get(Name::Upgrade).is_some()
            && has_option(fields, b"upgrade")
    }
}
