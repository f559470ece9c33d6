//! Peers to be called.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::Request, middleware, middleware::Next, response::IntoResponse};
use reqwest::header::HeaderMap;
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpSocket, TcpStream},
    task::AbortHandle,
    time::timeout,
};

/// A peer that answers every request alike and counts them.
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    pub(crate) calls: Arc<AtomicUsize>,
    pub(crate) headers: Arc<Mutex<HeaderMap>>,
    task: AbortHandle,
}

/// Loopback addresses with one free port on all of them.
pub(crate) async fn listeners<const N: usize>() -> [TcpListener; N] {
    loop {
        let mut taken = Vec::new();
        let mut port = 0;
        for last in 2..N + 2 {
            let address = Ipv4Addr::new(127, 0, 0, u8::try_from(last).unwrap());
            let Ok(listener) = TcpListener::bind((address, port)).await else { break };
            port = listener.local_addr().unwrap().port();
            taken.push(listener);
        }
        if let Ok(all) = taken.try_into() {
            return all;
        }
    }
}

/// A peer that takes a request and hangs up without an answer.
pub(crate) fn hangs_up(listener: TcpListener) -> Arc<AtomicUsize> {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let _ = connection.read(&mut [0; 1024]).await;
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    calls
}

/// A peer whose connections neither succeed nor fail, as behind a security group: a queue that
/// nobody takes from, filled up. Deaf until dropped.
pub(crate) struct Deaf {
    pub(crate) address: SocketAddr,
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl Deaf {
    pub(crate) async fn at(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(address).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let (mut queue, patience) = (Vec::new(), Duration::from_millis(100));
        while let Ok(Ok(connection)) = timeout(patience, TcpStream::connect(address)).await {
            queue.push(connection);
        }
        Self { address, _listener: listener, _queue: queue }
    }
}

// === impl Backend ===

impl Backend {
    pub(crate) async fn start<R>(answer: impl Fn() -> R + Clone + Send + Sync + 'static) -> Self
    where
        R: IntoResponse + 'static,
    {
        let [listener] = listeners().await;
        Self::serve(listener, answer)
    }

    pub(crate) fn serve<R>(
        listener: TcpListener,
        answer: impl Fn() -> R + Clone + Send + Sync + 'static,
    ) -> Self
    where
        R: IntoResponse + 'static,
    {
        Self::route(listener, Router::new().fallback(async move || answer()))
    }

    pub(crate) fn route(listener: TcpListener, app: Router) -> Self {
        let address = listener.local_addr().unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let headers = Arc::new(Mutex::new(HeaderMap::new()));
        let (counter, seen) = (calls.clone(), headers.clone());
        let app = app.layer(middleware::from_fn(move |request: Request, next: Next| {
            counter.fetch_add(1, Ordering::SeqCst);
            seen.lock().unwrap().clone_from(request.headers());
            next.run(request)
        }));
        let task = tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, calls, headers, task: task.abort_handle() }
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// No longer takes connections.
    pub(crate) async fn kill(self) {
        self.task.abort();
        while TcpStream::connect(self.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}
