//! What is done with a request: everything that is settled by its head alone, in ALB's order.
//!
//! It has no socket and no clock: the head, what its listener does, the date and the randomness go in,
//! and a [`Decision`] comes out. Where several causes to refuse a request are at hand, the first of
//! these counts: what is no request, the method, the host, the desync class, the addresses in
//! `X-Forwarded-For`, the path, and what only the action of the rule can tell.

mod address;
#[cfg(test)]
mod tests;

use std::{
    net::IpAddr,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use self::address::Address;
use super::{rejection::Rejection, trace_id};
use crate::{
    connection::Connection,
    desync::{self, Treatment},
    head::{Fields, Name, RequestHead, Version},
    headers::{has_too_many_addresses, host_for_target, is_valid},
    listener::{Handling, ListenerPlan},
    record::{ActionKind, Findings, InvalidHeaders, Priority, Protocol},
    rules::{Action, Forward, LocationError, MatchedRule, Redirect, Request, Subject},
    targets::TargetGroup,
};
use stack::{FixedResponse, ProtocolVersion};

/// What a request is decided by, beside its head.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// What its listener is.
    pub(super) plan: &'a ListenerPlan,
    /// What its listener does.
    pub(super) handling: &'a Handling,
    /// What its client speaks.
    pub(super) protocol: Protocol,
    /// The address at the other end of its connection.
    pub(super) source: IpAddr,
    /// The date.
    pub(super) date: SystemTime,
}

/// What is done with a request.
pub(super) struct Decision<'a> {
    /// How it is answered.
    pub(super) course: Result<Course<'a>, Rejection>,
    /// What becomes of its connections, the client's and the target's, as far as its head tells.
    pub(super) connection: Connection,
    /// The headers that its answer gets, whoever makes it.
    pub(super) answer_fields: Fields,
    /// What the record is to have of it.
    pub(super) findings: Findings,
}

/// How a request is answered that is not refused.
#[derive(Debug)]
pub(super) enum Course<'a> {
    /// It is answered with a text of the template's.
    FixedResponse(&'a FixedResponse),
    /// It is answered with another address.
    Redirect {
        /// The status, 301 or 302.
        status: u16,
        /// The value of `Location`.
        location: Vec<u8>,
    },
    /// It is answered by a target.
    Forward(Forwarding),
}

/// How a request goes to a target.
#[derive(Debug)]
pub(super) struct Forwarding {
    /// The group whose target it is.
    pub(super) group: Arc<TargetGroup>,
    /// The host that the target is told.
    pub(super) host: Vec<u8>,
    /// The path and query, where they are not the request's own.
    pub(super) target: Option<Vec<u8>>,
}

/// A decision in the making.
struct Deciding<'r, 'a> {
    head: &'r RequestHead,
    context: Context<'a>,
    connection: Connection,
    answer_fields: Fields,
    findings: Findings,
}

/// Decides what is done with a request. `unread` is why it could not be read as one, if so.
pub(super) fn decide<'a>(
    head: &RequestHead,
    unread: Option<Rejection>,
    context: Context<'a>,
    random: &mut fastrand::Rng,
) -> Decision<'a> {
    let mut deciding = Deciding {
        head,
        context,
        connection: Connection::Keep,
        answer_fields: Fields::default(),
        findings: Findings::default(),
    };
    let course = match unread {
        Some(cause) => Err(deciding.refuse_unread(cause)),
        None => deciding.course(random),
    };
    let Deciding { mut connection, answer_fields, findings, .. } = deciding;
    if let Err(rejection) = course {
        connection = connection.and(rejection.connection());
    }
    Decision { course, connection, answer_fields, findings }
}

// === impl Deciding ===

