//! An Application Load Balancer on this machine: listeners, rules, target groups, health checks, and
//! the certificates of HTTPS listeners.
//!
//! It needs neither a template nor the rest of the emulator: the model of the [`stack`] crate says what
//! there is, a [`TargetGroup`] takes targets and checks them, [`LoadBalancer::bind`] opens the sockets,
//! and [`LoadBalancer::start`] serves on them, on threads of its own. What it does is what AWS documents,
//! and stands in `docs/aws/alb.md`.
//!
//! ```
//! use std::{collections::HashMap, io::{Read, Write}, net::TcpStream};
//! use alb::{LoadBalancer, Options, Publication};
//! use stack::{Action, FixedResponse, Listener};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let teapot = FixedResponse { status: 418, content_type: None, body: "I'm a teapot".into() };
//! let listener = Listener::http(80, Action::FixedResponse(teapot));
//! let model = stack::LoadBalancer::named("demo", vec![listener]);
//! let anywhere = |_: &Listener| Publication { port: 0, tls: None };
//! let bound = LoadBalancer::bind(&model, &HashMap::new(), &Options::default(), anywhere)?;
//! let port = bound.published_ports()[&80];
//! let running = bound.start()?;
//!
//! let mut client = TcpStream::connect(("127.0.0.1", port))?;
//! client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
//! let mut answer = String::new();
//! client.read_to_string(&mut answer)?;
//! assert!(answer.starts_with("HTTP/1.1 418 I'm a teapot\r\n"));
//! running.close();
//! # Ok(())
//! # }
//! ```
//!
//! `local-env/examples/in_front_of_a_server.rs` forwards to a server of one's own.

#![deny(missing_docs)]

mod access_log;
pub mod acm;
mod body;
mod client;
mod connection;
mod cookie;
mod desync;
mod exchange;
mod framing;
mod head;
mod headers;
mod listener;
mod load_balancer;
mod metrics;
mod record;
pub mod rules;
mod serve;
mod targets;
mod upstream;
mod wire;
mod worker;

pub use access_log::{AccessLog, LogFormat};
#[doc(no_inline)]
pub use clock::Clock;
pub use head::Fields;
pub use load_balancer::{
    BindError, Failing, LoadBalancer, Options, Publication, Reloaded, RunningLoadBalancer,
    SetupError,
};
pub use metrics::{Metrics, MetricsBindError, MetricsServer, Sample};
pub use rules::{PublishedPorts, RouteError};
pub use targets::{TargetGroup, TargetState, TargetStates, UnhealthyReason, Unused};

/// What our own fuzz targets and benchmarks reach into. Nothing of it is meant for anybody else.
#[doc(hidden)]
pub mod internals {
    pub use crate::{
        access_log::{Entry, EntryKind, Priority, RequestLine, Tls, write},
        desync::{Class, Classification, ClassificationReason, classify},
        head::{Malformed, RequestHead, Version},
    };
}
