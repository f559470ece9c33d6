//! What is known of a client's connection, whatever it speaks.

mod idle;
mod tls;

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    ops::Deref,
    rc::Rc,
};

pub(crate) use idle::Idle;
pub(crate) use tls::NegotiatedTls;
use tokio::time::Instant;

use crate::{
    headers::Forwarded,
    listener::{Handling, ListenerContext},
};

/// A client's connection.
#[derive(Debug)]
pub(crate) struct ClientConnection {
    pub(crate) listener: Rc<ListenerContext>,
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
    handling: RefCell<Rc<ConnectionHandling>>,
    pub(crate) opened: Instant,
    /// The number that ties its requests together in the access log.
    pub(crate) trace_id: u128,
    pub(crate) tls: Option<NegotiatedTls>,
    /// How many of its requests are being answered.
    pub(crate) in_flight: Cell<usize>,
}

/// What its listener does with the requests of a connection, and what they tell targets of it.
#[derive(Debug)]
pub(crate) struct ConnectionHandling {
    of_listener: Rc<Handling>,
    pub(crate) forwarded: Forwarded,
}

// === impl ClientConnection ===

impl ClientConnection {
    pub(crate) fn new(
        listener: Rc<ListenerContext>,
        (peer, local): (SocketAddr, SocketAddr),
        tls: Option<NegotiatedTls>,
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

    /// Returns what is done with a request that comes now.
    #[inline]
    pub(crate) fn handling(&self) -> Rc<ConnectionHandling> {
        let mut handling = self.handling.borrow_mut();
        if !Rc::ptr_eq(&handling.of_listener, &self.listener.handling.borrow()) {
            let new = ConnectionHandling::new(&self.listener, self.peer, self.tls.as_ref());
            *handling = Rc::new(new);
        }
        Rc::clone(&handling)
    }

    /// Returns whether it has grown so old that the next answer is its last (alb §1.2).
    pub(crate) fn is_old(&self) -> bool {
        self.opened.elapsed() >= self.handling().attributes.client_keep_alive
    }
}

// === impl ConnectionHandling ===

impl ConnectionHandling {
    fn new(context: &ListenerContext, peer: SocketAddr, tls: Option<&NegotiatedTls>) -> Self {
        let of_listener = context.handling();
        let (protocol, attributes) = (context.protocol, &of_listener.attributes);
        let listener = &of_listener.listener;
        let mut forwarded = Forwarded::new(peer, protocol, context.port, attributes);
        if let Some(tls) = tls.filter(|_| attributes.tls_headers) {
            forwarded.push(&listener.tls_version_header, tls.version);
            forwarded.push(&listener.tls_cipher_suite_header, tls.cipher);
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
