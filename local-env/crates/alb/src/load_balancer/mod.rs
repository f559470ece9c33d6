//! A load balancer from its model to its end: sockets that are opened, workers that serve on them, and
//! a changed model that is taken up meanwhile.

mod applied;
mod options;
mod running;
mod socket;

use std::{collections::HashMap, io, sync::Arc, thread};

pub use applied::Reloaded;
pub use options::{Failing, Options, Publication};
pub use running::RunningLoadBalancer;
pub use socket::BindError;

use self::applied::Applied;
use crate::{
    cookie::Sealer,
    listener::{Handling, ListenerPlan},
    metrics::Metrics,
    rules::{PublishedPorts, RouteError},
    targets::TargetGroup,
    worker::Listener,
};
use stack::{self, Arn};

/// A load balancer whose sockets are open.
pub struct LoadBalancer {
    workers: Vec<Vec<Listener>>,
    applied: Applied,
    ports: Arc<PublishedPorts>,
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
        let mut applied = Applied::new(model);
        let full_name: Arc<str> = model.full_name.as_str().into();
        let dns_name: Arc<str> = model.dns_name.as_str().into();
        let sealer = Arc::new(Sealer::new().map_err(SetupError::Key)?);
        let mut workers: Vec<Vec<_>> = (0..count).map(|_| Vec::new()).collect();
        for (listener, tls, sockets) in bound {
            applied.keep_tls(listener.port, tls.as_ref());
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
        applied.use_groups(groups, &metrics);
        Ok(Self { workers, applied, ports, metrics })
    }

    /// Returns each listener's port in AWS, and where it is published.
    pub fn published_ports(&self) -> &PublishedPorts {
        &self.ports
    }

    /// Returns what is counted once it serves.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Starts to serve, on a thread for each processor.
    pub fn start(self) -> io::Result<RunningLoadBalancer> {
        RunningLoadBalancer::start(self.workers, self.applied, self.metrics)
    }
}
