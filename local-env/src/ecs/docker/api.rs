//! The way to a Docker Engine: its API over HTTP, a connection a request.
//!
//! Of its hundreds of calls and types a few are needed here ([`super::model`]); a client for all of
//! them takes longer to compile than the load balancer. Paths name no version of the API, so that an
//! engine answers in its own.

use std::{env, io, path::PathBuf, time::Duration};

use bytes::Bytes;
use http::{
    Method, Request, Response, StatusCode, Uri,
    header::{CONNECTION, CONTENT_TYPE, HOST, UPGRADE},
};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http1, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    time::timeout,
};

use super::model::Message;

const DEFAULT_HOST: &str = "unix:///var/run/docker.sock";
/// The longest that an engine may take until it begins to answer.
const LIMIT: Duration = Duration::from_secs(120);
const JSON: &str = "application/json";
const TAR: &str = "application/x-tar";
/// The characters that are escaped in a path: not those of an image's name.
const ESCAPED: AsciiSet =
    NON_ALPHANUMERIC.remove(b'/').remove(b':').remove(b'.').remove(b'-').remove(b'_').remove(b'@');

/// The output of a container or of a command in one, as it comes.
pub(super) type Output = TokioIo<Upgraded>;

/// The address of an engine. Nothing is connected until something is asked.
#[derive(Clone, Debug)]
pub(super) enum Api {
    Unix(PathBuf),
    /// Host and port.
    Tcp(String),
}

/// The reason why there is no answer, or none that helps.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    #[error("DOCKER_HOST is {0}; name unix:///path/to/socket or tcp://host:port")]
    Host(String),
    #[error("cannot connect to {at}: {source}")]
    Connect { at: String, source: io::Error },
    #[error("it has not answered within {} s", LIMIT.as_secs())]
    TooSlow,
    /// The engine's own words.
    #[error("{message}")]
    Refused { status: StatusCode, message: String },
    #[error("it cannot be asked for {path}")]
    Path { path: String, source: http::Error },
    #[error("it cannot be asked: {0}")]
    Unwritable(serde_json::Error),
    #[error("its answer cannot be read: {0}")]
    Unreadable(serde_json::Error),
    #[error("the connection broke: {0}")]
    Broken(#[from] hyper::Error),
}

/// The body of a request.
pub(super) enum Body<'a, T> {
    None,
    Json(&'a T),
    Archive(&'static [u8]),
    /// JSON too, and the connection becomes the engine's output.
    Output(&'a T),
}

/// The body of a request that has none.
pub(super) const NOTHING: Body<'static, ()> = Body::None;

/// Returns a value as it stands in a query.
pub(super) fn encoded(value: &str) -> impl std::fmt::Display {
    utf8_percent_encode(value, NON_ALPHANUMERIC)
}

/// Returns a name as it stands in a path.
pub(super) fn segment(name: &str) -> impl std::fmt::Display {
    utf8_percent_encode(name, &ESCAPED)
}

// === impl Api ===

impl Api {
    /// Returns the engine that `DOCKER_HOST` names, or this machine's.
    pub(super) fn from_environment() -> Result<Self, ApiError> {
        Self::at(env::var("DOCKER_HOST").as_deref().unwrap_or(DEFAULT_HOST))
    }

    fn at(host: &str) -> Result<Self, ApiError> {
        if let Some(path) = host.strip_prefix("unix://") {
            return Ok(Self::Unix(path.into()));
        }
        let address = host.strip_prefix("tcp://").or_else(|| host.strip_prefix("http://"));
        let address = address.map(|it| it.trim_end_matches('/')).filter(|it| !it.is_empty());
        address.map(|it| Self::Tcp(it.to_owned())).ok_or_else(|| ApiError::Host(host.to_owned()))
    }

    /// Returns the answer, read as JSON.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Body<'_, impl Serialize>,
    ) -> Result<T, ApiError> {
        let answer = self.done(method, path, body).await?;
        serde_json::from_slice(&answer).map_err(ApiError::Unreadable)
    }

    /// Returns the whole answer once the engine is done.
    pub(super) async fn done(
        &self,
        method: Method,
        path: &str,
        body: Body<'_, impl Serialize>,
    ) -> Result<Bytes, ApiError> {
        let response = self.send(method, path, body).await?;
        Ok(response.into_body().collect().await?.to_bytes())
    }

    /// Returns the connection that an output comes by until it ends.
    pub(super) async fn output(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Output, ApiError> {
        let response = self.send(Method::POST, path, Body::Output(body)).await?;
        Ok(TokioIo::new(hyper::upgrade::on(response).await?))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Body<'_, impl Serialize>,
    ) -> Result<Response<Incoming>, ApiError> {
        let request = request(method, path, &body)?;
        let connect = |source| ApiError::Connect { at: self.to_string(), source };
        let asking = async {
            match self {
                Self::Unix(path) => {
                    exchange(UnixStream::connect(path).await.map_err(connect)?, request).await
                }
                Self::Tcp(address) => {
                    exchange(TcpStream::connect(address).await.map_err(connect)?, request).await
                }
            }
        };
        let response = timeout(LIMIT, asking).await.map_err(|_| ApiError::TooSlow)??;
        let status = response.status();
        if status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(response);
        }
        let said = response.into_body().collect().await?.to_bytes();
        let message = serde_json::from_slice::<Message>(&said).map(|it| it.message);
        let message = message.unwrap_or_else(|_| String::from_utf8_lossy(&said).into_owned());
        Err(ApiError::Refused { status, message })
    }
}

impl std::fmt::Display for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(f),
            Self::Tcp(address) => address.fmt(f),
        }
    }
}

