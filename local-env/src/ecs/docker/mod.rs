//! The containers of a task as containers of a Docker Engine, on a network of the environment's own.
//!
//! As on Fargate the containers of a task share one network namespace, which a container of ours holds
//! (see [`crate::relay`]). Each task has an address of 127.0.0.0/8 besides, as a process has: its ports
//! are published there, so that the load balancer, health checks and processes reach it as they reach
//! any task. Containers ask the gateway for names, another relay, and get the addresses in their own
//! network; a process that they may call has a relay there too.

mod api;
mod containers;
mod engine;
mod leftovers;
mod model;
mod namespace;
mod network;
mod output;
mod site;
mod specification;

pub(super) use containers::Containers;
pub(crate) use engine::Engine;
pub use engine::EngineError;
pub(super) use namespace::NetworkNamespace;
pub(crate) use network::Docker;
