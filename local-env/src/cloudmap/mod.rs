//! Cloud Map: the registry of instances, and a DNS server that answers from it.
//!
//! [`Zones`] is the data and the answers; [`Registry`] is the one place that changes it, by
//! replacing it whole, so that a query reads it without a lock; [`DnsServer`] is the wire.

mod server;
mod upstream;
mod zones;

use std::sync::Arc;

use arc_swap::ArcSwap;
use hickory_server::proto::ProtoError;

pub use server::{DnsBindError, DnsServer};
pub use upstream::{Upstream, UpstreamError};
pub use zones::{Instance, Zones};

use crate::stack::{Arn, Namespace};

/// The instances that are registered now.
#[derive(Debug)]
pub struct Registry {
    zones: ArcSwap<Zones>,
}

// === impl Registry ===

impl Registry {
    /// The services of these namespaces, without instances.
    pub fn new(namespaces: &[Namespace]) -> Result<Arc<Self>, ProtoError> {
        Ok(Arc::new(Self { zones: ArcSwap::from_pointee(Zones::new(namespaces)?) }))
    }

    /// Registers an instance: the next query is answered with it.
    pub fn register(&self, service: &Arn, instance: &Instance) {
        self.change(|zones| zones.register(service, instance.clone()));
    }

    /// Takes an instance out: no query from here on is answered with it.
    pub fn deregister(&self, service: &Arn, id: &str) {
        self.change(|zones| zones.deregister(service, id));
    }

    fn change(&self, change: impl Fn(&mut Zones)) {
        self.zones.rcu(|zones| {
            let mut zones = Zones::clone(zones);
            change(&mut zones);
            zones
        });
    }
}
