//! A service from its identity to its end: `Service` → `bind` → [`Bound`] → `run`.

use std::{io, net::SocketAddr};

use axum::{
    Router, middleware,
    routing::MethodRouter,
    serve::{Listener, ListenerExt},
};
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{info, warn};

use crate::{
    context::Context,
    identity::Identity,
    peer::{ClientError, Peer},
    requests, routes,
    settings::{Limits, Settings},
    task::OwnTask,
};

/// A service that listens nowhere yet.
pub struct Service {
    identity: Identity,
    routes: Vec<routes::Route>,
}

/// A service that has its socket and knows its port.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    app: Router,
    limits: Limits,
}

/// Why a service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {address} ({source}); free it, or set HOST and PORT")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The peer's client cannot be built.
    #[error(transparent)]
    Client(#[from] ClientError),
}

// === impl Service ===

impl Service {
    /// A service with the routes that every service has.
    pub fn new(identity: Identity) -> Self {
        Self { identity, routes: routes::shared() }
    }

    /// Adds a route below the service's own path: `/greeting` is served at `/service2/greeting`.
    /// Its handlers may take a [`Context`] as their state.
    #[must_use]
    pub fn route(mut self, path: &'static str, methods: MethodRouter<Context>) -> Self {
        self.routes.push((path, methods));
        self
    }

    /// Takes the socket.
    ///
    /// # Panics
    ///
    /// Where an added route repeats another, or its path does not begin with a slash.
    pub async fn bind(self, settings: Settings) -> Result<Bound, StartError> {
        let Settings { listen, peer, dns_server, metadata, limits } = settings;
        let agent = format!("{}/{}", self.identity.name, self.identity.version);
        let peer = peer.map(|url| Peer::new(url, dns_server, limits, &agent)).transpose()?;

        let refuse = |source| StartError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(refuse)?;
        let address = listener.local_addr().map_err(refuse)?;
        let task = OwnTask::ask(metadata, limits.metadata);
        let app = app(self.identity, self.routes, task, peer);
        Ok(Bound { listener, address, app, limits })
    }

    pub(crate) fn identity(&self) -> Identity {
        self.identity
    }
}

impl From<Identity> for Service {
    fn from(identity: Identity) -> Self {
        Self::new(identity)
    }
}

fn app(
    identity: Identity,
    routes: Vec<routes::Route>,
    task: OwnTask,
    peer: Option<Peer>,
) -> Router {
    let root = identity.root();
    let paths: Vec<_> = routes.iter().map(|(path, _)| format!("{root}{path}")).collect();
    let app = routes::at(&paths, routes);
    let context = Context::new(identity, task, peer, paths);
    app.layer(CatchPanicLayer::custom(routes::panicked))
        .layer(middleware::from_fn_with_state(context.clone(), requests::observe))
        .with_state(context)
}

// === impl Bound ===

impl Bound {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until told to stop, then finishes what is in flight.
    pub async fn run(self, shutdown: CancellationToken) -> io::Result<()> {
        info!(address = %self.address, "listening");
        let listener = self.listener.tap_io(|connection| {
            // An answer goes out as it stands; at worst it goes out later.
            let _ = connection.set_nodelay(true);
        });
        let serving = serve(listener, self.app, shutdown.clone());
        let overdue = async {
            shutdown.cancelled().await;
            sleep(self.limits.drain).await;
        };
        tokio::select! {
            end = serving => end,
            () = overdue => {
                warn!("stopped with requests unfinished");
                Ok(())
            }
        }
    }
}

async fn serve(
    listener: impl Listener<Addr = SocketAddr>,
    app: Router,
    shutdown: CancellationToken,
) -> io::Result<()> {
    axum::serve(listener, app).with_graceful_shutdown(shutdown.cancelled_owned()).await
}
