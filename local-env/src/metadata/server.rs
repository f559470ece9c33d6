//! The wire of the endpoint: plain HTTP on one port.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    directory::Directory,
    endpoint::{Endpoint, Message},
    protection::Protection,
};

const MAX_BODY: usize = 64 * 1024;
/// How long a client may take over its request.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before accepting connections again, where there are too many open files, say.
const BREATH: Duration = Duration::from_millis(100);
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/json");

/// The endpoint with its socket: it answers from [`MetadataServer::start`] until it is stopped or
/// dropped.
pub struct MetadataServer {
    listener: Arc<TcpListener>,
    address: SocketAddr,
    endpoint: Arc<Endpoint>,
    serving: Option<AbortOnDropHandle<()>>,
}

/// Why the endpoint can't listen on an address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for task metadata")]
pub struct MetadataBindError {
    /// The address that was tried.
    pub address: SocketAddr,
    /// What the operating system says.
    #[source]
    pub source: io::Error,
}

// === impl MetadataServer ===

impl MetadataServer {
    /// Listens on `address`, port 0 being any free one, to tell of the tasks in `directory`. The
    /// protection that these ask for is sent to `protections` as well.
    ///
    /// # Errors
    ///
    /// If the address can't be listened on.
    pub async fn bind(
        address: SocketAddr,
        directory: Directory,
        protections: mpsc::UnboundedSender<Protection>,
    ) -> Result<Self, MetadataBindError> {
        let failed = |source| MetadataBindError { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let endpoint = Arc::new(Endpoint::new(directory, protections));
        Ok(Self { listener: Arc::new(listener), address, endpoint, serving: None })
    }

    /// Returns the address that the endpoint listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts to answer.
    pub fn start(&mut self) {
        let (listener, endpoint) = (Arc::clone(&self.listener), Arc::clone(&self.endpoint));
        let serving = tokio::spawn(async move { serve(&listener, &endpoint).await });
        self.serving = Some(AbortOnDropHandle::new(serving));
    }

    /// Stops, and returns once the socket and all connections are closed.
    pub async fn stop(self) {
        if let Some(serving) = self.serving {
            serving.abort();
            // It was cancelled, as was meant.
            let _cancelled = serving.await;
        }
    }
}

async fn serve(listener: &TcpListener, endpoint: &Arc<Endpoint>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                connections.spawn(connection(stream, peer, Arc::clone(endpoint)));
            }
            Err(error) => {
                tracing::debug!(%error, "a connection to the metadata endpoint was not accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, endpoint: Arc<Endpoint>) {
    let service = service_fn(|request| respond(request, peer, &endpoint));
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    if let Err(error) = server.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection to the metadata endpoint ended early");
    }
}

async fn respond(
    request: Request<Incoming>,
    peer: SocketAddr,
    endpoint: &Endpoint,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = timeout(PATIENCE, Limited::new(body, MAX_BODY).collect()).await;
    let (status, text) = match body.ok().and_then(Result::ok) {
        Some(body) => endpoint.answer(&Message {
            method: &head.method,
            path: head.uri.path(),
            body: &body.to_bytes(),
            peer: peer.ip(),
            time: SystemTime::now(),
            now: Instant::now(),
        }),
        None => (StatusCode::PAYLOAD_TOO_LARGE, r#""the body is too long or too slow""#.into()),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, CONTENT_TYPE);
    Ok(response)
}
