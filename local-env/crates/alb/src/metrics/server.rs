//! `GET /metrics`, in Prometheus' text format.

use std::{
    collections::BTreeMap, convert::Infallible, fmt::Write as _, io, net::SocketAddr, sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

use super::{Metrics, Sample};

/// What the names of all metrics begin with.
const PREFIX: &str = "aws_applicationelb_";
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4");
/// How long a client may take over its request.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause before the next attempt to accept connections, where there are too many open files,
/// say.
const BREATH: Duration = Duration::from_millis(100);

/// The metrics' endpoint at work; it ends when this is dropped.
pub struct MetricsServer {
    address: SocketAddr,
    _serving: AbortOnDropHandle<()>,
}

/// An address that can't be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for metrics")]
pub struct MetricsBindError {
    /// Where it was tried.
    pub address: SocketAddr,
    /// What the operating system says.
    #[source]
    pub source: io::Error,
}

// === impl MetricsServer ===

impl MetricsServer {
    /// Listens on `address`, port 0 being any free one, and tells of these load balancers.
    pub async fn start(
        address: SocketAddr,
        metrics: Vec<Arc<Metrics>>,
    ) -> Result<Self, MetricsBindError> {
        let failed = |source| MetricsBindError { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let serving = tokio::spawn(serve(listener, metrics.into()));
        Ok(Self { address, _serving: AbortOnDropHandle::new(serving) })
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn serve(listener: TcpListener, metrics: Arc<[Arc<Metrics>]>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(connection(stream, Arc::clone(&metrics)))),
            Err(error) => {
                tracing::debug!(%error, "a connection for metrics was not accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, metrics: Arc<[Arc<Metrics>]>) {
    let service = service_fn(|request: Request<Incoming>| {
        let answer = answer(request.uri().path(), &metrics);
        async move { Ok::<_, Infallible>(answer) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection for metrics ended");
    }
}

fn answer(path: &str, metrics: &[Arc<Metrics>]) -> Response<Full<Bytes>> {
    if path == "/metrics" {
        let mut response = Response::new(Full::from(exposition(metrics)));
        response.headers_mut().insert(header::CONTENT_TYPE, CONTENT_TYPE);
        return response;
    }
    let mut response = Response::new(Full::from("the metrics are at /metrics\n"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Writes all samples, those of one metric together.
fn exposition(metrics: &[Arc<Metrics>]) -> String {
    let mut by_name: BTreeMap<&str, Vec<Sample<'_>>> = BTreeMap::new();
    for sample in metrics.iter().flat_map(|metrics| metrics.samples()) {
        by_name.entry(sample.name).or_default().push(sample);
    }
    let mut text = String::new();
    for (name, samples) in by_name {
        let counts = ["_total", "_sum", "_count"].iter().any(|end| name.ends_with(end));
        let kind = if counts { "counter" } else { "gauge" };
        let cloudwatch = samples.first().map_or("", |sample| sample.cloudwatch);
        // Writing to a string does not fail.
        let _written = write!(
            text,
            "# HELP {PREFIX}{name} CloudWatch's {cloudwatch}.\n# TYPE {PREFIX}{name} {kind}\n"
        );
        for sample in samples {
            let _written = writeln!(text, "{PREFIX}{name}{{{}}} {}", labels(&sample), sample.value);
        }
    }
    text
}

fn labels(sample: &Sample<'_>) -> String {
    let balancer = format!("load_balancer=\"{}\"", escaped(sample.load_balancer));
    match sample.target_group {
        Some(group) => format!("{balancer},target_group=\"{}\"", escaped(group)),
        None => balancer,
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_is_explained_once_and_told_for_each_load_balancer() {
        let balancers = [Metrics::new("app/a/1", 1), Metrics::new("app/\"b\"/2", 1)];
        balancers[1].shard(0).unwrap().count_status(503);
        let text = exposition(&balancers);
        let name = "aws_applicationelb_httpcode_elb_503_total";
        let expected = format!(
            "# HELP {name} CloudWatch's HTTPCode_ELB_503_Count.\n# TYPE {name} counter\n\
             {name}{{load_balancer=\"app/a/1\"}} 0\n{name}{{load_balancer=\"app/\\\"b\\\"/2\"}} 1\n"
        );
        assert!(text.contains(&expected), "{text}");
    }

    #[test]
    fn other_paths_are_not_found() {
        assert_eq!(answer("/", &[]).status(), StatusCode::NOT_FOUND);
        assert_eq!(answer("/metrics", &[]).status(), StatusCode::OK);
    }
}
