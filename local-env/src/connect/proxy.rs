//! The proxy of one name and port: each connection goes to one task, and to another where that one
//! takes none.

use std::{
    io,
    net::SocketAddr,
    sync::PoisonError,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use super::{Endpoints, Shared};

/// A task that has not taken a connection by then is tried no longer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Tasks that are tried besides the first one.
const RETRIES: usize = 2;
/// After a listener's mistake, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a client that is refused may go on talking.
const FAREWELL: Duration = Duration::from_secs(1);
/// What the proxy answers in a task's place, in Envoy's words.
const NOBODY: &str = "no healthy upstream";
const UNREACHABLE: &str = "upstream connect error or disconnect/reset before headers. reset \
                           reason: connection failure";

pub(super) async fn serve(listener: TcpListener, endpoints: Shared, speaks_http: bool) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                let endpoints = Shared::clone(&endpoints);
                tokio::spawn(async move {
                    if let Err(error) = connect(client, &endpoints, speaks_http).await {
                        tracing::debug!(%error, "a connection broke off");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn connect(mut client: TcpStream, endpoints: &Shared, speaks_http: bool) -> io::Result<()> {
    client.set_nodelay(true)?;
    match upstream(endpoints).await {
        Ok(mut task) => copy_bidirectional(&mut client, &mut task).await.map(drop),
        Err(why) if speaks_http => refuse(client, why).await,
        Err(_) => Ok(()),
    }
}

/// A connection to a task, or why there is none.
async fn upstream(endpoints: &Shared) -> Result<TcpStream, &'static str> {
    for _ in 0..=RETRIES {
        let Some(address) = with(endpoints, |it| it.choose(Instant::now())) else {
            return Err(NOBODY);
        };
        match attempt(address).await {
            Ok(task) => {
                with(endpoints, |it| it.succeeded(address));
                return Ok(task);
            }
            Err(error) => {
                tracing::debug!(%address, %error, "a task takes no connection");
                with(endpoints, |it| it.failed(address, Instant::now()));
            }
        }
    }
    Err(UNREACHABLE)
}

async fn attempt(address: SocketAddr) -> io::Result<TcpStream> {
    let task = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await??;
    task.set_nodelay(true)?;
    Ok(task)
}

async fn refuse(mut client: TcpStream, why: &str) -> io::Result<()> {
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: {}\r\ncontent-type: text/plain\r\n\
         server: envoy\r\nconnection: close\r\n\r\n{why}",
        why.len()
    );
    // An answer before any question is none.
    let mut rest = [0; 1024];
    let _ = timeout(FAREWELL, client.read(&mut rest)).await;
    client.write_all(answer.as_bytes()).await?;
    client.shutdown().await?;
    // What is not read would have the answer thrown away.
    let reading = async { while client.read(&mut rest).await.is_ok_and(|read| read > 0) {} };
    let _ = timeout(FAREWELL, reading).await;
    Ok(())
}

fn with<T>(endpoints: &Shared, act: impl FnOnce(&mut Endpoints) -> T) -> T {
    // No holder of this lock can panic half-way through a change.
    act(&mut endpoints.lock().unwrap_or_else(PoisonError::into_inner))
}
