//! The Application Load Balancer: listeners, rules, target groups, forwarding, health checks.
//!
//! [`LoadBalancer::bind`] takes the model and opens the sockets, [`LoadBalancer::start`] serves on
//! them. The data plane is a worker a core, each with a runtime, sockets and connections of its own
//! (`worker`); a request goes from `exchange` through [`rules`] and a [`TargetGroup`] to `upstream`.
//! Targets come and go through [`TargetGroup::register`] and [`TargetGroup::deregister`].

#![deny(missing_docs)]

pub mod access_log;
pub mod acm;
mod body;
mod client;
mod connection;
pub mod cookie;
pub mod desync;
mod exchange;
mod framing;
pub mod head;
mod headers;
mod listener;
mod load_balancer;
mod metrics;
mod record;
pub mod rules;
mod serve;
mod targets;
mod upstream;
mod wire;
mod worker;

pub use access_log::{AccessLog, LogFormat};
pub use load_balancer::{
    BindError, Failing, LoadBalancer, Options, Publication, Reloaded, RunningLoadBalancer,
    SetupError,
};
pub use metrics::{Metrics, MetricsBindError, MetricsServer, Sample};
pub use rules::{PublishedPorts, RouteError};
pub use targets::{TargetGroup, TargetState, TargetStates, UnhealthyReason, Unused};
