//! What happens around every request: a span with its facts, one log line once it is answered, and
//! the request's path in an error's body.

use std::time::Instant;

use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, Span, debug, error_span, field::Empty, info, warn};

use crate::{TRACE_ID, context::Context, milliseconds, problem::Problem};

/// Answers a request and logs it.
pub(crate) async fn observe(
    State(context): State<Context>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let path = request.uri().path().to_owned();
    let quiet = is_health_check(&request, &context);
    let span = span(&request);

    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        span.record("problem", problem.detail());
        *response.body_mut() = problem.with_instance(&path).body();
    }
    span.record("status", response.status().as_u16());
    span.record("duration_ms", milliseconds(started.elapsed()));
    span.in_scope(|| log(&response, quiet));
    response
}

/// At the highest level, so that a filter that lets warnings through leaves them their request.
fn span(request: &Request) -> Span {
    let span = error_span!(
        "request",
        method = %request.method(),
        path = request.uri().path(),
        status = Empty,
        duration_ms = Empty,
        trace_id = Empty,
        problem = Empty,
    );
    if let Some(trace_id) = request.headers().get(TRACE_ID) {
        span.record("trace_id", &*String::from_utf8_lossy(trace_id.as_bytes()));
    }
    span
}

fn log(response: &Response, quiet: bool) {
    match response.status() {
        status if status.is_server_error() => warn!("finished"),
        _ if quiet => debug!("finished"),
        _ => info!("finished"),
    }
}

/// Health checks come every few seconds from every node of the load balancer.
fn is_health_check(request: &Request, context: &Context) -> bool {
    let agent = request.headers().get(header::USER_AGENT);
    request.uri().path() == context.root()
        && agent.is_some_and(|agent| agent.as_bytes().starts_with(b"ELB-HealthChecker/"))
}
