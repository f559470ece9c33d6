//! What the sample services share; a service's own crate holds its name, its default port and the
//! routes that it adds.
//!
//! ```no_run
//! use axum::routing::get;
//! use service_kit::{Identity, Service};
//!
//! fn main() -> std::process::ExitCode {
//!     let identity = Identity { name: "service2", version: env!("CARGO_PKG_VERSION"), port: 7072 };
//!     service_kit::run(Service::new(identity).route("/greeting", get(async || "hello")))
//! }
//! ```
//!
//! Every route stands under the service's name, because the load balancer rewrites no path:
//!
//! | route | answer |
//! | --- | --- |
//! | `/service2` | 200: name, version, processor architecture, and of the ECS task its id, family, revision and availability zone; null where not known; the load balancer's health check |
//! | `/service2/peer` | the peer's whole answer and how long it took; a [`PeerError`] as a [`Problem`] |
//! | `/service2/health` | 200 while the process lives |
//! | `/service2/greeting` | the service's own |
//! | anything else | 404 with the list of routes; a known route with another method: 405 with `Allow` |
//!
//! Settings come from the environment; an empty one counts as unset, a wrong one refuses the start
//! with one line and exit code 2.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `PORT`, `HOST` | where to listen; default the service's own port on `0.0.0.0`, all addresses, as a container needs it |
//! | `SERVICE_URL` | the peer: `http://service3.services:7073`. Without a path of its own, `/` and the host's first label: `/service3` |
//! | `DNS_SERVER` | `address:port` to ask for the peer's name; default what `/etc/resolv.conf` says |
//! | `ECS_CONTAINER_METADATA_URI_V4` | set by ECS: where to ask which task this is |
//! | `RUST_LOG` | what to log, default `info` |
//!
//! `service2 healthcheck` asks the running service for `/service2/health` and ends with 0 or 1: an
//! image needs no other program for its health check.
//!
//! Logs are flat JSON lines on stdout, or text where that is a terminal: one line a finished
//! request. SIGTERM and SIGINT stop accepting, let what is in flight finish, and exit with 0; a
//! second one ends at once.

mod client;
mod context;
mod identity;
mod logs;
mod peer;
mod problem;
mod process;
mod requests;
mod routes;
mod self_check;
mod service;
mod settings;
mod task;

pub use context::{About, Context};
pub use identity::Identity;
pub use peer::{ClientError, NameError, PeerAnswer, PeerError};
pub use problem::Problem;
pub use process::run;
pub use service::{Bound, Service, StartError};
pub use settings::{Limits, PeerUrl, PeerUrlError, SettingError, Settings};

/// The header by which a load balancer marks a request on its way through the services.
const TRACE_ID: &str = "x-amzn-trace-id";

/// A duration as logs and answers show it, to the microsecond.
fn milliseconds(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
