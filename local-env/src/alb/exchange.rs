//! One request: from the listener's rules to the answer.

use std::{
    cell::RefCell,
    convert::Infallible,
    rc::Rc,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use http::{Method, Request, Response, StatusCode, Uri, Version, header};
use hyper::body::{Body as _, Incoming};

use super::{
    body::{Body, Progress, Upload},
    generated,
    headers::{self, Forwarded},
    redirect::{PublishedPorts, Redirect, Subject},
    routes::{Action, Routes},
    target_group::TargetGroup,
    trace_id,
    upstream::{Lease, Limits, Unanswered, Upstream},
};

/// What all connections of a listener on one worker share.
pub(super) struct ListenerContext {
    pub(super) routes: Arc<Routes>,
    pub(super) ports: Arc<PublishedPorts>,
    pub(super) upstream: Rc<Upstream>,
    pub(super) random: RefCell<fastrand::Rng>,
    /// `http` or `https`.
    pub(super) protocol: &'static str,
    /// In AWS.
    pub(super) port: u16,
    /// The host of requests that come without one.
    pub(super) dns_name: Arc<str>,
    pub(super) targets: TargetPolicy,
}

/// How a target is dealt with that does not answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct TargetPolicy {
    pub(super) limits: Limits,
    /// Whether another target is tried. ALB tries none (alb §4.8).
    pub(super) fail_over: bool,
}

/// A client's connection.
pub(super) struct ClientConnection {
    pub(super) listener: Rc<ListenerContext>,
    pub(super) forwarded: Forwarded,
}

// === impl TargetPolicy ===

impl TargetPolicy {
    /// How many other targets may be tried.
    fn others(self, group: &TargetGroup) -> usize {
        if self.fail_over { group.eligible().saturating_sub(1) } else { 0 }
    }
}

// === impl ClientConnection ===

impl ClientConnection {
    /// Answers a request; there is always an answer.
    pub(super) async fn answer(
        self: Rc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        if request.method() == Method::CONNECT {
            return Ok(generated::error(StatusCode::METHOD_NOT_ALLOWED));
        }
        if !names_host(&request) {
            return Ok(generated::error(StatusCode::BAD_REQUEST));
        }
        Ok(match self.listener.routes.choose(request.uri().path()) {
            Action::Forward(group) => self.forward(group, request).await,
            Action::Redirect(redirect) => self.redirect(redirect, &request),
            Action::FixedResponse(status, fixed) => generated::fixed(*status, fixed),
        })
    }

    fn redirect(&self, redirect: &Redirect, request: &Request<Incoming>) -> Response<Body> {
        let uri = request.uri();
        let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let host = headers::authority(uri).or(named).unwrap_or(&self.listener.dns_name);
        let subject = Subject {
            protocol: self.listener.protocol,
            host: headers::host_without_port(host),
            port: self.listener.port,
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
        };
        match redirect.location(subject, &self.listener.ports) {
            Some(location) => generated::redirect(redirect.status(), location),
            None => generated::error(StatusCode::BAD_REQUEST),
        }
    }

    async fn forward(&self, group: &TargetGroup, request: Request<Incoming>) -> Response<Body> {
        let (mut request, progress) = self.prepare(request);
        let mut others = self.listener.targets.others(group);
        loop {
            let Some(target) = group.choose() else {
                return generated::error(StatusCode::SERVICE_UNAVAILABLE);
            };
            let again = if others > 0 { repeatable(&request, &progress) } else { None };
            let limits = self.listener.targets.limits;
            let sent = self.listener.upstream.send(target, request, Rc::clone(&progress), limits);
            let Unanswered { failure, unsent } = match sent.await {
                Ok((response, lease)) => return answer(response, lease),
                Err(unanswered) => unanswered,
            };
            let cause = std::error::Error::source(&failure).map(ToString::to_string);
            tracing::debug!(%target, %failure, cause, "no answer");
            request = match unsent.or(again) {
                Some(request) if others > 0 => request,
                _ => return generated::error(failure.status()),
            };
            others -= 1;
        }
    }

    /// The request as the target gets it: in origin form, path and query untouched.
    fn prepare(&self, request: Request<Incoming>) -> (Request<Upload>, Rc<Progress>) {
        let (mut head, body) = request.into_parts();
        if let Some(authority) = headers::authority(&head.uri) {
            headers::set_host(&mut head.headers, authority);
            head.uri = origin_form(&head.uri);
        } else if !head.headers.contains_key(header::HOST) {
            headers::set_host(&mut head.headers, &self.listener.dns_name);
        }
        head.version = Version::HTTP_11;
        headers::remove_hop_by_hop(&mut head.headers);
        headers::join_cookies(&mut head.headers);
        self.forwarded.apply(&mut head.headers);
        headers::trace(&mut head.headers, |incoming| {
            trace_id::extend(incoming, epoch(), self.listener.random.borrow_mut().u128(..))
        });
        let (upload, progress) = Upload::new(body);
        (Request::from_parts(head, upload), progress)
    }
}

fn answer(response: Response<Incoming>, lease: Lease) -> Response<Body> {
    let mut response = response.map(|body| Body::Target(body, lease));
    *response.version_mut() = Version::HTTP_11;
    headers::remove_hop_by_hop(response.headers_mut());
    response.headers_mut().remove(header::TRANSFER_ENCODING);
    response
}

/// A copy of a request that may be sent twice: one that asks for something and brings nothing
/// (RFC 9110 §9.2.2).
fn repeatable(request: &Request<Upload>, progress: &Rc<Progress>) -> Option<Request<Upload>> {
    if !request.method().is_safe() || !request.body().is_end_stream() {
        return None;
    }
    let mut copy = Request::new(Upload::none(progress));
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

/// Only HTTP/1.0 may leave its host out (alb §1.1).
fn names_host<B>(request: &Request<B>) -> bool {
    request.uri().authority().is_some()
        || request.headers().contains_key(header::HOST)
        || request.version() <= Version::HTTP_10
}

fn origin_form(uri: &Uri) -> Uri {
    uri.path_and_query().cloned().map_or_else(|| Uri::from_static("/"), Uri::from)
}

fn epoch() -> u32 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // The format has eight hexadecimal digits, which last until 2106.
    u32::try_from(elapsed.as_secs()).unwrap_or(u32::MAX)
}
