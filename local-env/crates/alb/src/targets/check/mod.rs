//! Health checks on the wire: a request on a connection of its own, again and again (alb §4.3).

use std::{future::poll_fn, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, header};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, sleep_until, timeout},
};
use tokio_rustls::TlsConnector;

use super::{any_certificate, health::CheckOutcome};
use stack::{self, HealthCheckPort, Matcher, ProtocolVersion, TargetProtocol};

const USER_AGENT: HeaderValue = HeaderValue::from_static("ELB-HealthChecker/2.0");

/// What stands in the way of an answer.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// Checks a target again and again and reports what each check found, until the report is answered
/// with `None`: otherwise with how long after its start the next check comes, however long the answer
/// took. Only where waits are shortened can that take longer than the interval, and then the next
/// check waits for it, or a pause that AWS would not notice would fail several checks at once.
pub(super) async fn run(
    model: Arc<stack::TargetGroup>,
    target: SocketAddr,
    report: impl Fn(&CheckOutcome) -> Option<Duration>,
) {
    loop {
        let started = Instant::now();
        let outcome = match timeout(model.health_check.timeout, once(&model, target)).await {
            Ok(outcome) => outcome,
            Err(_) => CheckOutcome::TimedOut,
        };
        let Some(interval) = report(&outcome) else { return };
        sleep_until(started + interval).await;
    }
}

/// Checks a target once, and returns what that found.
async fn once(model: &stack::TargetGroup, target: SocketAddr) -> CheckOutcome {
    let address = match model.health_check.port {
        HealthCheckPort::Traffic => target,
        HealthCheckPort::Port(port) => SocketAddr::new(target.ip(), port),
    };
    let answered = match TcpStream::connect(address).await {
        Ok(stream) => ask(model, address, stream).await,
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            return CheckOutcome::Refused;
        }
        Err(_) => return CheckOutcome::Broken,
    };
    answered.unwrap_or_else(|error| {
        tracing::debug!(%address, %error, "a health check got no answer");
        CheckOutcome::Broken
    })
}

async fn ask(
    model: &stack::TargetGroup,
    address: SocketAddr,
    stream: TcpStream,
) -> Result<CheckOutcome, Error> {
    if model.health_check.protocol == TargetProtocol::Http {
        return speak(model, address, "http", stream).await;
    }
    let protocols: &[&[u8]] = match model.version {
        ProtocolVersion::Http1 => &[],
        _ => &[b"h2"],
    };
    let connector = TlsConnector::from(any_certificate(protocols));
    let stream = connector.connect(ServerName::IpAddress(address.ip().into()), stream).await?;
    speak(model, address, "https", stream).await
}

async fn speak<S>(
    model: &stack::TargetGroup,
    address: SocketAddr,
    scheme: &str,
    stream: S,
) -> Result<CheckOutcome, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match model.version {
        ProtocolVersion::Http1 => over_http1(model, address, scheme, stream).await,
        _ => over_http2(model, address, scheme, stream).await,
    }
}

async fn over_http1<S>(
    model: &stack::TargetGroup,
    address: SocketAddr,
    scheme: &str,
    stream: S,
) -> Result<CheckOutcome, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let request = Request::builder()
        .uri(model.health_check.path.as_str())
        .header(header::HOST, host(address, scheme))
        .header(header::CONNECTION, "close")
        .header(header::USER_AGENT, USER_AGENT)
        .body(Empty::<Bytes>::new())?;
    let (mut sender, connection) =
        http1::Builder::new().title_case_headers(true).handshake(TokioIo::new(stream)).await?;
    let mut response = std::pin::pin!(sender.send_request(request));
    let response = tokio::select! {
        biased;
        response = &mut response => response,
        // A connection that ends may have brought the answer with its last bytes.
        _ = connection => response.await,
    };
    Ok(CheckOutcome::Answered(response?.status().as_u16()))
}

async fn over_http2<S>(
    model: &stack::TargetGroup,
    address: SocketAddr,
    scheme: &str,
    stream: S,
) -> Result<CheckOutcome, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let uri = format!("{scheme}://{}{}", host(address, scheme), model.health_check.path);
    let grpc = matches!(model.health_check.matcher, Matcher::Grpc(_));
    let mut request = Request::builder().uri(uri).header(header::USER_AGENT, USER_AGENT);
    if grpc {
        request = request
            .method("POST")
            .header(header::CONTENT_TYPE, "application/grpc")
            .header(header::TE, "trailers");
    }
    let (sender, connection) = h2::client::handshake(stream).await?;
    let answered = async {
        let mut sender = sender.ready().await?;
        let (response, mut body) = sender.send_request(request.body(())?, !grpc)?;
        if grpc {
            // An empty message: its five bytes say that it is not compressed and has no length.
            body.send_data(Bytes::from_static(&[0; 5]), true)?;
        }
        let response = response.await?;
        if grpc { code(response).await } else { Ok(response.status().as_u16()) }
    };
    let mut answered = std::pin::pin!(answered);
    let code: Result<u16, Error> = tokio::select! {
        biased;
        code = &mut answered => code,
        _ = connection => answered.await,
    };
    Ok(CheckOutcome::Answered(code?))
}

/// Returns the code of a gRPC call, which stands in the trailers, or in the headers of an answer
/// without a body.
async fn code(response: http::Response<h2::RecvStream>) -> Result<u16, Error> {
    let status = |headers: &HeaderMap| headers.get("grpc-status")?.to_str().ok()?.parse().ok();
    let (parts, mut body) = response.into_parts();
    if let Some(code) = status(&parts.headers) {
        return Ok(code);
    }
    while let Some(data) = body.data().await {
        body.flow_control().release_capacity(data?.len())?;
    }
    let trailers = poll_fn(|cx| body.poll_trailers(cx)).await?;
    trailers.as_ref().and_then(status).ok_or_else(|| "the answer has no grpc-status".into())
}

/// Returns the target's address, with its port unless that is the protocol's own.
fn host(address: SocketAddr, scheme: &str) -> String {
    match (scheme, address.port()) {
        ("http", 80) | ("https", 443) => match address {
            SocketAddr::V4(address) => address.ip().to_string(),
            SocketAddr::V6(address) => format!("[{}]", address.ip()),
        },
        _ => address.to_string(),
    }
}

#[cfg(test)]
mod tests;
