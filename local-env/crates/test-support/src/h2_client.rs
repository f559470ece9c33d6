//! An HTTP/2 client that also sees the frames that it gets.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use http::{HeaderMap, Request, Response, StatusCode};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    task::JoinHandle,
    time::timeout,
};

use super::{PATIENCE, tls::ClientStream};

/// The types of frames that tests ask for.
pub const GOAWAY: u8 = 7;

/// A connection.
pub struct H2 {
    requests: SendRequest<Bytes>,
    received: Arc<Mutex<Vec<u8>>>,
    connection: JoinHandle<()>,
}

/// A whole answer.
pub struct H2Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub trailers: HeaderMap,
}

/// A stream whose received bytes are kept.
struct Tap {
    stream: ClientStream,
    received: Arc<Mutex<Vec<u8>>>,
}

/// A GET.
pub fn get(path: &str) -> Request<()> {
    request("GET", path)
}

pub fn request(method: &str, path: &str) -> Request<()> {
    let uri = format!("https://shop.example{path}");
    Request::builder().method(method).uri(uri).body(()).expect("a request")
}

// === impl H2 ===

impl H2 {
    pub async fn new(stream: ClientStream) -> Self {
        let received = Arc::<Mutex<Vec<u8>>>::default();
        let tap = Tap { stream, received: Arc::clone(&received) };
        let (requests, connection) = h2::client::handshake(tap).await.expect("a handshake");
        let connection = tokio::spawn(async move {
            // How it ended is to be seen in the frames.
            let _ = connection.await;
        });
        Self { requests, received, connection }
    }

    pub async fn get(&self, path: &str) -> H2Answer {
        self.send(get(path), "").await.expect("an answer")
    }

    /// Sends a request with its body; the answer once it is complete.
    pub async fn send(&self, request: Request<()>, body: &str) -> Result<H2Answer, h2::Error> {
        let response = self.begin(request, body).await?;
        let response = timeout(PATIENCE, response).await.expect("an answer")?;
        timeout(PATIENCE, whole(response)).await.expect("a whole answer")
    }

    /// Sends a request and does not wait for its answer.
    pub async fn begin(
        &self,
        request: Request<()>,
        body: &str,
    ) -> Result<ResponseFuture, h2::Error> {
        let mut requests = self.requests.clone().ready().await?;
        let (response, mut stream) = requests.send_request(request, body.is_empty())?;
        if !body.is_empty() {
            stream.send_data(Bytes::copy_from_slice(body.as_bytes()), true)?;
        }
        Ok(response)
    }

    /// Waits for the end of the connection.
    pub async fn end(&mut self) {
        timeout(PATIENCE, &mut self.connection).await.expect("the connection ends").unwrap();
    }

    /// The types of the frames received so far.
    pub fn frames(&self) -> Vec<u8> {
        let received = self.received.lock().unwrap();
        let mut rest = received.as_slice();
        let mut types = Vec::new();
        while let [a, b, c, kind, ..] = *rest {
            types.push(kind);
            let length = u32::from_be_bytes([0, a, b, c]) as usize;
            rest = rest.get(9 + length..).unwrap_or_default();
        }
        types
    }
}

async fn whole(response: Response<h2::RecvStream>) -> Result<H2Answer, h2::Error> {
    let (parts, mut stream) = response.into_parts();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data?;
        stream.flow_control().release_capacity(data.len())?;
        body.extend_from_slice(&data);
    }
    let trailers = stream.trailers().await?.unwrap_or_default();
    Ok(H2Answer { status: parts.status, headers: parts.headers, body, trailers })
}

// === impl Tap ===

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.received.lock().unwrap().extend_from_slice(&buffer.filled()[before..]);
        read
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
