//! A worker's connections to all targets.

use std::{
    cell::RefCell,
    collections::HashMap,
    rc::{Rc, Weak},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use h2::client::SendRequest;
use tokio::time::Instant;

use super::{Failure, Limits, connect::connect};
use crate::{
    head::ResponseHead,
    targets::Target,
    wire::{Buffer, Wire, WireIo},
};

/// How many connections are kept for a target; beyond that they are closed after use.
const MAX_IDLE: usize = 256;
/// What a target may send over HTTP/2 before it is asked to go on.
const WINDOW: u32 = 1 << 20;

/// Connections by the target's id, which no other registration ever has.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    targets: RefCell<HashMap<u64, Connections>>,
    #[expect(clippy::vec_box, reason = "it is handed on, and large to move")]
    scratch: RefCell<Vec<Box<Scratch>>>,
}

/// A connection to a target over HTTP/1, in use by an exchange.
#[derive(Debug)]
pub(crate) struct TargetConnection {
    pub(crate) wire: Rc<Wire>,
    pub(crate) scratch: Box<Scratch>,
}

/// The memory for an exchange, handed on from one to the next. A connection that waits has none, so
/// that many targets take little memory, and what is used again was used just now.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) buffer: Buffer,
    pub(crate) out: Vec<u8>,
    pub(crate) head: ResponseHead,
}

/// A connection that waits for work.
#[derive(Debug)]
struct Idle {
    wire: Rc<Wire>,
    since: Instant,
}

/// Whether a connection has served another request before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    No,
}

#[derive(Debug, Default)]
struct Connections {
    idle: Vec<Idle>,
    /// All connections that are open, to be cut.
    open: Vec<Weak<Wire>>,
    http2: Option<SendRequest<Bytes>>,
}

// === impl Pool ===

impl Pool {
    /// Returns a connection that waits for work, or a new one.
    pub(crate) async fn http1(
        self: &Rc<Self>,
        target: &Arc<Target>,
        tls: Option<&Arc<rustls::ClientConfig>>,
        limits: Limits,
    ) -> Result<(TargetConnection, Kept), Failure> {
        if let Some(wire) = self.take(target) {
            return Ok((TargetConnection { wire, scratch: self.scratch() }, Kept::Yes));
        }
        let wire = connect(target.address, tls, limits.connect).await?;
        self.note(target, &wire);
        Ok((TargetConnection { wire, scratch: self.scratch() }, Kept::No))
    }

    /// Returns the target's connection over HTTP/2, opened where there is none.
    pub(crate) async fn http2(
        self: &Rc<Self>,
        target: &Arc<Target>,
        tls: Option<&Arc<rustls::ClientConfig>>,
        limits: Limits,
    ) -> Result<SendRequest<Bytes>, Failure> {
        let kept = self.targets.borrow().get(&target.id).and_then(|it| it.http2.clone());
        if let Some(kept) = kept
            && let Ok(ready) = kept.ready().await
        {
            return Ok(ready);
        }
        let wire = connect(target.address, tls, limits.connect).await?;
        self.note(target, &wire);
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW * 4);
        builder.enable_push(false);
        let (send, connection) = builder.handshake(WireIo(wire)).await.map_err(Failure::Http2)?;
        let address = target.address;
        tokio::task::spawn_local(async move {
            // Whoever waits for an answer on this connection is told of the error too.
            if let Err(error) = connection.await {
                tracing::debug!(%address, %error, "connection to target ended");
            }
        });
        if let Some(connections) = self.targets.borrow_mut().get_mut(&target.id) {
            connections.http2 = Some(send.clone());
        }
        send.ready().await.map_err(Failure::Http2)
    }

    /// Keeps a connection whose exchange is complete for the next one, unless the target has sent
    /// more than its answer.
    pub(crate) fn give_back(&self, target: &Target, connection: TargetConnection) {
        let TargetConnection { wire, mut scratch } = connection;
        if !scratch.buffer.is_empty() {
            return;
        }
        scratch.buffer.shrink();
        self.scratch.borrow_mut().push(scratch);
        if let Some(connections) = self.targets.borrow_mut().get_mut(&target.id)
            && connections.idle.len() < MAX_IDLE
        {
            connections.idle.push(Idle { wire, since: Instant::now() });
        }
    }

    /// Closes what has not been used for as long as the load balancer waits (alb §4.8).
    pub(crate) fn close_idle(&self, idle: Duration) {
        for connections in self.targets.borrow_mut().values_mut() {
            connections.idle.retain(|it| it.since.elapsed() < idle && it.wire.is_quiet());
        }
    }

    fn take(&self, target: &Target) -> Option<Rc<Wire>> {
        let mut targets = self.targets.borrow_mut();
        let idle = &mut targets.get_mut(&target.id)?.idle;
        // The one that was used last is the least likely to have been closed.
        while let Some(Idle { wire, .. }) = idle.pop() {
            if wire.is_quiet() {
                return Some(wire);
            }
        }
        None
    }

    fn scratch(&self) -> Box<Scratch> {
        self.scratch.borrow_mut().pop().unwrap_or_default()
    }

    /// Remembers a connection, so that it can be cut.
    fn note(self: &Rc<Self>, target: &Arc<Target>, wire: &Rc<Wire>) {
        let mut targets = self.targets.borrow_mut();
        let connections = targets.entry(target.id).or_insert_with(|| {
            tokio::task::spawn_local(Rc::clone(self).cut_in_time(Arc::clone(target)));
            Connections::default()
        });
        connections.open.retain(|wire| wire.strong_count() > 0);
        connections.open.push(Rc::downgrade(wire));
    }

    /// Cuts a target's connections when its time is over (alb §4.6).
    async fn cut_in_time(self: Rc<Self>, target: Arc<Target>) {
        target.cut().cancelled().await;
        let connections = self.targets.borrow_mut().remove(&target.id);
        for wire in connections.iter().flat_map(|it| &it.open).filter_map(Weak::upgrade) {
            wire.cut();
        }
    }
}
