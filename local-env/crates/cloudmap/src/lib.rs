//! Cloud Map: the registry of instances, and what answers from it, a DNS server and an API.
//!
//! [`Registry`] holds what is registered and is the one place that changes it. `catalog` is that
//! data, `zones` what names resolve to, `discovery` what the API says of it: all of them without a
//! socket or a clock. [`DnsServer`] and [`DiscoveryServer`] are the wires.
//!
//! Around it are what asks others: [`Upstream`] for the names that are not ours, [`AddressLookup`] for
//! who runs on another network; and [`for_containers`], which translates answers for containers.
//!
//! ```
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! use std::{net::Ipv4Addr, time::Duration};
//!
//! use clock::Clock;
//! use cloudmap::{AddressLookup, DnsServer, Instance, Registry};
//! use stack::{
//!     Arn, DiscoveryService, DnsRecord, Namespace, NamespaceKind, RecordKind, RoutingPolicy,
//! };
//!
//! let service = DiscoveryService {
//!     logical_id: "Web".into(),
//!     arn: Arn::from("arn:aws:servicediscovery:us-west-2:111122223333:service/srv-web"),
//!     name: "web".into(),
//!     records: vec![DnsRecord { kind: RecordKind::A, ttl: 60 }],
//!     routing_policy: RoutingPolicy::Multivalue,
//!     custom_health: false,
//!     instances: Vec::new(),
//! };
//! let web = service.arn.clone();
//! let namespace = Namespace {
//!     logical_id: "Shop".into(),
//!     arn: Arn::from("arn:aws:servicediscovery:us-west-2:111122223333:namespace/ns-shop"),
//!     kind: NamespaceKind::Private,
//!     name: "shop".into(),
//!     soa_ttl: 15,
//!     services: vec![service],
//! };
//!
//! let registry = Registry::new(&[namespace], "us-west-2", Clock::DESK)?;
//! let server = DnsServer::start(([127, 0, 0, 1], 0).into(), registry.clone(), None).await?;
//! registry.register(&web, &Instance::new("task1", Ipv4Addr::new(127, 1, 1, 0)));
//!
//! let lookup = AddressLookup::new(server.address(), Duration::from_secs(5))?;
//! let addresses = lookup.addresses("web.shop").await.unwrap_or_default();
//! assert!(addresses.contains(&Ipv4Addr::new(127, 1, 1, 0)));
//! server.stop().await;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

#![deny(missing_docs)]

mod alias;
mod catalog;
mod direct;
mod discovery;
mod draw;
mod error;
#[cfg(test)]
mod fixture;
mod handler;
mod health;
mod instance;
mod lookup;
mod membership;
mod name;
mod registry;
mod server;
mod translation;
mod udp;
mod upstream;
mod wire;
mod zone;
mod zones;

pub use catalog::ReportError;
pub use discovery::{DiscoveryBindError, DiscoveryServer};
pub use error::NameError;
pub use health::InstanceHealth;
pub use instance::Instance;
pub use lookup::{AddressLookup, LookupError};
pub use membership::Membership;
pub use registry::Registry;
pub use server::{DnsBindError, DnsServer};
pub use translation::for_containers;
pub use upstream::{ResolverError, Upstream, UpstreamAddress, UpstreamError};
