//! The API's wire: plain HTTP on one port.

use std::{
    cell::RefCell,
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request as HttpRequest, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::{answer::answer, error::ApiError, request::ApiRequest};
use crate::registry::Registry;

const MAX_BODY: usize = 1024 * 1024;
/// How long a client may take over its request.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before accepting connections again, where there are too many open files, say.
const BREATH: Duration = Duration::from_millis(100);
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

thread_local! {
    static RANDOM: RefCell<fastrand::Rng> = RefCell::new(fastrand::Rng::new());
}

/// The API at work; it ends when this is dropped.
pub struct DiscoveryServer {
    address: SocketAddr,
    _serving: AbortOnDropHandle<()>,
}

/// Why the API can't be served at an address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for Cloud Map's API")]
pub struct DiscoveryBindError {
    /// The address that was tried.
    pub address: SocketAddr,
    /// What the operating system says.
    #[source]
    pub source: io::Error,
}

// === impl DiscoveryServer ===

impl DiscoveryServer {
    /// Listens on `address`, port 0 being any free one, and answers from `registry`.
    ///
    /// # Errors
    ///
    /// If the address can't be listened on.
    pub async fn start(
        address: SocketAddr,
        registry: Arc<Registry>,
    ) -> Result<Self, DiscoveryBindError> {
        let failed = |source| DiscoveryBindError { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let serving = tokio::spawn(serve(listener, registry));
        Ok(Self { address, _serving: AbortOnDropHandle::new(serving) })
    }

    /// Returns the address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn serve(listener: TcpListener, registry: Arc<Registry>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, Arc::clone(&registry)));
            }
            Err(error) => {
                tracing::debug!(%error, "a connection to Cloud Map's API was not accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, registry: Arc<Registry>) {
    let service = service_fn(|request| respond(request, &registry));
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    if let Err(error) = server.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection to Cloud Map's API ended early");
    }
}

async fn respond(
    request: HttpRequest<Incoming>,
    registry: &Registry,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, body) = match handle(request, registry).await {
        Ok(body) => (StatusCode::OK, body),
        Err(error) => (error.status(), error.body()),
    };
    let mut response = Response::new(Full::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        headers.insert("x-amzn-requestid", id);
    }
    Ok(response)
}

async fn handle(request: HttpRequest<Incoming>, registry: &Registry) -> Result<Value, ApiError> {
    let (head, body) = request.into_parts();
    let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let Some(target) = target.filter(|_| head.method == Method::POST) else {
        return Err(ApiError::UnknownOperation(format!("{} {}", head.method, head.uri)));
    };
    let body = timeout(PATIENCE, Limited::new(body, MAX_BODY).collect()).await;
    let body = body.ok().and_then(Result::ok).ok_or(ApiError::TooLarge)?.to_bytes();
    let request = ApiRequest::parse(target, &body)?;
    RANDOM.with_borrow_mut(|random| answer(registry, &request, Instant::now(), random))
}
