//! Opening a connection to a target.

use std::{net::SocketAddr, rc::Rc, sync::Arc, time::Duration};

use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use super::Failure;
use crate::wire::{Stream, Wire};

/// Connects, over TLS if there is a configuration for it, each step within `limit`.
pub(super) async fn connect(
    target: SocketAddr,
    tls: Option<&Arc<rustls::ClientConfig>>,
    limit: Duration,
) -> Result<Rc<Wire>, Failure> {
    let stream = match timeout(limit, TcpStream::connect(target)).await {
        Ok(stream) => stream.map_err(Failure::Connect)?,
        Err(_) => return Err(Failure::ConnectTimeout),
    };
    stream.set_nodelay(true).map_err(Failure::Connect)?;
    let stream = match tls {
        None => Stream::Plain(stream),
        Some(config) => Stream::Client(Box::new(greet(target, config, stream, limit).await?)),
    };
    Ok(Rc::new(Wire::new(stream)))
}

async fn greet(
    target: SocketAddr,
    config: &Arc<rustls::ClientConfig>,
    stream: TcpStream,
    limit: Duration,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Failure> {
    let name = ServerName::IpAddress(target.ip().into());
    match timeout(limit, TlsConnector::from(Arc::clone(config)).connect(name, stream)).await {
        Ok(stream) => stream.map_err(Failure::Tls),
        Err(_) => Err(Failure::TlsTimeout),
    }
}