fn request(
    method: Method,
    path: &str,
    body: &Body<'_, impl Serialize>,
) -> Result<Request<Full<Bytes>>, ApiError> {
    let mut request = Request::builder().method(method).header(HOST, "localhost");
    if matches!(body, Body::Output(_)) {
        request = request.header(CONNECTION, "Upgrade").header(UPGRADE, "tcp");
    }
    let (kind, bytes) = match body {
        Body::None => (JSON, Bytes::new()),
        Body::Archive(archive) => (TAR, Bytes::from_static(archive)),
        Body::Json(value) | Body::Output(value) => {
            (JSON, serde_json::to_vec(value).map_err(ApiError::Unwritable)?.into())
        }
    };
    let uri = path.parse::<Uri>().map_err(http::Error::from);
    uri.and_then(|uri| request.uri(uri).header(CONTENT_TYPE, kind).body(Full::new(bytes)))
        .map_err(|source| ApiError::Path { path: path.to_owned(), source })
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, ApiError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the answer, or with the output that it has become; who reads hears of its errors.
    tokio::spawn(connection.with_upgrades());
    Ok(sender.send_request(request).await?)
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    #[test]
    fn a_host_is_a_socket_or_an_address() {
        let shown = |host| Api::at(host).map(|api| api.to_string()).map_err(|it| it.to_string());
        assert_eq!(shown("unix:///run/docker.sock").as_deref(), Ok("/run/docker.sock"));
        assert_eq!(shown("tcp://127.0.0.1:2375").as_deref(), Ok("127.0.0.1:2375"));
        assert_eq!(shown("http://127.0.0.1:2375/").as_deref(), Ok("127.0.0.1:2375"));
        for host in ["ssh://somewhere", "tcp://", ""] {
            assert!(shown(host).unwrap_err().contains("name unix:///path/to/socket"), "{host}");
        }
    }

    /// Starts an engine that takes one request, without a body or with `null`, and answers so; the
    /// task returns what it was asked.
    async fn engine(answer: &'static str) -> (Api, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = Api::at(&format!("tcp://{}", listener.local_addr().unwrap())).unwrap();
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let end =
                |asked: &str| if asked.starts_with("GET") { "\r\n\r\n" } else { "\r\n\r\nnull" };
            let mut asked = String::new();
            while !asked.ends_with(end(&asked)) {
                asked.push(char::from(stream.read_u8().await.unwrap()));
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            asked
        });
        (api, asked)
    }

    #[tokio::test]
    async fn a_refusal_is_told_in_the_engines_words() {
        let (api, asked) = engine(
            "HTTP/1.1 409 Conflict\r\nContent-Length: 24\r\n\r\n{\"message\":\"it is gone\"}",
        )
        .await;
        let path = format!("/images/{}/json?a={}", segment("team/a:1"), encoded("b&c=d"));
        let error = api.ask::<Message>(Method::GET, &path, NOTHING).await.unwrap_err();
        assert_eq!(error.to_string(), "it is gone");
        assert!(matches!(error, ApiError::Refused { status: StatusCode::CONFLICT, .. }));
        let asked = asked.await.unwrap();
        assert!(asked.starts_with("GET /images/team/a:1/json?a=b%26c%3Dd HTTP/1.1"), "{asked}");
    }

    #[tokio::test]
    async fn an_output_comes_by_the_same_connection() {
        let answer = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nlater";
        let (api, asked) = engine(answer).await;
        let mut output = api.output("/exec/1/start", &()).await.unwrap();
        let mut said = String::new();
        output.read_to_string(&mut said).await.unwrap();
        assert_eq!(said, "later");
        assert!(asked.await.unwrap().to_lowercase().contains("upgrade: tcp"));
    }
}