impl<'a> Deciding<'_, 'a> {
    /// Returns why a request is refused that could not be read. What is no request has no class;
    /// one whose coding nobody knows is blocked by its class first (alb §1.5).
    fn refuse_unread(&mut self, cause: Rejection) -> Rejection {
        if self.head.method().is_empty() {
            return cause;
        }
        self.classify().err().unwrap_or(cause)
    }

    fn course(&mut self, random: &mut fastrand::Rng) -> Result<Course<'a>, Rejection> {
        self.trace(random);
        if matches!(self.head.method(), b"TRACE" | b"CONNECT") {
            return Err(Rejection::MethodNotAllowed);
        }
        let dns_name = self.context.plan.dns_name.as_bytes();
        let address = Address::of(self.head, dns_name).ok_or(Rejection::NoHost)?;
        self.classify()?;
        if has_too_many_addresses(self.head.fields()) {
            return Err(Rejection::TooManyAddresses);
        }
        let kept = self.kept_fields();
        let fields = kept.as_ref().unwrap_or(self.head.fields());
        let request = address.request(self.head, fields, self.context.source);
        let rule = self.rule(&request)?;
        match rule.action {
            Action::FixedResponse(fixed) => Ok(Course::FixedResponse(fixed)),
            Action::Redirect(redirect) => self.redirect(redirect, &request),
            Action::Forward(forward) => {
                let group = self.group(forward, random)?;
                self.forwarding(&address, &rule, group).map(Course::Forward)
            }
        }
    }

    /// Makes the trace id that a target gets, or would have got (alb §5.3).
    fn trace(&mut self, random: &mut fastrand::Rng) {
        let fields = self.head.fields();
        let incoming = fields.get(Name::XAmznTraceId);
        let epoch = self.context.date.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        // The format has eight hexadecimal digits, which last until 2106.
        let epoch = u32::try_from(epoch).unwrap_or(u32::MAX);
        let out = &mut self.findings.trace_id;
        out.reserve(96);
        trace_id::extend(incoming, fields.size(), epoch, random.u128(..), out);
    }

    /// Finds the desync class, and refuses a request that its mode blocks (alb §8). Only what comes
    /// as bytes can be read in two ways.
    fn classify(&mut self) -> Result<(), Rejection> {
        if self.head.version() == Version::Http2 || self.head.is_plain() {
            return Ok(());
        }
        let classification = desync::classify(self.head.text());
        self.findings.classification = classification;
        let mode = self.context.handling.attributes.desync_mitigation;
        match desync::treatment(mode, classification.class) {
            Treatment::Pass => Ok(()),
            Treatment::PassAndClose => {
                self.connection = Connection::Close;
                Ok(())
            }
            Treatment::Block => Err(Rejection::Desync),
        }
    }

    /// Returns the headers that rules look at, where they are not all that came (alb §1.4). A plain
    /// head has none that are not valid.
    fn kept_fields(&mut self) -> Option<Fields> {
        let fields = self.head.fields();
        if self.head.is_plain() || fields.iter().all(|field| is_valid(field.name)) {
            return None;
        }
        if !self.context.handling.attributes.drop_invalid_headers {
            self.findings.invalid_headers = Some(InvalidHeaders::Forwarded);
            return None;
        }
        self.findings.invalid_headers = Some(InvalidHeaders::Dropped);
        let mut kept = Fields::default();
        for field in fields.iter().filter(|field| is_valid(field.name)) {
            kept.push(field.name, field.value);
        }
        Some(kept)
    }

    fn rule(&mut self, request: &Request<'_>) -> Result<MatchedRule<'a>, Rejection> {
        let Context { plan, handling, .. } = self.context;
        let rule = handling.routes.choose(request).map_err(|_| {
            self.findings.priority = Priority::Failed;
            Rejection::AboveRoot
        })?;
        self.findings.priority = Priority::Rule(rule.priority);
        self.findings.action = Some(ActionKind::of(rule.action));
        if plan.explain {
            let explanation = handling.routes.explain(request).header();
            self.answer_fields.push(b"X-Local-Env-Route", explanation.as_bytes());
        }
        if let Some(authentication) = rule.unauthenticated {
            let name = authentication.name();
            self.answer_fields.push(b"X-Local-Env-Unauthenticated", name.as_bytes());
        }
        Ok(rule)
    }

    fn redirect(
        &mut self,
        redirect: &Redirect,
        request: &Request<'_>,
    ) -> Result<Course<'a>, Rejection> {
        let plan = self.context.plan;
        let subject = Subject {
            protocol: plan.protocol,
            host: request.host,
            port: plan.port,
            path: request.path,
            query: request.query.unwrap_or_default(),
        };
        let location = redirect.location(subject, &plan.ports).map_err(|error| match error {
            LocationError::TooLong => Rejection::LongLocation,
            LocationError::Illegal => Rejection::IllegalLocation,
        })?;
        self.findings.redirect_url = Some(location.clone());
        Ok(Course::Redirect { status: redirect.status(), location })
    }

    /// Chooses the target group, by its weight or since the client stays with it.
    fn group(
        &mut self,
        forward: &Forward,
        random: &mut fastrand::Rng,
    ) -> Result<Arc<TargetGroup>, Rejection> {
        let Context { plan, date, .. } = self.context;
        let chosen = forward
            .choose(self.head.fields(), &plan.sealer, random, date)
            .ok_or(Rejection::NoWeight)?;
        for cookie in chosen.set_cookies.iter().flatten() {
            self.answer_fields.push(b"Set-Cookie", cookie);
        }
        self.findings.bad_cookie = chosen.bad_cookie;
        if !self.is_spoken_by(chosen.group.version()) {
            return Err(Rejection::ProtocolMismatch);
        }
        self.findings.group = Some(Arc::clone(chosen.group));
        Ok(Arc::clone(chosen.group))
    }

    /// Returns whether this client may speak to target groups of this version (alb §1.1).
    fn is_spoken_by(&self, version: ProtocolVersion) -> bool {
        match (version, self.context.protocol) {
            (ProtocolVersion::Http1, protocol) => protocol != Protocol::Grpc,
            (_, Protocol::Http1) => false,
            (ProtocolVersion::Http2, _) | (_, Protocol::Grpc) => true,
            (ProtocolVersion::Grpc, Protocol::Http2) => self.head.method() == b"POST",
        }
    }

    fn forwarding(
        &mut self,
        address: &Address<'_>,
        rule: &MatchedRule<'_>,
        group: Arc<TargetGroup>,
    ) -> Result<Forwarding, Rejection> {
        let transformed = match rule.transforms.apply(address.host, &address.path_and_query) {
            Ok(transformed) => transformed,
            Err(error) => {
                self.findings.transformed = Some(Err(error));
                return Err(Rejection::TransformFailed);
            }
        };
        if transformed.host.is_some() || transformed.target.is_some() {
            self.findings.transformed = Some(Ok(transformed.clone()));
        }
        let Context { plan, handling, .. } = self.context;
        let mut host = Vec::with_capacity(address.host.len() + 6);
        match transformed.host {
            Some(rewritten) => host = rewritten,
            None if handling.attributes.preserve_host => {
                host.extend_from_slice(self.head.fields().get(Name::Host).unwrap_or(address.host));
            }
            None => host_for_target(address.host, plan.port, plan.published_port, &mut host),
        }
        let target = transformed.target.or_else(|| address.changed_target(self.head));
        Ok(Forwarding { group, host, target })
    }
}
