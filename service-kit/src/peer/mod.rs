//! Calls the peer by its Cloud Map name.
//!
//! Every call goes out on a connection of its own. A pool would be keyed by host name, so that one
//! call after another would go to the task that took the first, whatever DNS says by then; and a
//! pooled connection to a task that has died fails a call that another task would have answered.
//! The price is one handshake a call, a fraction of a millisecond within a VPC.
//!
//! A call finds the peer's addresses ([`names`]), then tries them in turn until one connects. Where
//! the connection breaks before the whole answer is there, the call is repeated once, which a GET
//! allows (RFC 9110 §9.2.2).

mod error;
mod names;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use axum::http::{HeaderMap, header::CONTENT_TYPE};
use reqwest::{Client, Response};
use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;
use url::{Host, Url};

pub use error::PeerError;
pub(crate) use error::root_cause;
pub use names::NameError;

use crate::{
    TRACE_ID, client, milliseconds,
    peer::names::{InTurn, Names},
    settings::{Limits, PeerUrl},
};

/// An answer beyond this is not a service's.
const MAX_ANSWER: usize = 1 << 20;

/// The service that this one calls.
pub(crate) struct Peer {
    url: PeerUrl,
    client: Client,
    place: Place,
    limits: Limits,
}

/// Where the URL's host is.
enum Place {
    Fixed(IpAddr),
    Named(String, Arc<Names>),
}

/// What the peer answered.
#[derive(Clone, Debug, Serialize)]
pub struct PeerAnswer {
    /// Where it was asked.
    pub url: String,
    /// JSON as JSON, anything else as text.
    pub answer: Value,
    /// How long the call took, with finding the name and connecting.
    pub milliseconds: f64,
}

/// Why the peer's client cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The system's name servers are not known.
    #[error("cannot read the system's DNS settings ({0}); set DNS_SERVER to address:port")]
    Dns(String),
    /// An https peer, and no certificate authority to trust.
    #[error("cannot set up TLS for SERVICE_URL ({0}); install the system's CA certificates")]
    Tls(String),
}

// === impl Peer ===

impl Peer {
    pub(crate) fn new(
        url: PeerUrl,
        dns_server: Option<SocketAddr>,
        limits: Limits,
        agent: &str,
    ) -> Result<Self, ClientError> {
        let place = Place::of(url.url(), dns_server, limits)?;
        let mut client = client::builder()
            .user_agent(agent)
            .connect_timeout(limits.connect)
            .pool_max_idle_per_host(0);
        if let Place::Named(_, names) = &place {
            client = client.dns_resolver(InTurn(names.clone()));
        }
        if url.url().scheme() == "http" {
            // Reading the system's certificates takes longer than all the rest of the start.
            client = client.tls_certs_only([]);
        }
        let client = client.build().map_err(|error| ClientError::Tls(error::root_cause(&error)))?;
        Ok(Self { url, client, place, limits })
    }

    /// One call on behalf of the request with these headers.
    pub(crate) async fn call(&self, headers: &HeaderMap) -> Result<PeerAnswer, PeerError> {
        let started = Instant::now();
        let answer = timeout(self.limits.call, self.answer(headers))
            .await
            .map_err(|_| PeerError::TooSlow { url: self.url(), limit: self.limits.call })??;
        Ok(PeerAnswer {
            url: self.url.to_string(),
            answer,
            milliseconds: milliseconds(started.elapsed()),
        })
    }

    async fn answer(&self, headers: &HeaderMap) -> Result<Value, PeerError> {
        // Also fills the cache that the connector asks, so that its limit is for connecting alone.
        let addresses = self.addresses().await?;
        let answer = match self.ask(headers).await {
            Err(error) if broke(&error) => self.ask(headers).await,
            answer => answer,
        };
        answer.map_err(|error| self.told(&error, addresses))?
    }

    /// The outer error is the connection's, the inner one the answer's.
    async fn ask(&self, headers: &HeaderMap) -> Result<Result<Value, PeerError>, reqwest::Error> {
        let mut request = self.client.get(self.url());
        if let Some(trace_id) = headers.get(TRACE_ID) {
            request = request.header(TRACE_ID, trace_id);
        }
        let response = request.send().await?;
        match response.status() {
            status if status.is_success() => self.read(response).await,
            status => Ok(Err(PeerError::Status { url: self.url(), status })),
        }
    }

    async fn read(
        &self,
        mut response: Response,
    ) -> Result<Result<Value, PeerError>, reqwest::Error> {
        let is_json = is_json(response.headers());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER {
                return Ok(Err(PeerError::TooLarge { url: self.url(), limit: MAX_ANSWER }));
            }
        }
        let json = is_json.then(|| serde_json::from_slice(&body).ok()).flatten();
        Ok(Ok(json.unwrap_or_else(|| String::from_utf8_lossy(&body).into())))
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, NameError> {
        let addresses = match &self.place {
            Place::Fixed(address) => vec![*address],
            Place::Named(name, names) => names.lookup(name).await?,
        };
        let port = self.url.url().port_or_known_default().unwrap_or_default();
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    fn told(&self, error: &reqwest::Error, addresses: Vec<SocketAddr>) -> PeerError {
        let (url, cause) = (self.url(), error::root_cause(error));
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => PeerError::NoConnection { url, addresses, limit: self.limits.connect },
            (true, false) => PeerError::Unreachable { url, addresses, cause },
            (false, _) => PeerError::Broken { url, cause },
        }
    }

    fn url(&self) -> Url {
        self.url.url().clone()
    }
}

// === impl Place ===

impl Place {
    fn of(url: &Url, dns_server: Option<SocketAddr>, limits: Limits) -> Result<Self, ClientError> {
        match url.host() {
            Some(Host::Ipv4(address)) => Ok(Self::Fixed(address.into())),
            Some(Host::Ipv6(address)) => Ok(Self::Fixed(address.into())),
            // An http URL always has a host.
            name => {
                let names = Names::new(dns_server, limits.resolve)
                    .map_err(|error| ClientError::Dns(error.to_string()))?;
                Ok(Self::Named(
                    name.map(|name| name.to_string()).unwrap_or_default(),
                    Arc::new(names),
                ))
            }
        }
    }
}

/// Whether a connection that stood was lost.
fn broke(error: &reqwest::Error) -> bool {
    !error.is_connect() && !error.is_timeout()
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(kind)) = headers.get(CONTENT_TYPE).map(|kind| kind.to_str()) else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}
