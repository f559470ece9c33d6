//! Requests as a user makes them, to published ports.

use std::{future::Future, net::TcpListener, time::Duration};

use serde_json::Value;
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client that knows no proxy.
pub fn builder() -> reqwest::ClientBuilder {
    // reqwest comes without cryptography. An error says that some is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

/// A client that takes any certificate and keeps no connection, as `curl -k` does.
pub fn client() -> reqwest::Client {
    builder()
        .tls_danger_accept_invalid_certs(true)
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

/// The status, and the body as JSON where it is that.
pub async fn get(url: &str) -> (u16, Value) {
    let response = client().get(url).send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// Waits until `ready` holds.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut ready: impl FnMut() -> F) {
    let poll = async {
        while !ready().await {
            sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(timeout(PATIENCE, poll).await.is_ok(), "never came: {what}");
}

/// A port that nobody listens on at this moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Requests one after another until told to stop, and what they were answered with.
pub struct Constant {
    stop: CancellationToken,
    asking: JoinHandle<Vec<Result<u16, String>>>,
}

impl Constant {
    pub fn start(url: &str) -> Self {
        let (url, stop) = (url.to_owned(), CancellationToken::new());
        let until = stop.clone();
        let asking = tokio::spawn(async move {
            let (client, mut answers) = (client(), Vec::new());
            while !until.is_cancelled() {
                let response = client.get(&url).send().await;
                answers.push(
                    response
                        .map(|response| response.status().as_u16())
                        .map_err(|error| error.to_string()),
                );
            }
            answers
        });
        Self { stop, asking }
    }

    /// Asserts that all were answered, with 200.
    pub async fn none_failed(self) {
        self.stop.cancel();
        let answers = self.asking.await.unwrap();
        let failed: Vec<_> = answers.iter().filter(|answer| **answer != Ok(200)).collect();
        assert!(failed.is_empty(), "{} of {}: {failed:?}", failed.len(), answers.len());
        assert!(answers.len() > 20, "only {} requests", answers.len());
    }
}
