//! The proxy of one name and port: each connection goes to one task, and to another where that one
//! takes none.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use super::endpoints::SharedEndpoints;

/// How long a task may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How many tasks are tried besides the first one.
const RETRIES: usize = 2;
/// How long to wait before accepting connections again, where there are too many open files, say.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a client that is refused may go on sending.
const FAREWELL: Duration = Duration::from_secs(1);
/// What the proxy answers where there is no task, in Envoy's words.
const NOBODY: &str = "no healthy upstream";
/// What the proxy answers where no task accepts a connection, in Envoy's words.
const UNREACHABLE: &str = "upstream connect error or disconnect/reset before headers. reset \
                           reason: connection failure";

/// Serves a name's port for ever.
pub(super) async fn serve(listener: TcpListener, endpoints: SharedEndpoints, speaks_http: bool) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                let endpoints = endpoints.clone();
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

async fn connect(
    mut client: TcpStream,
    endpoints: &SharedEndpoints,
    speaks_http: bool,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    match upstream(endpoints).await {
        Ok(mut task) => copy_bidirectional(&mut client, &mut task).await.map(drop),
        Err(why) if speaks_http => refuse(client, why).await,
        Err(_) => Ok(()),
    }
}

/// Connects to a task, or returns what to answer in its place.
async fn upstream(endpoints: &SharedEndpoints) -> Result<TcpStream, &'static str> {
    for _ in 0..=RETRIES {
        let Some(address) = endpoints.with(|it| it.choose(Instant::now())) else {
            return Err(NOBODY);
        };
        match attempt(address).await {
            Ok(task) => {
                endpoints.with(|it| it.note_success(address));
                return Ok(task);
            }
            Err(error) => {
                tracing::debug!(%address, %error, "a task takes no connection");
                endpoints.with(|it| it.note_failure(address, Instant::now()));
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
