//! What local-env is tested with, for all of its test binaries: whole environments ([`running`],
//! [`fleet`]) and load balancers alone ([`Setup`]), stacks to fill in ([`model`]), targets that
//! remember what they were sent, clients that send bytes as they stand, and one patience.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::missing_panics_doc, reason = "a test that cannot go on has failed")]
#![allow(clippy::return_self_not_must_use, reason = "what is not used is seen in the test")]
#![allow(missing_docs, reason = "its users are the tests beside it")]

pub mod balancer;
pub mod echo;
pub mod fleet;
pub mod h2_client;
pub mod h2_frames;
pub mod h2_target;
pub mod healthy;
pub mod log;
pub mod model;
pub mod raw_target;
pub mod running;
pub mod setup;
pub mod target;
pub mod task;
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

/// A client that answers as fast as it can and trusts nobody's word for it.
pub fn client() -> reqwest::Client {
    client_builder().build().expect("a client")
}

/// A client that follows no redirect and keeps to itself.
pub fn client_builder() -> reqwest::ClientBuilder {
    // reqwest comes without cryptography. An error says that some is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
}
