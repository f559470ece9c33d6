//! What is done with a request: everything that is settled by its head alone, in ALB's order.

use std::{
    borrow::Cow,
    rc::Rc,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{Exchange, Protocol};
use crate::{
    desync::{self, Treatment},
    generated::Generated,
    head::{Fields, Name, RequestHead, Version},
    headers::{has_too_many_addresses, host_for_target, is_valid, split_port},
    metrics::Counter,
    record::Priority,
    rules::{Action, Choice, Forward, LocationError, Redirect, Request, Subject},
    targets::TargetGroup,
    trace_id,
};
use stack::ProtocolVersion;

/// What is done with a request.
pub(super) enum Decision {
    Answer(Generated),
    Forward(Forwarding),
}

/// A request that goes to a target.
pub(super) struct Forwarding {
    pub(super) group: Arc<TargetGroup>,
    pub(super) host: Vec<u8>,
    /// Path and query where they are not the request's own.
    pub(super) target: Option<Vec<u8>>,
}

/// Why a request is not even looked at (alb §1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is none, or has no end that one could tell.
    Malformed,
    /// Its version is not spoken here.
    Version,
    /// Its first line is too long.
    LongTarget,
    /// Its head is too large, or a line of it.
    LargeHead,
    /// Its end has not come in time.
    Late,
    /// Its body is coded in a way that is not known here.
    Coding,
}

/// Where a request wants to go.
struct Address<'a> {
    host: &'a [u8],
    path_and_query: Cow<'a, [u8]>,
}

// === impl Exchange ===

impl Exchange<'_> {
    pub(super) fn decide(&mut self, refusal: Option<Refusal>) -> Decision {
        if let Some(refusal) = refusal {
            // What is no request has no class; a coding that nobody knows is blocked first (alb §1.5).
            let blocked = !self.head.method().is_empty() && self.classify().is_err();
            return self.refuse(if blocked { 400 } else { refusal.status() });
        }
        self.trace();
        match self.try_decide() {
            Ok(decision) => decision,
            Err(status) => self.refuse(status),
        }
    }

    /// The trace id that a target gets, or would have got (alb §5.3).
    fn trace(&mut self) {
        let fields = self.head.fields();
        let random = self.client.listener.random.borrow_mut().u128(..);
        let incoming = fields.get(Name::XAmznTraceId);
        self.facts.trace_id.reserve(96);
        trace_id::extend(incoming, fields.size(), epoch(), random, &mut self.facts.trace_id);
    }

    /// The status of the error where there is no other answer.
    fn try_decide(&mut self) -> Result<Decision, u16> {
        let head = self.head;
        if matches!(head.method(), b"TRACE" | b"CONNECT") {
            return Err(405);
        }
        let address = Address::of(head, self.client.listener.dns_name.as_bytes()).ok_or(400_u16)?;
        self.classify()?;
        if has_too_many_addresses(head.fields()) {
            return Err(463);
        }
        self.count_invalid_headers();
        let handling = Rc::clone(&self.handling);
        let kept = self.kept_fields();
        let request = address.request(head, kept.as_ref(), self.client.peer.ip());
        let choice = handling.routes.choose(&request).map_err(|_| {
            self.facts.priority = Priority::Failed;
            400_u16
        })?;
        self.facts.choose(&choice);
        self.explain(&choice, &request);
        match &choice.action {
            Action::FixedResponse(fixed) => Ok(Decision::Answer(Generated::fixed(fixed))),
            Action::Redirect(redirect) => self.redirect(redirect, &request),
            Action::Forward(forward) => {
                let group = self.group(forward)?;
                self.check_protocol(&group)?;
                self.facts.group = Some(Arc::clone(&group));
                self.forwarding(&address, &choice, group).map(Decision::Forward)
            }
        }
    }

    fn redirect(&mut self, redirect: &Redirect, request: &Request<'_>) -> Result<Decision, u16> {
        let listener = &self.client.listener;
        let subject = Subject {
            protocol: listener.protocol,
            host: request.host,
            port: listener.port,
            path: request.path,
            query: request.query.unwrap_or_default(),
        };
        let location =
            redirect.location(subject, &listener.ports).map_err(|error| match error {
                LocationError::TooLong => 507_u16,
                LocationError::Illegal => 400,
            })?;
        self.facts.redirect_url = Some(location.clone());
        Ok(Decision::Answer(Generated::redirect(redirect.status(), location)))
    }

    /// The target group whose turn it is, by its weight or since the client stays with it.
    fn group(&mut self, forward: &Forward) -> Result<Arc<TargetGroup>, u16> {
        let listener = &self.client.listener;
        let mut random = listener.random.borrow_mut();
        let choice = forward
            .choose(self.head.fields(), &listener.sealer, &mut random, SystemTime::now())
            .ok_or(503_u16)?;
        for cookie in choice.set_cookies.iter().flatten() {
            self.added.push(b"Set-Cookie", cookie);
        }
        self.facts.bad_cookie = choice.bad_cookie;
        Ok(Arc::clone(choice.group))
    }

    fn refuse(&mut self, status: u16) -> Decision {
        Decision::Answer(match self.protocol {
            Protocol::Grpc if status >= 500 => Generated::grpc_error(status),
            _ => Generated::error(status),
        })
    }

    /// Only what comes as bytes can be read in two ways (alb §8).
    fn classify(&mut self) -> Result<(), u16> {
        if self.head.version() == Version::Http2 || self.head.is_plain() {
            return Ok(());
        }
        let verdict = desync::classify(self.head.text());
        self.facts.verdict = verdict;
        match desync::treatment(self.handling.attributes.desync_mitigation, verdict.class) {
            Treatment::Pass => Ok(()),
            Treatment::PassAndClose => {
                self.close = true;
                self.facts.doubtful = true;
                Ok(())
            }
            Treatment::Block => Err(400),
        }
    }

    /// Headers that are dropped are gone before rules look (alb §1.4).
    fn kept_fields(&self) -> Option<Fields> {
        let drops = self.handling.attributes.drop_invalid_headers && !self.head.is_plain();
        drops.then(|| {
            let mut kept = Fields::default();
            for field in self.head.fields().iter().filter(|field| is_valid(field.name)) {
                kept.push(field.name, field.value);
            }
            kept
        })
    }

    /// A plain head has none (alb §1.4).
    fn count_invalid_headers(&self) {
        let listener = &self.client.listener;
        if self.head.is_plain() || self.head.fields().iter().all(|field| is_valid(field.name)) {
            return;
        }
        listener.shard.count(if self.handling.attributes.drop_invalid_headers {
            Counter::DroppedInvalidHeaders
        } else {
            Counter::ForwardedInvalidHeaders
        });
    }

    /// What no answer of AWS's has: which rule took the request, and what was left out.
    fn explain(&mut self, choice: &Choice<'_>, request: &Request<'_>) {
        if self.client.listener.explain {
            let explanation = self.handling.routes.explain(request).header();
            self.added.push(b"X-Local-Env-Route", explanation.as_bytes());
        }
        if let Some(authentication) = choice.unauthenticated {
            self.added.push(b"X-Local-Env-Unauthenticated", authentication.name().as_bytes());
        }
    }

    /// Which clients may speak to which target groups (alb §1.1).
    fn check_protocol(&self, group: &TargetGroup) -> Result<(), u16> {
        let fits = match (group.version(), self.protocol) {
            (ProtocolVersion::Http1, protocol) => protocol != Protocol::Grpc,
            (_, Protocol::Http1) => false,
            (ProtocolVersion::Http2, _) | (_, Protocol::Grpc) => true,
            (ProtocolVersion::Grpc, Protocol::Http2) => self.head.method() == b"POST",
        };
        if fits { Ok(()) } else { Err(464) }
    }

    fn forwarding(
        &mut self,
        address: &Address<'_>,
        choice: &Choice<'_>,
        group: Arc<TargetGroup>,
    ) -> Result<Forwarding, u16> {
        let transformed = choice.transforms.apply(address.host, &address.path_and_query);
        let transformed = self.facts.transform(transformed).ok_or(500_u16)?;
        let listener = &self.client.listener;
        let mut host = Vec::with_capacity(address.host.len() + 6);
        match transformed.host {
            Some(rewritten) => host = rewritten,
            None if self.handling.attributes.preserve_host => {
                host.extend_from_slice(self.head.fields().get(Name::Host).unwrap_or(address.host));
            }
            None => {
                host_for_target(address.host, listener.port, listener.published_port, &mut host);
            }
        }
        let target = transformed.target.or(match &address.path_and_query {
            Cow::Borrowed(own) if *own == self.head.target() => None,
            other => Some(other.to_vec()),
        });
        Ok(Forwarding { group, host, target })
    }
}

