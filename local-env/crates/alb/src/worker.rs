//! A worker: one thread with a runtime of its own, its own sockets and its own connections to
//! targets, so that a request never crosses a thread.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    io,
    net::{SocketAddr, TcpListener as StdListener},
    rc::{Rc, Weak},
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, LocalOptions},
    sync::mpsc,
    time::{Timeout, sleep, timeout},
};
use tokio_rustls::{Accept, TlsAcceptor};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    client::{ClientConnection, NegotiatedTls},
    listener::{Handling, ListenerContext, ListenerPlan},
    metrics::{Counter, Shard},
    serve::{serve_http1, serve_http2},
    targets::any_certificate,
    upstream::Pool,
    wire::{Stream, Wire},
};

/// How long a client may take to greet.
const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause between attempts to accept while the process is out of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How often kept connections to targets are looked through for old ones.
const SWEEP: Duration = Duration::from_secs(1);

/// A listener of a worker: what is settled, what its clients get at first, and its sockets.
pub(crate) type Listener = (ListenerPlan, Arc<Handling>, Vec<StdListener>);

/// What listeners do from here on, by their ports in AWS.
pub(crate) type Changes = Arc<HashMap<u16, Handling>>;

/// What a worker has from the load balancer.
pub(crate) struct Work {
    pub(crate) listeners: Vec<Listener>,
    pub(crate) shard: Arc<Shard>,
    pub(crate) changes: mpsc::UnboundedReceiver<Changes>,
    pub(crate) stop: CancellationToken,
}

/// Starts a worker. It ends when `stop` is cancelled and its connections are done, or `grace` later.
pub(crate) fn start(
    index: usize,
    work: Work,
    grace: Duration,
) -> io::Result<thread::JoinHandle<()>> {
    let (started, outcome) = std::sync::mpsc::channel();
    let worker = thread::Builder::new().name(format!("alb-{index}")).spawn(move || {
        // A runtime of this kind lives on the thread that made it.
        match Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) {
            Ok(runtime) => {
                drop(started.send(Ok(())));
                runtime.block_on(run(work, grace));
            }
            Err(error) => drop(started.send(Err(error))),
        }
    })?;
    outcome.recv().unwrap_or_else(|_| Err(io::Error::other("the worker ended"))).map(|()| worker)
}

async fn run(Work { listeners, shard, changes, stop }: Work, grace: Duration) {
    let pool = Rc::new(Pool::default());
    let connections = TaskTracker::new();
    let stopping = Rc::new(Cell::new(false));
    let any_certificate = [any_certificate(&[]), any_certificate(&[b"h2"])];
    let mut contexts = Vec::new();
    for (plan, handling, sockets) in listeners {
        let context = Rc::new(ListenerContext {
            pool: Rc::clone(&pool),
            shard: Arc::clone(&shard),
            random: RefCell::new(fastrand::Rng::new()),
            stopping: Rc::clone(&stopping),
            any_certificate: any_certificate.clone(),
            // A copy has memory for running regular expressions of the worker's own.
            handling: RefCell::new(Rc::new(Handling::clone(&handling))),
            plan,
        });
        contexts.push(Rc::clone(&context));
        tokio::task::spawn_local(sweep(Rc::downgrade(&context)));
        for socket in sockets {
            let door = Door {
                context: Rc::clone(&context),
                stop: stop.clone(),
                connections: connections.clone(),
            };
            match TcpListener::from_std(socket) {
                Ok(socket) => drop(connections.spawn_local(door.accept(socket))),
                Err(error) => tracing::error!(%error, "a listening socket is lost"),
            }
        }
    }
    tokio::task::spawn_local(follow(contexts, changes));
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
        shard.count_down(Counter::ActiveConnections);
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
        let handling = self.context.handling();
        let (stream, negotiated) = match &handling.tls {
            None => (Stream::Plain(stream), None),
            Some(tls) => match greet(tls, stream).await {
                Ok(Ok(stream)) => {
                    let negotiated = NegotiatedTls::of(stream.get_ref().1, &handling.certificates);
                    (Stream::Server(Box::new(stream)), Some(negotiated))
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
        let http2 = negotiated.as_ref().is_some_and(|negotiated| negotiated.http2);
        let listener = Rc::clone(&self.context);
        let client = Rc::new(ClientConnection::new(listener, (peer, local), negotiated));
        let wire = Rc::new(Wire::new(stream));
        if http2 {
            serve_http2(client, wire, &self.stop).await;
        } else {
            serve_http1(client, wire, &self.stop).await;
        }
    }
}

/// Takes up what changes, all listeners at once.
async fn follow(
    listeners: Vec<Rc<ListenerContext>>,
    mut changes: mpsc::UnboundedReceiver<Changes>,
) {
    while let Some(changes) = changes.recv().await {
        for listener in &listeners {
            if let Some(handling) = changes.get(&listener.port) {
                listener.handling.replace(Rc::new(handling.clone()));
            }
        }
    }
}

fn greet(tls: &Arc<rustls::ServerConfig>, stream: TcpStream) -> Timeout<Accept<TcpStream>> {
    timeout(TLS_HANDSHAKE_TIMEOUT, TlsAcceptor::from(Arc::clone(tls)).accept(stream))
}

async fn sweep(listener: Weak<ListenerContext>) {
    loop {
        sleep(SWEEP).await;
        let Some(listener) = listener.upgrade() else { return };
        listener.pool.close_idle(listener.handling().attributes.idle_timeout);
    }
}
