//! Where an environment is reached, as plain data.

use std::{net::SocketAddr, path::PathBuf};

use super::Environment;
use crate::{connect::PublishedAlias, metadata::MetadataServer};
use alb::{MetricsServer, acm::Authority};
use cloudmap::DiscoveryServer;

/// Where the parts of an environment are reached on this machine.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The load balancers' listeners, in the template's order.
    pub listeners: Vec<PublishedListener>,
    /// Where names are answered, over UDP and TCP.
    pub dns: SocketAddr,
    /// The names of Service Connect, and where each is reached.
    pub aliases: Vec<PublishedAlias>,
    /// Where Cloud Map's API is served, if it is.
    pub discovery: Option<SocketAddr>,
    /// Where metrics are served, if they are.
    pub metrics: Option<SocketAddr>,
    /// Where tasks are told of themselves.
    pub task_metadata: SocketAddr,
    /// The certificate to trust, where there is an HTTPS listener.
    pub ca_file: Option<PathBuf>,
}

/// A listener, and where it is reached here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedListener {
    /// The load balancer's name.
    pub load_balancer: String,
    /// Its port in AWS.
    pub port: u16,
    /// `http://localhost:8080`.
    pub url: String,
}

// === impl Environment ===

impl Environment {
    /// Returns where everything is reached.
    pub(crate) fn addresses(&self) -> Addresses {
        Addresses {
            listeners: self.listeners.clone(),
            dns: self.dns.address(),
            aliases: self.connect.published().cloned().collect(),
            discovery: self.discovery.as_ref().map(DiscoveryServer::address),
            metrics: self.metrics.as_ref().map(MetricsServer::address),
            task_metadata: MetadataServer::address(&self.task_metadata),
            ca_file: self.authority.as_ref().map(Authority::path).map(PathBuf::from),
        }
    }
}
