//! HTTP/1 as bytes: heads as they came, case and order kept, for both ends of a connection.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

use super::PATIENCE;

/// A connection of any kind.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection and what came on it that nobody has read yet.
pub struct Wire {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    patience: Duration,
}

/// A start line and the fields after it, up to and with the empty line.
#[derive(Clone, Debug)]
pub struct Head(String);

/// Which body a head announces.
#[derive(Clone, Copy)]
enum Body {
    Length(usize),
    Chunked,
    UntilClose,
}

/// An answer of the load balancer's.
#[derive(Debug)]
pub struct Answer {
    pub head: Head,
    pub body: Vec<u8>,
}

// === impl Wire ===

impl Wire {
    /// Of a test's, which something is expected of.
    pub fn new(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), buffer: Vec::new(), patience: PATIENCE }
    }

    /// Of a server's, where nothing need come for as long as the test runs.
    pub fn served(stream: impl Stream + 'static) -> Self {
        Self { patience: Duration::MAX, ..Self::new(stream) }
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes.as_ref()).await.expect("the other side reads");
    }

    /// Sends to a side that may have closed already.
    pub async fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// The next head, or `None` where the other side closes instead.
    pub async fn head(&mut self) -> Option<Head> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.fill().await {
                return None;
            }
        };
        let head: Vec<u8> = self.buffer.drain(..end).collect();
        Some(Head(String::from_utf8_lossy(&head).into_owned()))
    }

    /// The next answer; panics where there is none.
    pub async fn answer(&mut self) -> Answer {
        self.try_answer().await.expect("a whole answer")
    }

    /// The next answer; `None` where the other side closes before it is whole.
    pub async fn try_answer(&mut self) -> Option<Answer> {
        let head = self.head().await?;
        let body = match head.status() {
            100..=199 | 204 | 304 => Vec::new(),
            _ => self.body(head.body(Body::UntilClose)).await?,
        };
        Some(Answer { head, body })
    }

    /// The body of a request; `None` where it breaks off.
    pub async fn request_body(&mut self, head: &Head) -> Option<Vec<u8>> {
        self.body(head.body(Body::Length(0))).await
    }

    async fn body(&mut self, body: Body) -> Option<Vec<u8>> {
        match body {
            Body::Length(length) => self.exactly(length).await,
            Body::Chunked => self.chunks().await,
            Body::UntilClose => Some(self.rest().await),
        }
    }

    async fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(self.line().await?.trim(), 16).expect("a size");
            body.extend(self.exactly(size).await?);
            self.line().await?;
            if size == 0 {
                return Some(body);
            }
        }
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.buffer.windows(2).position(|bytes| bytes == b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..at + 2).collect();
                return Some(String::from_utf8_lossy(&line).into_owned());
            }
            if !self.fill().await {
                return None;
            }
        }
    }

    /// The next bytes, so many; `None` where the other side closes before.
    pub async fn exactly(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < length {
            if !self.fill().await {
                return None;
            }
        }
        Some(self.buffer.drain(..length).collect())
    }

    /// Everything up to the end of the connection.
    pub async fn rest(&mut self) -> Vec<u8> {
        while self.fill().await {}
        std::mem::take(&mut self.buffer)
    }

    /// Whether the other side closes without another byte.
    pub async fn ends(&mut self) -> bool {
        self.rest().await.is_empty()
    }

    /// Reads more; false at the end, however it came.
    async fn fill(&mut self) -> bool {
        let read = timeout(self.patience, self.stream.read_buf(&mut self.buffer)).await;
        matches!(read.expect("the other side says something"), Ok(count) if count > 0)
    }
}

// === impl Head ===

impl Head {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn start_line(&self) -> &str {
        self.0.lines().next().unwrap_or_default()
    }

    pub fn status(&self) -> u16 {
        let status = self.start_line().split(' ').nth(1).and_then(|status| status.parse().ok());
        status.unwrap_or_else(|| panic!("no status in {self:?}"))
    }

    /// The lines after the first.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.split("\r\n").skip(1).filter(|line| !line.is_empty())
    }

    /// Every value of a field, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let value = move |line: &'a str| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        };
        self.lines().filter_map(value)
    }

    /// The only value of a field; panics where there are several.
    pub fn get<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let mut values = self.all(name);
        let first = values.next();
        assert_eq!(values.next(), None, "{name} comes once in {self:?}");
        first
    }

    /// Whether the field says this, in any case.
    pub fn says(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|found| found.eq_ignore_ascii_case(value))
    }

    fn body(&self, otherwise: Body) -> Body {
        if self.says("transfer-encoding", "chunked") {
            return Body::Chunked;
        }
        let length = self.all("content-length").next().and_then(|length| length.parse().ok());
        length.map_or(otherwise, Body::Length)
    }
}

// === impl Answer ===

impl Answer {
    pub fn status(&self) -> u16 {
        self.head.status()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn get<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.head.get(name)
    }

    pub fn says(&self, name: &str, value: &str) -> bool {
        self.head.says(name, value)
    }
}
