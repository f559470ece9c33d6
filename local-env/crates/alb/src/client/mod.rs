//! Clients' connections: what is known of one, and the two protocols that it may speak.

mod http1;
mod http2;
mod idle;
mod tls;

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    ops::Deref,
    rc::Rc,
};

pub(super) use http1::serve as serve_http1;
pub(super) use http2::serve as serve_http2;
pub(super) use idle::Idle;
pub(super) use tls::TlsFacts;
use tokio::time::Instant;

use super::{handling::Handling, headers::Forwarded, listener::ListenerContext};

/// A client's connection.
#[derive(Debug)]
pub(super) struct ClientConnection {
    pub(super) listener: Rc<ListenerContext>,
    pub(super) peer: SocketAddr,
    pub(super) local: SocketAddr,
    handling: RefCell<Rc<ConnectionHandling>>,
    pub(super) opened: Instant,
    /// Ties its requests together in the access log.
    pub(super) trace_id: u128,
    pub(super) tls: Option<TlsFacts>,
    /// Requests that are being answered.
    pub(super) in_flight: Cell<usize>,
}

/// What its listener does with the requests of a connection, and what they tell targets of it.
#[derive(Debug)]
pub(super) struct ConnectionHandling {
    of_listener: Rc<Handling>,
    pub(super) forwarded: Forwarded,
}

// === impl ClientConnection ===

impl ClientConnection {
    pub(super) fn new(
        listener: Rc<ListenerContext>,
        (peer, local): (SocketAddr, SocketAddr),
        tls: Option<TlsFacts>,
    ) -> Self {
        let handling = ConnectionHandling::new(&listener, peer, tls.as_ref());
        let trace_id = listener.random.borrow_mut().u128(..);
        Self {
            listener,
            peer,
            local,
            handling: RefCell::new(Rc::new(handling)),
            opened: Instant::now(),
            trace_id,
            tls,
            in_flight: Cell::new(0),
        }
    }

    /// What is done with a request that comes now.
    #[inline]
    pub(super) fn handling(&self) -> Rc<ConnectionHandling> {
        let mut handling = self.handling.borrow_mut();
        if !Rc::ptr_eq(&handling.of_listener, &self.listener.handling.borrow()) {
            let new = ConnectionHandling::new(&self.listener, self.peer, self.tls.as_ref());
            *handling = Rc::new(new);
        }
        Rc::clone(&handling)
    }

    /// Whether it has grown so old that the next answer is its last (alb §1.2).
    pub(super) fn is_old(&self) -> bool {
        self.opened.elapsed() >= self.handling().attributes.client_keep_alive
    }
}

// === impl ConnectionHandling ===

impl ConnectionHandling {
    fn new(context: &ListenerContext, peer: SocketAddr, tls: Option<&TlsFacts>) -> Self {
        let of_listener = context.handling();
        let (protocol, attributes) = (context.protocol, &of_listener.attributes);
        let listener = &of_listener.listener;
        let mut forwarded = Forwarded::new(peer, protocol, context.port, attributes);
        if let Some(facts) = tls.filter(|_| attributes.tls_headers) {
            forwarded.push(&listener.tls_version_header, facts.version);
            forwarded.push(&listener.tls_cipher_suite_header, facts.cipher);
        }
        Self { of_listener, forwarded }
    }
}

impl Deref for ConnectionHandling {
    type Target = Handling;

    fn deref(&self) -> &Handling {
        &self.of_listener
    }
}
