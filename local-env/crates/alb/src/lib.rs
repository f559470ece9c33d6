//! The Application Load Balancer: listeners, rules, target groups, forwarding, health checks.
//!
//! [`LoadBalancer::bind`] takes the model and opens the sockets, [`LoadBalancer::start`] serves on
//! them. The data plane is a worker a core, each with a runtime, sockets and connections of its own
//! (`worker`); a request goes from `exchange` through [`rules`] and a [`TargetGroup`] to `upstream`.
//! Targets come and go through [`TargetGroup::register`] and [`TargetGroup::deregister`].

pub mod access_log;
pub mod acm;
mod answer;
mod body;
mod buffer;
mod client;
pub mod cookie;
pub mod desync;
mod exchange;
mod framing;
mod generated;
mod handling;
pub mod head;
mod headers;
mod listener;
mod metrics;
pub mod record;
mod reload;
pub mod rules;
mod socket;
mod targets;
mod trace_id;
mod upstream;
mod wire;
mod worker;

use std::{collections::HashMap, io, net::IpAddr, sync::Arc, thread, time::Duration};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use access_log::{AccessLog, LogFormat};
pub use metrics::{Metrics, MetricsBindError, MetricsServer, Sample};
pub use reload::Reloaded;
pub use rules::{PublishedPorts, RouteError};
pub use socket::BindError;
pub use targets::{Reason, TargetGroup, TargetState, TargetStates, Unused};

use self::{
    cookie::Sealer,
    handling::Handling,
    listener::{ListenerPlan, TargetPolicy},
    reload::Served,
    upstream::Limits,
    worker::{Changes, Listener, Work},
};
use stack::{self, Arn};

/// How long requests in flight have after the listeners have closed.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// ALB's own limit on connecting to a target (alb §1.2).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The limit where another target may be tried.
const FAIL_OVER_TIMEOUT: Duration = Duration::from_secs(1);

/// What happens to a request whose target takes no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// The client is told, as ALB does.
    IsTold,
    /// Another target is tried. For tasks that something else stops, without draining them first as
    /// ECS would.
    GoesOver,
}

/// How a load balancer is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where listeners are published.
    pub addresses: Vec<IpAddr>,
    /// What happens to a request whose target takes no connection.
    pub failing: Failing,
    /// Whether answers say which rule took the request, and why.
    pub explain: bool,
    /// Where finished requests are written down, if anywhere.
    pub access_log: Option<AccessLog>,
}

/// Where a listener is published, and with what certificate.
pub struct Publication {
    /// The local port; 0 is any free one.
    pub port: u16,
    /// For an HTTPS listener.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

/// A load balancer whose sockets are open.
pub struct LoadBalancer {
    workers: Vec<Vec<Listener>>,
    served: Served,
    ports: Arc<PublishedPorts>,
    metrics: Arc<Metrics>,
}

/// A load balancer at work.
pub struct RunningLoadBalancer {
    stop: CancellationToken,
    workers: Vec<thread::JoinHandle<()>>,
    changes: Vec<mpsc::UnboundedSender<Changes>>,
    served: Served,
    metrics: Arc<Metrics>,
}

/// Why a load balancer can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A port can't be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The rules make no sense.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// There is no key to seal cookies with.
    #[error("cannot make a key to seal cookies with")]
    Key(#[source] io::Error),
}

// === impl Failing ===

impl Failing {
    fn policy(self) -> TargetPolicy {
        let (fail_over, connect) = match self {
            Self::IsTold => (false, CONNECT_TIMEOUT),
            Self::GoesOver => (true, FAIL_OVER_TIMEOUT),
        };
        TargetPolicy { limits: Limits { connect }, fail_over }
    }
}

// === impl LoadBalancer ===

impl LoadBalancer {
    /// Opens each listener at the port that `publish` gives for it.
    pub fn bind(
        model: &stack::LoadBalancer,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
        options: &Options,
        publish: impl Fn(&stack::Listener) -> Publication,
    ) -> Result<Self, SetupError> {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let mut bound = Vec::new();
        let mut ports = PublishedPorts::new();
        for listener in &model.listeners {
            let publication = publish(listener);
            let (port, sockets) = socket::bind(&options.addresses, publication.port, count)?;
            ports.insert(listener.port, port);
            bound.push((listener, publication.tls, sockets));
        }
        let ports = Arc::new(ports);
        let metrics = Metrics::new(&model.full_name, count);
        let mut served = Served::new(model);
        let full_name: Arc<str> = model.full_name.as_str().into();
        let dns_name: Arc<str> = model.dns_name.as_str().into();
        let sealer = Arc::new(Sealer::new().map_err(SetupError::Key)?);
        let mut workers: Vec<Vec<_>> = (0..count).map(|_| Vec::new()).collect();
        for (listener, tls, sockets) in bound {
            served.keep_tls(listener.port, tls.as_ref());
            let handling = Arc::new(Handling::compile(model, listener, groups, tls)?);
            let plan = ListenerPlan {
                ports: Arc::clone(&ports),
                protocol: match listener.protocol {
                    stack::ListenerProtocol::Http => "http",
                    stack::ListenerProtocol::Https { .. } => "https",
                },
                port: listener.port,
                published_port: ports.get(&listener.port).copied().unwrap_or(listener.port),
                dns_name: Arc::clone(&dns_name),
                explain: options.explain,
                full_name: Arc::clone(&full_name),
                access_log: options.access_log.clone(),
                targets: options.failing.policy(),
                sealer: Arc::clone(&sealer),
            };
            for (worker, sockets) in workers.iter_mut().zip(sockets) {
                worker.push((plan.clone(), Arc::clone(&handling), sockets));
            }
        }
        served.use_groups(groups, &metrics);
        Ok(Self { workers, served, ports, metrics })
    }

    /// Each listener's port in AWS, and where it is published.
    pub fn published_ports(&self) -> &PublishedPorts {
        &self.ports
    }

    /// What is counted once it serves.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Serves until stopped.
    pub fn start(self) -> io::Result<RunningLoadBalancer> {
        let Self { workers, served, metrics, .. } = self;
        let stop = CancellationToken::new();
        let start = |(index, listeners)| {
            let shard = metrics.shard(index).map(Arc::clone);
            let shard = shard.ok_or_else(|| io::Error::other("a worker too many"))?;
            let (sender, changes) = mpsc::unbounded_channel();
            let work = Work { listeners, shard, changes, stop: stop.clone() };
            worker::start(index, work, STOP_GRACE).map(|worker| (worker, sender))
        };
        let started = workers.into_iter().enumerate().map(start);
        let (workers, changes) = started.collect::<io::Result<(Vec<_>, Vec<_>)>>()?;
        Ok(RunningLoadBalancer { stop, workers, changes, served, metrics })
    }
}

// === impl RunningLoadBalancer ===

impl RunningLoadBalancer {
    /// What is counted.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Closes the listeners at once; requests in flight go on.
    pub fn close(&self) {
        self.stop.cancel();
    }

    /// Closes the listeners and waits for the requests in flight, at most 30 s.
    pub async fn stop(self) {
        self.stop.cancel();
        let joined = tokio::task::spawn_blocking(move || {
            for worker in self.workers {
                if worker.join().is_err() {
                    tracing::error!("a worker of the load balancer panicked");
                }
            }
        });
        if let Err(error) = joined.await {
            tracing::error!(%error, "cannot wait for the load balancer's workers");
        }
    }
}
