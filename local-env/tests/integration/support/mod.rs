//! What the tests share: models to fill in, targets to talk to, clients to talk with.

pub mod model;
pub mod running;
pub mod target;
pub mod task;

use std::{future::Future, time::Duration};

use tokio::time::{sleep, timeout};

/// How long anything may take before a test gives up.
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
