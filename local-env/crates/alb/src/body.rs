//! Bodies as they stream by: a [`Source`] gives a message's body piece by piece, a [`Sink`] sends
//! one, each over HTTP/1 or HTTP/2, and [`pump`] carries one to the other. A piece is asked for only
//! once the one before it has gone, so that who is slow holds up who sends.

use std::{cell::Cell, future::poll_fn, io};

use bytes::Bytes;
use h2::{RecvStream, SendStream};
use http::HeaderMap;
use tokio::time::Instant;

use super::{
    framing::{BadChunk, Chunks, Framing, Part, trailers_end},
    wire::{Buffer, Wire},
};

/// The size up to which pieces wait to be sent along with what follows them.
const GATHERED: usize = 16 << 10;

/// What a message's body is read from.
#[derive(Debug)]
pub(super) enum Source<'a> {
    Http1(Reader<'a>),
    Http2(Stream),
}

/// Reads a body from a stream of an HTTP/2 connection.
#[derive(Debug)]
pub(super) struct Stream {
    frames: RecvStream,
    /// What has come and was not given yet.
    next: Bytes,
    given: Bytes,
    count: u64,
    ended: bool,
}

/// What a [`Source`] has at hand.
enum Step<'a> {
    Piece(&'a [u8]),
    End,
    /// There is nothing as yet.
    Nothing,
}

/// Reads a body from an HTTP/1 connection.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    wire: &'a Wire,
    buffer: &'a mut Buffer,
    state: State,
    /// The size of the piece that was given last, which is used up when the next one is asked for.
    given: usize,
    count: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Length(u64),
    Chunked(Chunks),
    UntilClose,
    Done,
}

/// Where a message's body is sent.
#[derive(Debug)]
pub(super) enum Sink<'a> {
    Http1(Writer<'a>),
    Http2(SendStream<Bytes>),
    /// The body goes nowhere: it answers `HEAD`, or nobody wants it.
    Void,
}

/// Writes a body to an HTTP/1 connection, behind whatever is in `out` already.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub(super) wire: &'a Wire,
    pub(super) out: &'a mut Vec<u8>,
    pub(super) chunked: bool,
}

/// When bytes last moved in an exchange, and whom it waits for.
#[derive(Debug)]
pub(super) struct Activity {
    last: Cell<Instant>,
    reading: Cell<bool>,
}

