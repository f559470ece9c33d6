//! What the statements are tested with: a load balancer read from a template, targets that remember
//! what they were sent, and clients that send bytes as they stand.

pub mod balancer;
pub mod fleet;
pub mod h2_client;
pub mod h2_frames;
pub mod h2_target;
mod healthy;
pub mod log;
pub mod raw_target;
pub mod setup;
pub mod target;
pub mod tls;
pub mod unreachable;
pub mod wire;

use std::{future::Future, time::Duration};

use tokio::time::{sleep, timeout};

pub use balancer::Balancer;
pub use raw_target::RawTarget;
pub use setup::{Setup, fixed, forward};
pub use target::Target;

/// How long anything may take before a test gives up: more than the longest of the load balancer's
/// own limits, which is 10 s.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `ready` holds; panics with `what` when that takes too long.
pub async fn eventually<F>(what: &str, mut ready: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let poll = async {
        while !ready().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(PATIENCE, poll).await.is_ok(), "never came: {what}");
}

/// A plain GET, for one that keeps its connection.
pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: shop.example\r\n\r\n")
}
