//! An entry of the access log: plain data, from which a line is written in either format.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, SystemTime},
};

use crate::{desync::Classification, record::Priority, targets::TargetGroup};

/// A request and what became of it (alb §9.1).
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// `app/NAME/ID`.
    pub load_balancer: &'a str,
    /// What the client spoke.
    pub kind: EntryKind,
    /// The date at which the answer was complete.
    pub finished: SystemTime,
    /// The date at which the request's head had come.
    pub created: SystemTime,
    /// The connection's other end.
    pub client: SocketAddr,
    /// The target that was chosen, if one was.
    pub target: Option<SocketAddr>,
    /// This is the target group of that target.
    pub target_group: Option<&'a TargetGroup>,
    /// It took so long from the request's head to its being sent to the target.
    pub request_time: Option<Duration>,
    /// It took so long from then to the head of the target's answer.
    pub target_time: Option<Duration>,
    /// It took so long from then to the end of the answer.
    pub response_time: Option<Duration>,
    /// What the client was answered.
    pub status: u16,
    /// What the target answered.
    pub target_status: Option<u16>,
    /// The bytes that the client sent.
    pub received: u64,
    /// The bytes that the client was sent.
    pub sent: u64,
    /// The request line; `None` for what was no request.
    pub request: Option<RequestLine<'a>>,
    /// `http` or `https`.
    pub scheme: &'a str,
    /// The host without its port; the load balancer's own where the client named none.
    pub host: &'a [u8],
    /// The listener's port in AWS.
    pub port: u16,
    /// The `User-Agent` header.
    pub user_agent: Option<&'a [u8]>,
    /// What was agreed on over TLS.
    pub tls: Option<Tls<'a>>,
    /// The `X-Amzn-Trace-Id` that the target got, or would have got.
    pub trace_id: Option<&'a [u8]>,
    /// Which rule took it.
    pub priority: Priority,
    /// What was done.
    pub action: Option<&'static str>,
    /// Where the client was redirected to.
    pub redirect_url: Option<&'a [u8]>,
    /// AWS's code for what went wrong, where it has one.
    pub error_reason: Option<&'static str>,
    /// How differently servers might have read it.
    pub classification: Classification,
    /// The connection's own number.
    pub connection: u128,
    /// What a transform made of the host.
    pub transformed_host: Option<&'a [u8]>,
    /// What a transform made of path and query.
    pub transformed_uri: Option<&'a [u8]>,
    /// How the transforms went.
    pub transform_status: Option<&'static str>,
    /// Where the listener is.
    pub node: IpAddr,
}

/// The first line of a request, as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct RequestLine<'a> {
    /// The method.
    pub method: &'a [u8],
    /// The request target.
    pub target: &'a [u8],
    /// `HTTP/1.1`.
    pub version: &'static str,
}

/// What was agreed on with a client over TLS, in OpenSSL's words.
#[derive(Clone, Copy, Debug)]
pub struct Tls<'a> {
    /// The cipher suite.
    pub cipher: &'a str,
    /// `TLSv1.3`.
    pub protocol: &'a str,
    /// The name that the client asked for, if a certificate has it.
    pub domain: Option<&'a str>,
    /// The certificate that it was shown.
    pub certificate: Option<&'a str>,
}

/// What a client spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// HTTP/1 in the clear.
    Http,
    /// HTTP/1 over TLS.
    Https,
    /// HTTP/2.
    H2,
    /// gRPC.
    Grpcs,
    /// WebSocket in the clear.
    Ws,
    /// WebSocket over TLS.
    Wss,
}

// === impl EntryKind ===

impl EntryKind {
    /// Returns the name that the log has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::H2 => "h2",
            Self::Grpcs => "grpcs",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }
}
