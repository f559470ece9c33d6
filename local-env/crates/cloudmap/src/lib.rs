//! Cloud Map: the registry of instances, and what answers from it, a DNS server and an API.
//!
//! [`Registry`] holds what is registered and is the one place that changes it. `catalog` is that
//! data, `zones` what names resolve to, `discovery` what the API says of it: all three without a
//! socket or a clock. [`DnsServer`] and [`DiscoveryServer`] are the wires.

mod alias;
mod catalog;
mod direct;
mod discovery;
mod draw;
#[cfg(test)]
mod fixture;
mod handler;
mod health;
mod instance;
mod membership;
mod name;
mod registry;
mod server;
mod udp;
mod upstream;
mod wire;
mod zone;
mod zones;

pub use catalog::ReportError;
pub use discovery::{DiscoveryBindError, DiscoveryServer};
pub use health::HealthStatus;
pub use instance::Instance;
pub use membership::Membership;
pub use registry::Registry;
pub use server::{DnsBindError, DnsServer};
pub use upstream::{Upstream, UpstreamAddress, UpstreamError};
