//! Cloud Map's API, as far as it tells of instances, and of their health (cloudmap-ecs §6).
//!
//! It is AWS's JSON 1.1 protocol over plain HTTP. The host is not looked at, since SDKs put `data-`
//! before it in some calls (cloudmap-ecs §6.2), and neither is the signature.

mod answer;
mod discover;
mod error;
mod listing;
mod page;
mod request;
mod server;
#[cfg(test)]
mod tests;

pub use server::{DiscoveryBindError, DiscoveryServer};