// === impl Refusal ===

impl Refusal {
    fn status(self) -> u16 {
        match self {
            Self::Malformed | Self::LargeHead => 400,
            Self::Late => 408,
            Self::LongTarget => 414,
            Self::Coding => 501,
            Self::Version => 505,
        }
    }
}

// === impl Address ===

impl<'a> Address<'a> {
    /// Only HTTP/1.0 and older may leave the host out (alb §1.1). An absolute target's authority
    /// counts more than the `Host` header (RFC 9112 §3.2.2).
    fn of(head: &'a RequestHead, dns_name: &'a [u8]) -> Option<Self> {
        let target = head.target();
        let named = head.fields().get(Name::Host);
        if let Some((authority, rest)) = absolute(target) {
            if named.is_none() && head.version() == Version::Http11 {
                return None;
            }
            let path_and_query = match rest.first() {
                Some(b'/') => Cow::Borrowed(rest),
                _ => Cow::Owned([b"/", rest].concat()),
            };
            return Some(Self { host: authority, path_and_query });
        }
        let host = match named {
            Some(host) => host,
            None if head.version() < Version::Http11 => dns_name,
            None => return None,
        };
        Some(Self { host, path_and_query: Cow::Borrowed(target) })
    }

    fn request<'b>(
        &'b self,
        head: &'b RequestHead,
        kept: Option<&'b Fields>,
        source: std::net::IpAddr,
    ) -> Request<'b> {
        let whole = &*self.path_and_query;
        let (path, query) = match memchr::memchr(b'?', whole) {
            Some(mark) => (&whole[..mark], whole.get(mark + 1..)),
            None => (whole, None),
        };
        Request {
            method: head.method(),
            host: split_port(self.host).0,
            path,
            query,
            fields: kept.unwrap_or(head.fields()),
            source,
        }
    }
}

fn epoch() -> u32 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // The format has eight hexadecimal digits, which last until 2106.
    u32::try_from(elapsed.as_secs()).unwrap_or(u32::MAX)
}

/// The authority of a target in absolute form, and what follows it.
fn absolute(target: &[u8]) -> Option<(&[u8], &[u8])> {
    if target.starts_with(b"/") {
        return None;
    }
    let start = memchr::memmem::find(target, b"://")? + 3;
    let rest = target.get(start..)?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    Some(rest.split_at(end))
}
