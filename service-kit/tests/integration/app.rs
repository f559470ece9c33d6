//! A service under test, and what it answers.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use reqwest::{Client, Method, StatusCode, header::HeaderMap};
use serde_json::Value;
use service_kit::{Identity, Limits, Service, Settings};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const SERVICE1: Identity = Identity { name: "service1", version: "1.2.3", port: 7071 };

pub(crate) struct App {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    pub(crate) running: JoinHandle<io::Result<()>>,
    client: Client,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// Any free loopback port and no peer.
pub(crate) fn settings() -> Settings {
    Settings {
        listen: (Ipv4Addr::LOCALHOST, 0).into(),
        peer: None,
        dns_server: None,
        metadata: None,
        limits: Limits::default(),
    }
}

/// A peer at this URL, its name to be asked of this server.
pub(crate) fn with_peer(url: &str, dns_server: Option<SocketAddr>) -> Settings {
    Settings { peer: Some(url.parse().unwrap()), dns_server, ..settings() }
}

/// A client as plain as can be.
pub(crate) fn client() -> Client {
    // An error says that there is a provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

// === impl App ===

impl App {
    pub(crate) async fn start(settings: Settings) -> Self {
        Self::start_service(SERVICE1.into(), settings).await
    }

    pub(crate) async fn start_service(service: Service, settings: Settings) -> Self {
        let bound = service.bind(settings).await.unwrap();
        let (address, shutdown) = (bound.address(), CancellationToken::new());
        let running = tokio::spawn(bound.run(shutdown.clone()));
        Self { address, shutdown, running, client: client() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[]).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.client.request(method, format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.unwrap();
        Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or_default() }
    }

    /// Waits for the end, which must come before the drain's own deadline.
    pub(crate) async fn ended(self) {
        let patience = Duration::from_secs(10);
        tokio::time::timeout(patience, self.running).await.unwrap().unwrap().unwrap();
    }
}

// === impl Answer ===

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts a problem of this kind and gives its detail.
    pub(crate) fn problem(&self, status: u16, kind: &str) -> &str {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.body);
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["type"], kind, "{}", self.body);
        assert!(self.body["title"].is_string() && self.body["instance"].is_string());
        self.body["detail"].as_str().unwrap()
    }
}
