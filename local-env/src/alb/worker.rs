//! A worker: one thread with a runtime of its own, its own sockets and its own connections to
//! targets, so that a request never crosses a thread.

use std::{
    cell::{Cell, RefCell},
    io,
    net::{SocketAddr, TcpListener as StdListener},
    rc::Rc,
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, LocalOptions},
    time::{Instant, sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    client::{ClientConnection, TlsFacts, serve_http1, serve_http2},
    headers::Forwarded,
    listener::{ListenerContext, ListenerPlan},
    metrics::{Counter, Shard},
    rules::Routes,
    targets::any_certificate,
    upstream::Pool,
    wire::{Stream, Wire},
};

/// How long a client may take to greet.
const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Between attempts to accept while the process is out of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How often kept connections to targets are looked through for old ones.
const SWEEP: Duration = Duration::from_secs(1);

/// Starts a worker on its sockets, a set for each listener. It ends when `stop` is cancelled and its
/// connections are done, or `grace` later.
pub(super) fn start(
    index: usize,
    listeners: Vec<(ListenerPlan, Vec<StdListener>)>,
    shard: Arc<Shard>,
    stop: CancellationToken,
    grace: Duration,
) -> io::Result<thread::JoinHandle<()>> {
    let (started, outcome) = std::sync::mpsc::channel();
    let worker = thread::Builder::new().name(format!("alb-{index}")).spawn(move || {
        // A runtime of this kind lives on the thread that made it.
        match Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) {
            Ok(runtime) => {
                drop(started.send(Ok(())));
                runtime.block_on(run(listeners, shard, stop, grace));
            }
            Err(error) => drop(started.send(Err(error))),
        }
    })?;
    outcome.recv().unwrap_or_else(|_| Err(io::Error::other("the worker ended"))).map(|()| worker)
}

async fn run(
    listeners: Vec<(ListenerPlan, Vec<StdListener>)>,
    shard: Arc<Shard>,
    stop: CancellationToken,
    grace: Duration,
) {
    let pool = Rc::new(Pool::default());
    let connections = TaskTracker::new();
    let stopping = Rc::new(Cell::new(false));
    let any_certificate = [any_certificate(&[]), any_certificate(&[b"h2"])];
    for (mut plan, sockets) in listeners {
        // Memory for running regular expressions of the worker's own.
        plan.routes = Arc::new(Routes::clone(&plan.routes));
        let tls = plan.tls.clone().map(TlsAcceptor::from);
        let idle = plan.attributes.idle_timeout;
        let context = Rc::new(ListenerContext {
            pool: Rc::clone(&pool),
            shard: Arc::clone(&shard),
            random: RefCell::new(fastrand::Rng::new()),
            stopping: Rc::clone(&stopping),
            protocol: if plan.tls.is_some() { "https" } else { "http" },
            any_certificate: any_certificate.clone(),
            plan,
        });
        tokio::task::spawn_local(sweep(Rc::clone(&pool), idle));
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
    stopping.set(true);
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
        let shard = Arc::clone(&self.context.shard);
        shard.count(Counter::NewConnections);
        shard.count(Counter::ActiveConnections);
        self.speak(stream, peer).await;
        shard.leave(Counter::ActiveConnections);
    }

    async fn speak(self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "connection lost");
            return;
        }
        let local = match stream.local_addr() {
            Ok(local) => local,
            Err(error) => return tracing::debug!(%peer, %error, "connection lost"),
        };
        let (stream, facts) = match &self.tls {
            None => (Stream::Plain(stream), None),
            Some(tls) => match timeout(TLS_HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let facts = TlsFacts::of(stream.get_ref().1, &self.context.certificates);
                    (Stream::Server(Box::new(stream)), Some(facts))
                }
                Ok(Err(error)) => {
                    self.context.shard.count(Counter::ClientTlsErrors);
                    return tracing::debug!(%peer, %error, "TLS handshake failed");
                }
                Err(_) => {
                    self.context.shard.count(Counter::ClientTlsErrors);
                    return tracing::debug!(%peer, "TLS handshake timed out");
                }
            },
        };
        let http2 = facts.as_ref().is_some_and(|facts| facts.http2);
        let client = Rc::new(self.client(peer, local, facts));
        let wire = Rc::new(Wire::new(stream));
        if http2 {
            serve_http2(client, wire, &self.stop).await;
        } else {
            serve_http1(client, wire, &self.stop).await;
        }
    }

    fn client(
        &self,
        peer: SocketAddr,
        local: SocketAddr,
        tls: Option<TlsFacts>,
    ) -> ClientConnection {
        let listener = &self.context;
        let mut forwarded =
            Forwarded::new(peer, listener.protocol, listener.port, &listener.attributes);
        if let Some(facts) = tls.as_ref().filter(|_| listener.attributes.tls_headers) {
            forwarded.push(&listener.listener.tls_version_header, facts.version);
            forwarded.push(&listener.listener.tls_cipher_suite_header, facts.cipher);
        }
        ClientConnection {
            listener: Rc::clone(listener),
            peer,
            local,
            forwarded,
            opened: Instant::now(),
            trace_id: listener.random.borrow_mut().u128(..),
            tls,
            in_flight: Cell::new(0),
        }
    }
}

async fn sweep(pool: Rc<Pool>, idle: Duration) {
    loop {
        sleep(SWEEP).await;
        pool.close_idle(idle);
    }
}
