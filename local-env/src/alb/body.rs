//! The bodies that pass through the load balancer: a text of its own, or a target's answer as it
//! streams by. A target's body brings its connection along, which goes back to the pool once the
//! whole answer has been read and is closed when it has not.

use std::{
    cell::Cell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::Instant;

use super::upstream::Lease;

/// The body of an answer to a client.
#[derive(Debug)]
pub(super) enum Body {
    Text(Full<Bytes>),
    Target(Incoming, Lease),
}

/// The body of a request on its way to a target. It notes when bytes last moved, so that a slow
/// upload is not taken for a silent target, and whether all of them have.
#[derive(Debug)]
pub(super) struct Upload {
    /// None for a request that is sent again, which never has a body.
    inner: Option<Incoming>,
    progress: Rc<Progress>,
}

/// How far an upload has come.
#[derive(Debug)]
pub(super) struct Progress {
    moved: Cell<Instant>,
    complete: Cell<bool>,
}

// === impl Body ===

impl Body {
    pub(super) fn text(text: Bytes) -> Self {
        Self::Text(Full::new(text))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.get_mut() {
            Self::Text(text) => Pin::new(text).poll_frame(cx).map_err(|never| match never {}),
            Self::Target(body, lease) => {
                let frame = ready!(Pin::new(body).poll_frame(cx));
                if frame.is_none() {
                    lease.give_back();
                }
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Text(text) => text.is_end_stream(),
            Self::Target(body, _) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Text(text) => text.size_hint(),
            Self::Target(body, _) => body.size_hint(),
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        // hyper stops reading a body of known length at its last byte, before the `None`.
        if let Self::Target(body, lease) = self
            && body.is_end_stream()
        {
            lease.give_back();
        }
    }
}

// === impl Upload ===

impl Upload {
    pub(super) fn new(inner: Incoming) -> (Self, Rc<Progress>) {
        let progress = Rc::new(Progress {
            moved: Cell::new(Instant::now()),
            complete: Cell::new(inner.is_end_stream()),
        });
        (Self { inner: Some(inner), progress: Rc::clone(&progress) }, progress)
    }

    /// The body of a request that has none, to be sent again.
    pub(super) fn none(progress: &Rc<Progress>) -> Self {
        progress.complete.set(true);
        Self { inner: None, progress: Rc::clone(progress) }
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(inner).poll_frame(cx));
        self.progress.moved.set(Instant::now());
        if frame.is_none() || self.is_end_stream() {
            self.progress.complete.set(true);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

// === impl Progress ===

impl Progress {
    pub(super) fn last_moved(&self) -> Instant {
        self.moved.get()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete.get()
    }
}
