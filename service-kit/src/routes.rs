//! The routes that every service has, and the answers where there is none.

use std::any::Any;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    context::{About, Context},
    peer::PeerAnswer,
    problem::Problem,
};

/// A route of a service: its path below the service's own, and what it does by method.
pub(crate) type Route = (&'static str, MethodRouter<Context>);

#[derive(Serialize)]
struct WithPeer {
    #[serde(flatten)]
    about: About,
    peer: PeerAnswer,
}

/// The routes that every service has.
pub(crate) fn shared() -> Vec<Route> {
    vec![("", get(about)), ("/peer", get(peer)), ("/health", get(health))]
}

/// The routes, each at its whole path.
pub(crate) fn at(paths: &[String], routes: Vec<Route>) -> Router<Context> {
    let mut app = Router::new();
    for (path, (_, methods)) in paths.iter().zip(routes) {
        app = app.route(path, methods);
    }
    app.fallback(not_found).method_not_allowed_fallback(method_not_allowed)
}

/// The answer to a request whose handler panicked. The panic itself is in the log.
pub(crate) fn panicked(_panic: Box<dyn Any + Send>) -> Response {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Problem::of_status(status, "the service has a defect here; its log says where").into_response()
}

async fn about(State(context): State<Context>) -> Json<About> {
    Json(context.about().await)
}

async fn peer(
    State(context): State<Context>,
    headers: HeaderMap,
) -> Result<Json<WithPeer>, Problem> {
    let peer = context.call_peer(&headers).await?;
    Ok(Json(WithPeer { about: context.about().await, peer }))
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn not_found(State(context): State<Context>, uri: Uri) -> Problem {
    let detail = format!("there is nothing at {}, only at these routes", uri.path());
    Problem::of_status(StatusCode::NOT_FOUND, detail).with_routes(context.routes())
}

async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    let detail =
        format!("{} does not take {method}; the Allow header says what it takes", uri.path());
    Problem::of_status(StatusCode::METHOD_NOT_ALLOWED, detail)
}
