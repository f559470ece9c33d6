//! A target that the test plays by hand.

use std::net::SocketAddr;

use tokio::{net::TcpListener, time::timeout};

use super::{
    PATIENCE,
    wire::{Head, Wire},
};

/// Hands each connection to the test.
pub struct RawTarget {
    pub address: SocketAddr,
    listener: TcpListener,
}

// === impl RawTarget ===

impl RawTarget {
    pub async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self { address: listener.local_addr().expect("an address"), listener }
    }

    pub async fn connection(&self) -> Wire {
        let accepted = timeout(PATIENCE, self.listener.accept()).await;
        Wire::new(accepted.expect("somebody connects").expect("a connection").0)
    }

    /// The next connection and the head of the request on it.
    pub async fn accept(&self) -> (Wire, Head) {
        let mut connection = self.connection().await;
        let head = connection.head().await.expect("a request");
        (connection, head)
    }

    /// Answers the next request on a new connection, and keeps that open.
    pub async fn answer(&self, answer: impl AsRef<[u8]>) -> (Wire, Head) {
        let (mut connection, head) = self.accept().await;
        connection.send(answer).await;
        (connection, head)
    }
}