/// Why a body did not come through.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// It could not be read to its end.
    #[error("a body ended early")]
    Read(#[source] ReadError),
    /// It could not be sent.
    #[error("a body could not be sent")]
    Write(#[source] WriteError),
}

/// Why a body can't be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("the connection broke")]
    Io(#[from] io::Error),
    #[error("the connection was closed")]
    Closed,
    #[error(transparent)]
    Chunk(#[from] BadChunk),
    #[error("the stream broke")]
    Stream(#[from] h2::Error),
}

/// Why a body can't be sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error("the connection broke")]
    Io(#[from] io::Error),
    #[error("the stream broke")]
    Stream(#[from] h2::Error),
    #[error("the stream was closed")]
    Closed,
}

/// Carries a body from where it is read to where it is sent.
pub(super) async fn pump(
    source: &mut Source<'_>,
    sink: &mut Sink<'_>,
    activity: &Activity,
) -> Result<(), Broken> {
    loop {
        match source.step().map_err(Broken::Read)? {
            Step::Piece(piece) => sink.send(piece).await.map_err(Broken::Write)?,
            Step::End => break,
            Step::Nothing => {
                sink.flush().await.map_err(Broken::Write)?;
                activity.reading.set(true);
                let came = source.fill().await;
                activity.reading.set(false);
                came.map_err(Broken::Read)?;
            }
        }
        activity.touch();
    }
    let trailers = source.trailers().await.map_err(Broken::Read)?;
    sink.end(trailers).await.map_err(Broken::Write)
}

// === impl Source ===

impl Source<'_> {
    /// Returns the next piece of what has come. What was returned before has been used by then.
    fn step(&mut self) -> Result<Step<'_>, ReadError> {
        match self {
            Self::Http1(reader) => reader.step(),
            Self::Http2(stream) => stream.step(),
        }
    }

    /// Waits until more has come.
    async fn fill(&mut self) -> Result<(), ReadError> {
        match self {
            Self::Http1(reader) => reader.fill().await,
            Self::Http2(stream) => stream.fill().await,
        }
    }

    /// Waits until whoever sends has gone, once the body has been read.
    pub(super) async fn closed(&mut self) {
        match self {
            Self::Http1(reader) => reader.closed().await,
            Self::Http2(_) => std::future::pending().await,
        }
    }

    /// Has everything that comes from here on passed on, whatever it is.
    pub(super) fn become_tunnel(&mut self) {
        if let Self::Http1(reader) = self {
            reader.state = State::UntilClose;
        }
    }

    /// Returns how many bytes of data it gave.
    pub(super) fn count(&self) -> u64 {
        match self {
            Self::Http1(reader) => reader.count,
            Self::Http2(stream) => stream.count,
        }
    }

    /// Returns whether the whole body has been read.
    pub(super) fn is_done(&self) -> bool {
        match self {
            Self::Http1(reader) => reader.state == State::Done,
            Self::Http2(stream) => stream.is_done(),
        }
    }

    async fn trailers(&mut self) -> Result<Option<HeaderMap>, ReadError> {
        match self {
            Self::Http1(_) => Ok(None),
            Self::Http2(Stream { frames, .. }) => Ok(poll_fn(|cx| frames.poll_trailers(cx)).await?),
        }
    }
}

// === impl Reader ===

impl<'a> Reader<'a> {
    pub(super) fn new(wire: &'a Wire, buffer: &'a mut Buffer, framing: Framing) -> Self {
        let state = match framing {
            Framing::None | Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Chunked(Chunks::START),
            Framing::UntilClose => State::UntilClose,
        };
        Self { wire, buffer, state, given: 0, count: 0 }
    }

    /// Waits until the other side has closed, once the body has been read. What comes before that is
    /// kept: it is the next request.
    pub(super) async fn closed(&mut self) {
        while !self.buffer.is_full() {
            match self.wire.read(self.buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        std::future::pending::<()>().await;
    }

    fn step(&mut self) -> Result<Step<'_>, ReadError> {
        self.buffer.consume(std::mem::take(&mut self.given));
        while self.state != State::Done && !self.buffer.is_empty() {
            if matches!(self.state, State::Chunked(Chunks::Trailers)) {
                return self.pass_trailers();
            }
            if let Some(count) = self.take()? {
                self.given = count;
                self.count += count as u64;
                return Ok(Step::Piece(self.buffer.bytes().get(..count).unwrap_or_default()));
            }
        }
        Ok(if self.state == State::Done { Step::End } else { Step::Nothing })
    }

    /// Returns how much of what is there belongs to the body; `None` where it is marks only.
    fn take(&mut self) -> Result<Option<usize>, ReadError> {
        let available = self.buffer.bytes().len();
        match &mut self.state {
            State::Length(left) => {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(available);
                *left -= count as u64;
                if *left == 0 {
                    self.state = State::Done;
                }
                Ok(Some(count))
            }
            State::Chunked(chunks) => match chunks.step(self.buffer.bytes())? {
                Part::Data(count) => Ok(Some(count)),
                Part::Mark(count) => {
                    self.buffer.consume(count);
                    Ok(None)
                }
                Part::Trailers => Ok(None),
            },
            State::UntilClose => Ok(Some(available)),
            State::Done => Ok(None),
        }
    }

    async fn fill(&mut self) -> Result<(), ReadError> {
        match self.wire.read(self.buffer).await? {
            0 if self.state == State::UntilClose => self.state = State::Done,
            0 => return Err(ReadError::Closed),
            _ => {}
        }
        Ok(())
    }

    /// Passes over the trailers of HTTP/1, which go no further, as a recipient may decide
    /// (RFC 9110 §6.5.1).
    fn pass_trailers(&mut self) -> Result<Step<'_>, ReadError> {
        if let Some(end) = trailers_end(self.buffer.bytes()) {
            self.buffer.consume(end);
            self.state = State::Done;
            return Ok(Step::End);
        }
        if self.buffer.is_full() { Err(BadChunk.into()) } else { Ok(Step::Nothing) }
    }
}

// === impl Stream ===

impl Stream {
    pub(super) fn new(stream: RecvStream) -> Self {
        let ended = stream.is_end_stream();
        Self { frames: stream, next: Bytes::new(), given: Bytes::new(), count: 0, ended }
    }

    fn is_done(&self) -> bool {
        self.next.is_empty() && (self.ended || self.frames.is_end_stream())
    }

    fn step(&mut self) -> Result<Step<'_>, ReadError> {
        // What was given before has been sent on: the peer may send as much again.
        let used = std::mem::take(&mut self.given).len();
        self.frames.flow_control().release_capacity(used)?;
        if self.is_done() {
            return Ok(Step::End);
        }
        if self.next.is_empty() {
            return Ok(Step::Nothing);
        }
        self.given = std::mem::take(&mut self.next);
        self.count += self.given.len() as u64;
        Ok(Step::Piece(&self.given))
    }

    async fn fill(&mut self) -> Result<(), ReadError> {
        match poll_fn(|cx| self.frames.poll_data(cx)).await.transpose()? {
            Some(data) => self.next = data,
            None => self.ended = true,
        }
        Ok(())
    }
}

// === impl Sink ===

impl Sink<'_> {
    /// Sends a piece; a small one may wait for [`Sink::flush`].
    pub(super) async fn send(&mut self, piece: &[u8]) -> Result<(), WriteError> {
        match self {
            Self::Http1(writer) => writer.send(piece).await,
            Self::Http2(stream) => send_data(stream, Bytes::copy_from_slice(piece)).await,
            Self::Void => Ok(()),
        }
    }

    /// Sends what has waited.
    pub(super) async fn flush(&mut self) -> Result<(), WriteError> {
        match self {
            Self::Http1(writer) => writer.flush().await,
            Self::Http2(_) | Self::Void => Ok(()),
        }
    }

    /// Ends the body, and sends what has waited.
    pub(super) async fn end(&mut self, trailers: Option<HeaderMap>) -> Result<(), WriteError> {
        match self {
            Self::Http1(writer) => {
                if writer.chunked {
                    writer.out.extend_from_slice(b"0\r\n\r\n");
                }
                writer.flush().await
            }
            Self::Http2(stream) => match trailers {
                Some(trailers) => Ok(stream.send_trailers(trailers)?),
                None => Ok(stream.send_data(Bytes::new(), true)?),
            },
            Self::Void => Ok(()),
        }
    }
}

