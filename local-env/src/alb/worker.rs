//! A worker: one thread with a runtime of its own, its own sockets and its own connections to
//! targets, so that a request never crosses a thread.

use std::{
    cell::RefCell,
    io,
    net::{SocketAddr, TcpListener as StdListener},
    rc::Rc,
    sync::Arc,
    thread,
    time::Duration,
};

use http::Request;
use hyper::{
    body::Incoming,
    rt::{Read, Write},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulConnection,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::LocalSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    exchange::{ClientConnection, ListenerContext, TargetPolicy},
    headers::Forwarded,
    redirect::PublishedPorts,
    routes::Routes,
    upstream::Upstream,
};

/// ALB's limit on streams of one HTTP/2 connection (alb §1.1).
const MAX_STREAMS: u32 = 128;
/// How long a client may take to greet.
const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Between attempts to accept while the process is out of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A listener as each worker gets it.
#[derive(Clone)]
pub(super) struct ListenerPlan {
    pub(super) routes: Arc<Routes>,
    pub(super) ports: Arc<PublishedPorts>,
    pub(super) tls: Option<Arc<rustls::ServerConfig>>,
    pub(super) port: u16,
    pub(super) dns_name: Arc<str>,
    pub(super) targets: TargetPolicy,
}

/// Starts a worker on its sockets, a set for each listener. It ends when `stop` is cancelled and its
/// connections are done, or `grace` later.
pub(super) fn start(
    index: usize,
    listeners: Vec<(ListenerPlan, Vec<StdListener>)>,
    stop: CancellationToken,
    grace: Duration,
) -> io::Result<thread::JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name(format!("alb-{index}")).spawn(move || {
        let local = LocalSet::new();
        local.block_on(&runtime, run(listeners, stop, grace));
    })
}

async fn run(
    listeners: Vec<(ListenerPlan, Vec<StdListener>)>,
    stop: CancellationToken,
    grace: Duration,
) {
    let upstream = Rc::new(Upstream::default());
    let connections = TaskTracker::new();
    for (plan, sockets) in listeners {
        let context = Rc::new(plan.context(Rc::clone(&upstream)));
        let tls = plan.tls.map(TlsAcceptor::from);
        for socket in sockets {
            let door = Door {
                context: Rc::clone(&context),
                tls: tls.clone(),
                stop: stop.clone(),
                connections: connections.clone(),
            };
            match TcpListener::from_std(socket) {
                Ok(socket) => drop(connections.spawn_local(door.accept(socket))),
                Err(error) => tracing::error!(%error, "a listening socket is lost"),
            }
        }
    }
    stop.cancelled().await;
    connections.close();
    if timeout(grace, connections.wait()).await.is_err() {
        tracing::debug!("connections were cut at the end of the grace period");
    }
}

/// A listening socket and what its connections get.
#[derive(Clone)]
struct Door {
    context: Rc<ListenerContext>,
    tls: Option<TlsAcceptor>,
    stop: CancellationToken,
    connections: TaskTracker,
}

// === impl ListenerPlan ===

impl ListenerPlan {
    fn context(&self, upstream: Rc<Upstream>) -> ListenerContext {
        ListenerContext {
            routes: Arc::clone(&self.routes),
            ports: Arc::clone(&self.ports),
            upstream,
            random: RefCell::new(fastrand::Rng::new()),
            protocol: if self.tls.is_some() { "https" } else { "http" },
            port: self.port,
            dns_name: Arc::clone(&self.dns_name),
            targets: self.targets,
        }
    }
}

// === impl Door ===

impl Door {
    async fn accept(self, socket: TcpListener) {
        loop {
            let accepted = tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                accepted = socket.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    self.connections.spawn_local(self.clone().serve(stream, peer));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn serve(self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "connection lost");
            return;
        }
        let forwarded = Forwarded::new(peer.ip(), self.context.protocol, self.context.port);
        let client = Rc::new(ClientConnection { listener: Rc::clone(&self.context), forwarded });
        let Some(tls) = &self.tls else {
            return self.serve_http1(TokioIo::new(stream), client).await;
        };
        match timeout(TLS_HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                self.serve_http2(TokioIo::new(stream), client).await;
            }
            Ok(Ok(stream)) => self.serve_http1(TokioIo::new(stream), client).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "TLS handshake timed out"),
        }
    }

    async fn serve_http1<I>(&self, io: I, client: Rc<ClientConnection>)
    where
        I: Read + Write + Unpin + 'static,
    {
        let service =
            service_fn(move |request: Request<Incoming>| Rc::clone(&client).answer(request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.context.targets.limits.idle)
            .serve_connection(io, service);
        self.until_end(connection).await;
    }

    async fn serve_http2<I>(&self, io: I, client: Rc<ClientConnection>)
    where
        I: Read + Write + Unpin + 'static,
    {
        let service =
            service_fn(move |request: Request<Incoming>| Rc::clone(&client).answer(request));
        let connection = http2::Builder::new(LocalExecutor)
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .serve_connection(io, service);
        self.until_end(connection).await;
    }

    /// Serves a connection; at a stop it takes no further request.
    async fn until_end(&self, connection: impl GracefulConnection<Error = hyper::Error>) {
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            biased;
            ended = connection.as_mut() => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "client connection ended");
        }
    }
}

/// Runs HTTP/2's streams on the worker's own thread.
#[derive(Clone, Copy)]
struct LocalExecutor;

impl<F> hyper::rt::Executor<F> for LocalExecutor
where
    F: Future + 'static,
    F::Output: 'static,
{
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}
