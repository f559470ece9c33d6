//! Health checks on the wire: `GET` on a connection of their own, one after another (alb §4.3).

use std::{io, net::SocketAddr, sync::Weak};

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep_until, timeout},
};

use super::{health::Outcome, target_group::TargetGroup};
use crate::stack::{HealthCheck, HealthCheckPort};

/// Checks a target for as long as it is registered.
pub(super) async fn run(group: Weak<TargetGroup>, check: HealthCheck, target: SocketAddr) {
    loop {
        let started = Instant::now();
        let outcome = match timeout(check.timeout, once(&check, target)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::TimedOut,
        };
        let Some(group) = group.upgrade() else { return };
        let Some(interval) = group.observe(target, &outcome) else { return };
        drop(group);
        sleep_until(started + interval).await;
    }
}

async fn once(check: &HealthCheck, target: SocketAddr) -> Outcome {
    let address = match check.port {
        HealthCheckPort::Traffic => target,
        HealthCheckPort::Port(port) => SocketAddr::new(target.ip(), port),
    };
    match TcpStream::connect(address).await {
        Ok(stream) => ask(check, address, stream).await.unwrap_or(Outcome::Broken),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Outcome::Refused,
        Err(_) => Outcome::Broken,
    }
}

async fn ask(
    check: &HealthCheck,
    address: SocketAddr,
    stream: TcpStream,
) -> Result<Outcome, hyper::Error> {
    let Some(request) = request(check, address) else { return Ok(Outcome::Broken) };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut response = std::pin::pin!(sender.send_request(request));
    let response = tokio::select! {
        biased;
        response = &mut response => response,
        // A connection that ends may have brought the answer with its last bytes.
        _ = connection => response.await,
    };
    Ok(Outcome::Answered(response?.status().as_u16()))
}

/// The host is the target's address, with its port unless that is HTTP's own.
fn request(check: &HealthCheck, address: SocketAddr) -> Option<Request<Empty<Bytes>>> {
    let host = if address.port() == 80 { address.ip().to_string() } else { address.to_string() };
    Request::builder()
        .uri(check.path.as_str())
        .header(header::HOST, host)
        .header(header::CONNECTION, "close")
        .header(header::USER_AGENT, HeaderValue::from_static("ELB-HealthChecker/2.0"))
        .body(Empty::new())
        .ok()
}
