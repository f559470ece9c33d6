//! A target that answers each request with the very bytes that it received, and remembers them.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
};

use tokio::{net::TcpListener, sync::watch, task::AbortHandle};
use tokio_rustls::TlsAcceptor;

use super::{
    eventually, tls,
    wire::{Head, Wire},
};

/// Answers until it is dropped or stopped.
pub struct Target {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    held: watch::Sender<bool>,
    accepting: AbortHandle,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub head: Head,
    pub body: Vec<u8>,
}

struct Shared {
    seen: Mutex<Vec<Seen>>,
    answer: Mutex<Option<Vec<u8>>>,
    connections: AtomicUsize,
    checks: AtomicUsize,
    health: AtomicU16,
}

// === impl Target ===

impl Target {
    pub async fn start() -> Self {
        Self::accepting(anywhere(), None).await
    }

    pub async fn at(address: SocketAddr) -> Self {
        Self::accepting(address, None).await
    }

    /// Over TLS, with a certificate that nobody should trust.
    pub async fn tls() -> Self {
        Self::accepting(anywhere(), Some(tls::expired())).await
    }

    async fn accepting(address: SocketAddr, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::new());
        let (held, answers_held) = watch::channel(false);
        let serving = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, held, tls) = (Arc::clone(&serving), answers_held.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => shared.serve(Wire::served(stream), held).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                shared.serve(Wire::served(stream), held).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, shared, held, accepting: accepting.abort_handle() }
    }

    /// Answers this to everything but checks from now on.
    pub fn answer(&self, answer: impl Into<Vec<u8>>) {
        *self.shared.answer.lock().unwrap() = Some(answer.into());
    }

    /// The status of its answers to checks.
    pub fn set_health(&self, status: u16) {
        self.shared.health.store(status, Ordering::Relaxed);
    }

    /// Whether answers are held back.
    pub fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// The requests that were not checks.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.shared.seen.lock().unwrap().len()
    }

    /// The head of the last request.
    pub fn last(&self) -> Head {
        self.seen().pop().expect("a request").head
    }

    pub async fn until_seen(&self, count: usize) {
        eventually("the target's requests", async || self.count() >= count).await;
    }

    /// How many connections requests came on that were not checks.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    pub fn checks(&self) -> usize {
        self.shared.checks.load(Ordering::Relaxed)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

// === impl Shared ===

impl Shared {
    fn new() -> Self {
        Self {
            seen: Mutex::default(),
            answer: Mutex::default(),
            connections: AtomicUsize::new(0),
            checks: AtomicUsize::new(0),
            health: AtomicU16::new(200),
        }
    }

    async fn serve(&self, mut wire: Wire, mut held: watch::Receiver<bool>) {
        let mut counted = false;
        while let Some(head) = wire.head().await {
            let Some(body) = wire.request_body(&head).await else { return };
            if head.all("user-agent").any(|agent| agent.starts_with("ELB-HealthChecker")) {
                self.checks.fetch_add(1, Ordering::Relaxed);
                let status = self.health.load(Ordering::Relaxed);
                let answer = format!("HTTP/1.1 {status} Checked\r\nContent-Length: 0\r\n\r\n");
                if wire.try_send(answer.as_bytes()).await.is_err() {
                    return;
                }
                continue;
            }
            if !counted {
                self.connections.fetch_add(1, Ordering::Relaxed);
                counted = true;
            }
            let answer = self.answer.lock().unwrap().clone();
            let answer = answer.unwrap_or_else(|| echo(&head, &body));
            self.seen.lock().unwrap().push(Seen { head, body });
            if held.wait_for(|held| !*held).await.is_err() {
                return;
            }
            let text = String::from_utf8_lossy(&answer).to_ascii_lowercase();
            let closes = text.contains("\r\nconnection: close\r\n");
            if wire.try_send(&answer).await.is_err() || closes {
                return;
            }
        }
    }
}

/// Any free port.
fn anywhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// An answer whose body is the request.
fn echo(head: &Head, body: &[u8]) -> Vec<u8> {
    let request = [head.as_str().as_bytes(), body].concat();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", request.len());
    [answer.into_bytes(), request].concat()
}
