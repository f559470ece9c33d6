//! A request on its way to a target of its group.

use std::rc::Rc;

use super::{
    Exchange,
    converse::{Attempt, Interrupted, Reply, converse},
    decide::Forwarding,
};
use crate::{
    body::{Sink, Writer},
    framing::Framing,
    head::{Name, ResponseHead, Version},
    headers::{Outgoing, has_option},
    targets::{Choice, TargetGroup},
    upstream::{Failure, Kept, Scratch, TargetConnection},
};
use stack::{ProtocolVersion, TargetProtocol};

// === impl Exchange ===

impl Exchange<'_> {
    /// Sends the request to a target and its answer to the client. No other target is tried, unless
    /// the load balancer was told to (alb §4.8).
    pub(super) async fn forward(&mut self, forwarding: Forwarding) -> bool {
        let trace_id = self.facts.trace_id.clone();
        let mut others = self.client.listener.targets.others(&forwarding.group);
        loop {
            let Some(choice) = self.choose(&forwarding) else { return self.fail(503).await };
            self.facts.dispatch(self.client, &choice);
            let failure = match self.attempt(&forwarding, &choice, &trace_id).await {
                Attempt::Answered(ended) => return ended.client_is_free,
                Attempt::Interrupted(why) => return self.interrupted(why).await,
                Attempt::Failed(failure) => failure,
            };
            choice.target.record(None);
            let cause = std::error::Error::source(&failure).map(ToString::to_string);
            tracing::debug!(target = %choice.target.address, %failure, cause, "no answer");
            self.facts.fail(self.client, &failure);
            if others == 0 || !self.can_be_repeated(&failure) {
                return self.fail(failure.status()).await;
            }
            others -= 1;
        }
    }

    fn choose(&mut self, forwarding: &Forwarding) -> Option<Choice> {
        let mut random = self.client.listener.random.borrow_mut();
        forwarding.group.choose(self.head.fields(), &mut random, self.activity.last())
    }

    async fn attempt(
        &mut self,
        forwarding: &Forwarding,
        choice: &Choice,
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
        let secure = choice.protocol == TargetProtocol::Https;
        match choice.version {
            ProtocolVersion::Http1 => self.over_http1((group, choice), &outgoing, secure).await,
            _ => self.over_http2((group, choice), &outgoing, secure).await,
        }
    }

    async fn over_http1(
        &mut self,
        (group, choice): (&TargetGroup, &Choice),
        outgoing: &Outgoing<'_>,
        secure: bool,
    ) -> Attempt {
        let listener = Rc::clone(&self.client.listener);
        let tls = secure.then_some(&listener.any_certificate[0]);
        loop {
            let opened = listener.pool.http1(&choice.target, tls, listener.targets.limits).await;
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
                (group, choice),
                sink,
                Reply::Http1 { wire, buffer, head },
                outgoing.upgrade,
            )
            .await;
            match attempt {
                Attempt::Answered(ended) => {
                    if ended.target_is_free {
                        listener.pool.give_back(&choice.target, connection);
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
        (group, choice): (&TargetGroup, &Choice),
        outgoing: &Outgoing<'_>,
        secure: bool,
    ) -> Attempt {
        let listener = Rc::clone(&self.client.listener);
        let tls = secure.then_some(&listener.any_certificate[1]);
        let opened = listener.pool.http2(&choice.target, tls, listener.targets.limits).await;
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
        converse(self, (group, choice), sink, Reply::Http2 { response, head }, false).await
    }

    /// A client that is still there is told what was wrong; one that has left is only logged
    /// (alb §6.1).
    async fn interrupted(&mut self, why: Interrupted) -> bool {
        match why {
            Interrupted::Malformed => self.fail(400).await,
            Interrupted::Late => self.fail(408).await,
            Interrupted::BrokeOff => {
                self.facts.status = 400;
                false
            }
            Interrupted::Gone => {
                self.facts.status = 460;
                false
            }
        }
    }

    /// Whether another target may get the request: it was not sent, or only asks for something and
    /// brings nothing (RFC 9110 §9.2.2).
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
