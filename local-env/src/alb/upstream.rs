//! Connections to targets, kept alive and used again by the worker that opened them.
//!
//! A request is never tried on another target. It is tried again on the same one only where a kept
//! connection turned out to be closed before a byte of the request was written (alb §4.8).

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

/// ALB's own limit (alb §1.2).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Kept connections a target and worker; beyond it they are closed after use.
const MAX_IDLE: usize = 256;

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

/// Why a target gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("cannot connect to the target")]
    Connect(#[source] io::Error),
    #[error("the target did not accept a connection within {} s", CONNECT_TIMEOUT.as_secs())]
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
    /// Sends a request and waits for the head of its answer, at most `idle` after the last byte that
    /// moved.
    pub(super) async fn send(
        self: &Rc<Self>,
        target: SocketAddr,
        mut request: Request<Upload>,
        progress: Rc<Progress>,
        idle: Duration,
    ) -> Result<(Response<Incoming>, Lease), Failure> {
        loop {
            let (mut sender, kept) = match self.take(target).await {
                Some(sender) => (sender, true),
                None => (connect(target).await?, false),
            };
            let exchange = sender.try_send_request(request);
            match within(idle, &progress, exchange).await? {
                Ok(response) => {
                    let sender = Some(sender);
                    let upstream = Rc::clone(self);
                    return Ok((response, Lease { upstream, target, sender, progress }));
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) if kept => request = unsent,
                    _ => return Err(Failure::Exchange(error.into_error())),
                },
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

async fn connect(target: SocketAddr) -> Result<SendRequest<Upload>, Failure> {
    let stream = match timeout(CONNECT_TIMEOUT, TcpStream::connect(target)).await {
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