// === impl Writer ===

impl Writer<'_> {
    async fn send(&mut self, piece: &[u8]) -> Result<(), WriteError> {
        if self.chunked {
            push_hex(self.out, piece.len());
            self.out.extend_from_slice(b"\r\n");
        }
        if self.out.len() + piece.len() <= GATHERED {
            self.out.extend_from_slice(piece);
        } else {
            self.flush().await?;
            self.wire.write_all(piece).await?;
        }
        if self.chunked {
            self.out.extend_from_slice(b"\r\n");
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), WriteError> {
        if !self.out.is_empty() {
            self.wire.write_all(self.out).await?;
            self.out.clear();
        }
        Ok(())
    }
}

// === impl Activity ===

impl Activity {
    pub(super) fn new(now: Instant) -> Self {
        Self { last: Cell::new(now), reading: Cell::new(false) }
    }

    pub(super) fn touch(&self) {
        self.last.set(Instant::now());
    }

    pub(super) fn last(&self) -> Instant {
        self.last.get()
    }

    /// Returns whether a body waits for its sender rather than for its receiver.
    pub(super) fn is_reading(&self) -> bool {
        self.reading.get()
    }
}

/// Sends data as fast as the peer lets it (RFC 9113 §5.2).
async fn send_data(stream: &mut SendStream<Bytes>, mut data: Bytes) -> Result<(), WriteError> {
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        let room = match poll_fn(|cx| stream.poll_capacity(cx)).await {
            Some(room) => room?.min(data.len()),
            None => return Err(WriteError::Closed),
        };
        stream.send_data(data.split_to(room), false)?;
    }
    Ok(())
}

fn push_hex(out: &mut Vec<u8>, number: usize) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = (usize::BITS - number.leading_zeros()).div_ceil(4).max(1);
    for digit in (0..digits).rev() {
        out.push(DIGITS[(number >> (digit * 4)) & 0xf]);
    }
}
