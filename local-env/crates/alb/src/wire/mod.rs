//! A connection's bytes, to a client or to a target, plain or over TLS.
//!
//! Both directions of a [`Wire`] can be used at once by one task, and it can be cut from elsewhere:
//! everything that a worker does is on one thread, so a `RefCell` that is never held across a wait
//! is all that this takes.

mod buffer;

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    io,
    net::Shutdown,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker, ready},
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{client, server};

pub(crate) use buffer::Buffer;

/// A connection, and how much was sent on it.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: RefCell<Stream>,
    sent: Cell<u64>,
}

/// What carries a connection's bytes.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    /// A connection from a client, over TLS.
    Server(Box<server::TlsStream<TcpStream>>),
    /// A connection to a target, over TLS.
    Client(Box<client::TlsStream<TcpStream>>),
}

/// A [`Wire`] for those who want tokio's traits.
#[derive(Debug)]
pub(crate) struct WireIo(pub(crate) Rc<Wire>);

// === impl Wire ===

impl Wire {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream: RefCell::new(stream), sent: Cell::new(0) }
    }

    /// Reads what is there, once there is something; 0 at the end.
    pub(crate) async fn read(&self, buffer: &mut Buffer) -> io::Result<usize> {
        poll_fn(|cx| self.poll_fill(cx, buffer)).await
    }

    /// Sends all of it.
    pub(crate) async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = poll_fn(|cx| self.poll_write(cx, bytes)).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = bytes.get(written..).unwrap_or_default();
        }
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Says that nothing more will be sent.
    pub(crate) async fn finish(&self) -> io::Result<()> {
        poll_fn(|cx| self.with(|stream| Pin::new(stream).poll_shutdown(cx))).await
    }

    /// Ends the connection for both sides, whoever is using it.
    pub(crate) fn cut(&self) {
        let ended = SockRef::from(self.stream.borrow().socket()).shutdown(Shutdown::Both);
        if let Err(error) = ended {
            tracing::trace!(%error, "a connection had ended before it was cut");
        }
    }

    /// Returns whether nothing has arrived and the other side has not closed, as far as the runtime
    /// knows.
    pub(crate) fn is_quiet(&self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        self.stream.borrow().socket().poll_read_ready(&mut cx).is_pending()
    }

    /// Returns how many bytes were sent so far, without what TLS adds.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.get()
    }

    fn poll_fill(&self, cx: &mut Context<'_>, buffer: &mut Buffer) -> Poll<io::Result<usize>> {
        let mut room = ReadBuf::new(buffer.room());
        ready!(self.poll_read(cx, &mut room))?;
        let count = room.filled().len();
        buffer.filled(count);
        Poll::Ready(Ok(count))
    }

    fn poll_read(&self, cx: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| Pin::new(stream).poll_read(cx, room))
    }

    fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(self.with(|stream| Pin::new(stream).poll_write(cx, bytes)))?;
        self.sent.set(self.sent.get() + written as u64);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| Pin::new(stream).poll_flush(cx))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Stream) -> T) -> T {
        work(&mut self.stream.borrow_mut())
    }
}

// === impl Stream ===

impl Stream {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Server(stream) => stream.get_ref().0,
            Self::Client(stream) => stream.get_ref().0,
        }
    }
}

macro_rules! each {
    ($self:ident, $stream:ident => $work:expr) => {
        match $self.get_mut() {
            Stream::Plain($stream) => $work,
            Stream::Server($stream) => $work,
            Stream::Client($stream) => $work,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_read(cx, room))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}

// === impl WireIo ===

impl AsyncRead for WireIo {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.poll_read(cx, room)
    }
}

impl AsyncWrite for WireIo {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.with(|stream| Pin::new(stream).poll_shutdown(cx))
    }
}
