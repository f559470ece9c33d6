//! Clients' connections: what is known of one, and the two protocols that it may speak.

mod http1;
mod http2;
mod idle;
mod tls;

use std::{cell::Cell, net::SocketAddr, rc::Rc};

pub(super) use http1::serve as serve_http1;
pub(super) use http2::serve as serve_http2;
pub(super) use idle::Idle;
pub(super) use tls::TlsFacts;
use tokio::time::Instant;

use super::{headers::Forwarded, listener::ListenerContext};

/// A client's connection.
#[derive(Debug)]
pub(super) struct ClientConnection {
    pub(super) listener: Rc<ListenerContext>,
    pub(super) peer: SocketAddr,
    pub(super) local: SocketAddr,
    pub(super) forwarded: Forwarded,
    pub(super) opened: Instant,
    /// Ties its requests together in the access log.
    pub(super) trace_id: u128,
    pub(super) tls: Option<TlsFacts>,
    /// Requests that are being answered.
    pub(super) in_flight: Cell<usize>,
}

// === impl ClientConnection ===

impl ClientConnection {
    /// Whether it has grown so old that the next answer is its last (alb §1.2).
    pub(super) fn is_old(&self) -> bool {
        self.opened.elapsed() >= self.listener.attributes.client_keep_alive
    }
}
