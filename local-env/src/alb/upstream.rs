//! Connections to targets, kept alive and used again by the worker that opened them.
//!
//! A request is tried again on the same target only where a kept connection turned out to be closed
//! before a byte of the request was written (alb §4.8). Where it was never sent it is handed back.

use std::{cell::RefCell, collections::HashMap, io, net::SocketAddr, rc::Rc, time::Duration};

use http::{Request, Response, StatusCode};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

use super::body::{Progress, Upload};

/// Kept connections a target and worker; beyond it they are closed after use.
const MAX_IDLE: usize = 256;

/// How long a target may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// To take a connection.
    pub(super) connect: Duration,
    /// To answer, after the last byte that moved.
    pub(super) idle: Duration,
}

/// A worker's connections.
#[derive(Debug, Default)]
pub(super) struct Upstream {
    idle: RefCell<HashMap<SocketAddr, Vec<SendRequest<Upload>>>>,
}

/// A connection in use by one exchange.
#[derive(Debug)]
pub(super) struct Lease {
    upstream: Rc<Upstream>,
    target: SocketAddr,
    sender: Option<SendRequest<Upload>>,
    progress: Rc<Progress>,
}

/// A request that got no answer.
#[derive(Debug)]
pub(super) struct Unanswered {
    pub(super) failure: Failure,
    /// The request, where not a byte of it was sent.
    pub(super) unsent: Option<Request<Upload>>,
}

/// Why a target gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("cannot connect to the target")]
    Connect(#[source] io::Error),
    #[error("the target did not accept a connection in time")]
    ConnectTimeout,
    #[error("the target sent nothing within {} s", .0.as_secs())]
    Silent(Duration),
    #[error("the connection to the target broke before it answered")]
    Exchange(#[source] hyper::Error),
}

// === impl Failure ===

impl Failure {
    /// The status that a client is told (alb §6.1).
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Connect(_) | Self::Exchange(_) => StatusCode::BAD_GATEWAY,
            Self::ConnectTimeout | Self::Silent(_) => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

// === impl Upstream ===

impl Upstream {
    /// Sends a request and waits for the head of its answer.
    pub(super) async fn send(
        self: &Rc<Self>,
        target: SocketAddr,
        mut request: Request<Upload>,
        progress: Rc<Progress>,
        limits: Limits,
    ) -> Result<(Response<Incoming>, Lease), Unanswered> {
        loop {
            let (mut sender, kept) = match self.take(target).await {
                Some(sender) => (sender, true),
                None => match connect(target, limits.connect).await {
                    Ok(sender) => (sender, false),
                    Err(failure) => return Err(Unanswered { failure, unsent: Some(request) }),
                },
            };
            let exchange = sender.try_send_request(request);
            match within(limits.idle, &progress, exchange).await {
                Ok(Ok(response)) => {
                    let sender = Some(sender);
                    let upstream = Rc::clone(self);
                    return Ok((response, Lease { upstream, target, sender, progress }));
                }
                Ok(Err(mut error)) => match error.take_message() {
                    Some(unsent) if kept => request = unsent,
                    unsent => {
                        let failure = Failure::Exchange(error.into_error());
                        return Err(Unanswered { failure, unsent });
                    }
                },
                Err(failure) => return Err(Unanswered { failure, unsent: None }),
            }
        }
    }

    async fn take(&self, target: SocketAddr) -> Option<SendRequest<Upload>> {
        loop {
            let mut sender = self.idle.borrow_mut().get_mut(&target)?.pop()?;
            if sender.ready().await.is_ok() {
                return Some(sender);
            }
        }
    }
}

async fn connect(target: SocketAddr, limit: Duration) -> Result<SendRequest<Upload>, Failure> {
    let stream = match timeout(limit, TcpStream::connect(target)).await {
        Ok(stream) => stream.map_err(Failure::Connect)?,
        Err(_) => return Err(Failure::ConnectTimeout),
    };
    stream.set_nodelay(true).map_err(Failure::Connect)?;
    let (sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(Failure::Exchange)?;
    tokio::task::spawn_local(async move {
        // Whoever waits for an answer on this connection is told of the error too.
        if let Err(error) = connection.await {
            tracing::debug!(%target, %error, "connection to target ended");
        }
    });
    Ok(sender)
}

async fn within<F: Future>(
    idle: Duration,
    progress: &Progress,
    future: F,
) -> Result<F::Output, Failure> {
    let mut future = std::pin::pin!(future);
    loop {
        let deadline = progress.last_moved() + idle;
        match timeout_at(deadline, &mut future).await {
            Ok(output) => return Ok(output),
            Err(_) if progress.last_moved() + idle > Instant::now() => {}
            Err(_) => return Err(Failure::Silent(idle)),
        }
    }
}

// === impl Lease ===

impl Lease {
    /// The answer has been read: the connection may serve another request, unless the target
    /// answered before it had the whole of this one.
    pub(super) fn give_back(&mut self) {
        let Some(sender) = self.sender.take() else { return };
        if sender.is_closed() || !self.progress.is_complete() {
            return;
        }
        let mut idle = self.upstream.idle.borrow_mut();
        let kept = idle.entry(self.target).or_default();
        if kept.len() < MAX_IDLE {
            kept.push(sender);
        }
    }
}
