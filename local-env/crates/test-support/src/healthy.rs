//! What answers health checks for targets that are healthy by decree, over HTTP/1.1 and HTTP/2.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};

use super::{h2_target, wire::Wire};

/// Serves until the test ends; gives the address.
pub async fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    address
}

async fn answer(stream: TcpStream) {
    let mut first = [0; 3];
    let seen = stream.peek(&mut first).await.unwrap_or(0);
    if first[..seen] == *b"PRI" {
        return h2_target::serve(stream, |_| 12).await;
    }
    let mut wire = Wire::served(stream);
    if wire.head().await.is_some() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        // A check that was given up needs no answer.
        let _ = wire.try_send(answer).await;
    }
}
