//! What all load balancers send requests to: as little as can answer.

use std::net::SocketAddr;

use miette::IntoDiagnostic as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Answers at these addresses for ever.
pub(crate) fn run(addresses: &[SocketAddr]) -> miette::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.into_diagnostic()?.block_on(async {
        for address in addresses {
            let listener = TcpListener::bind(address).await.into_diagnostic()?;
            tokio::spawn(accept(listener));
        }
        std::future::pending().await
    })
}

async fn accept(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream));
    }
}

/// One answer for each head; requests have no bodies here.
async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let body = "x".repeat(100);
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.set_nodelay(true)?;
    let mut head = Vec::with_capacity(4096);
    while stream.read_buf(&mut head).await? > 0 {
        if head.ends_with(b"\r\n\r\n") {
            head.clear();
            stream.write_all(answer.as_bytes()).await?;
        }
    }
    Ok(())
}
