//! A load balancer at work: changed while it serves, and stopped.

use std::{collections::HashMap, io, sync::Arc, thread, time::Duration};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::applied::{Applied, Reloaded};
use crate::{
    metrics::Metrics,
    rules::RouteError,
    targets::TargetGroup,
    worker::{self, Changes, Listener, Work},
};
use stack::{Arn, LoadBalancer};

/// How long requests in flight have after the listeners have closed.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// A load balancer at work.
pub struct RunningLoadBalancer {
    stop: CancellationToken,
    workers: Vec<thread::JoinHandle<()>>,
    changes: Vec<mpsc::UnboundedSender<Changes>>,
    applied: Applied,
    metrics: Arc<Metrics>,
}

// === impl RunningLoadBalancer ===

impl RunningLoadBalancer {
    /// Starts the workers, each with its listeners.
    pub(super) fn start(
        workers: Vec<Vec<Listener>>,
        applied: Applied,
        metrics: Arc<Metrics>,
    ) -> io::Result<Self> {
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
        Ok(Self { stop, workers, changes, applied, metrics })
    }

    /// Returns what is counted.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Returns the latest model, with the listeners that there are.
    pub fn model(&self) -> &LoadBalancer {
        self.applied.model()
    }

    /// Takes up another model of this load balancer, or nothing of it where its rules make no sense.
    /// Returns what of it could not be taken up. `tls` has what HTTPS listeners serve with from here on,
    /// by their ports; others keep what they have. Must be called on a runtime.
    pub fn reload(
        &mut self,
        model: &LoadBalancer,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
        tls: HashMap<u16, Arc<rustls::ServerConfig>>,
    ) -> Result<Reloaded, RouteError> {
        let changes = Arc::new(self.applied.compile(model, groups, &tls)?);
        let reloaded = self.applied.take_up(model, tls);
        let unused = self.applied.use_groups(groups, &self.metrics);
        for worker in &self.changes {
            // A worker that has ended serves nothing.
            let _ = worker.send(Arc::clone(&changes));
        }
        for group in unused {
            group.leave_by_rule();
        }
        Ok(reloaded)
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
