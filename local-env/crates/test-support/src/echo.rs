//! Targets: HTTP servers on free ports of loopback that do what a test asks of them.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::BoxBody};
use hyper::{
    Request, Response,
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::AbortHandle,
};
use tokio_stream::wrappers::ReceiverStream;

/// An HTTP/1 server that answers each request with what it received: the request line and headers
/// as text, or its own body as it arrives where the path ends in `/echo`.
pub struct Echo {
    pub address: SocketAddr,
    pub connections: Arc<AtomicUsize>,
    pub requests: Arc<AtomicUsize>,
    accepting: AbortHandle,
}

impl Echo {
    pub async fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().expect("an address")).await
    }

    pub async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let mut target = Self {
            address: listener.local_addr().expect("an address"),
            connections: Arc::default(),
            requests: Arc::default(),
            accepting: tokio::spawn(async {}).abort_handle(),
        };
        let (connections, requests) = (target.connections.clone(), target.requests.clone());
        let accepting = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let (connections, requests) = (connections.clone(), requests.clone());
                let counted = AtomicBool::new(false);
                let service = service_fn(move |request: Request<Incoming>| {
                    let is_check = request
                        .headers()
                        .get("user-agent")
                        .is_some_and(|agent| agent.as_bytes().starts_with(b"ELB-HealthChecker"));
                    if !is_check {
                        requests.fetch_add(1, Ordering::Relaxed);
                        if !counted.swap(true, Ordering::Relaxed) {
                            connections.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    async move { Ok::<_, hyper::Error>(answer(request)) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        target.accepting = accepting.abort_handle();
        target
    }

    /// Listens no longer.
    pub fn stop(&self) {
        self.accepting.abort();
    }
}

fn answer(request: Request<Incoming>) -> Response<BoxBody<Bytes, hyper::Error>> {
    let body = if request.uri().path().ends_with("/echo") {
        request.into_body().boxed()
    } else {
        let mut text = format!("{} {} {:?}\n", request.method(), request.uri(), request.version());
        for (name, value) in request.headers() {
            let value = String::from_utf8_lossy(value.as_bytes());
            writeln!(text, "{name}: {value}").expect("text");
        }
        Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed()
    };
    Response::builder().header("server", "target").body(body).expect("a response")
}

/// A target that hands each connection to the test.
pub struct BareTarget {
    pub address: SocketAddr,
    listener: TcpListener,
}

impl BareTarget {
    pub async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self { address: listener.local_addr().expect("an address"), listener }
    }

    /// The next connection and the head of the request on it.
    pub async fn accept(&self) -> (TcpStream, String) {
        let (mut stream, _) = self.listener.accept().await.expect("a connection");
        let head = read_head(&mut stream).await;
        (stream, head)
    }
}

/// Reads up to the empty line.
async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Sends a request as it stands and reads what comes back until the connection is closed.
pub async fn raw_exchange(to: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(to).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// A request body that the test feeds.
pub fn fed_body() -> (mpsc::Sender<Result<Bytes, std::io::Error>>, reqwest::Body) {
    let (feed, pieces) = mpsc::channel(1);
    let stream = ReceiverStream::new(pieces);
    let frames =
        tokio_stream::StreamExt::map(stream, |piece: Result<Bytes, _>| piece.map(Frame::data));
    (feed, reqwest::Body::wrap(StreamBody::new(frames)))
}
