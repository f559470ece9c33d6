use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::*;

const GRPC: Matcher = Matcher::Grpc(Vec::new());

fn group(
    protocol: TargetProtocol,
    version: ProtocolVersion,
    matcher: Matcher,
) -> stack::TargetGroup {
    let mut model = stack::TargetGroup { version, ..stack::TargetGroup::named("web") };
    model.health_check.protocol = protocol;
    model.health_check.path = "/ok?deep=1".into();
    model.health_check.matcher = matcher;
    model
}

fn plain(version: ProtocolVersion, matcher: Matcher) -> stack::TargetGroup {
    group(TargetProtocol::Http, version, matcher)
}

fn http() -> Matcher {
    Matcher::Http(vec![200..=200])
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A server whose certificate nobody has signed, and which speaks this protocol.
fn acceptor(protocol: &[u8]) -> TlsAcceptor {
    let certified = rcgen::generate_simple_self_signed(["elsewhere.example".into()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![protocol.to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// Answers one request over HTTP/1.1; what it was.
async fn answer_http1(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    stream.flush().await.unwrap();
    String::from_utf8(head).unwrap()
}

/// An answer over HTTP/2: its status, its headers' gRPC code, and its trailers'.
#[derive(Clone, Copy)]
struct Answer {
    status: u16,
    header: Option<&'static str>,
    trailer: Option<&'static str>,
}

/// Answers one request over HTTP/2; its head, and its body.
async fn answer_http2(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    answer: Answer,
) -> (http::request::Parts, Vec<u8>) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    let (request, mut respond) = connection.accept().await.unwrap().unwrap();
    // Drives the connection, until the other side has closed it.
    let drive = tokio::spawn(poll_fn(move |cx| connection.poll_closed(cx)));
    let (head, mut body) = request.into_parts();
    let mut message = Vec::new();
    while let Some(data) = body.data().await {
        message.extend_from_slice(&data.unwrap());
    }
    let mut response = http::Response::builder().status(answer.status);
    if let Some(code) = answer.header {
        response = response.header("grpc-status", code);
    }
    let alone = answer.header.is_some();
    let mut send = respond.send_response(response.body(()).unwrap(), alone).unwrap();
    if !alone {
        send.send_data(Bytes::from_static(b"body"), answer.trailer.is_none()).unwrap();
    }
    if let Some(code) = answer.trailer {
        let code = HeaderValue::from_static(code);
        send.send_trailers(
            [(http::HeaderName::from_static("grpc-status"), code)].into_iter().collect(),
        )
        .unwrap();
    }
    drop(drive.await);
    (head, message)
}

/// What a check of a plain HTTP/2 server finds, and what the server saw.
async fn over_plain_http2(
    model: &stack::TargetGroup,
    answer: Answer,
) -> (CheckOutcome, http::request::Parts, Vec<u8>) {
    let (listener, address) = listener().await;
    let serve = async { answer_http2(listener.accept().await.unwrap().0, answer).await };
    let (outcome, (head, body)) = tokio::join!(once(model, address), serve);
    (outcome, head, body)
}

#[tokio::test]
async fn an_http1_check_is_a_get_with_the_targets_address() {
    let (listener, address) = listener().await;
    let model = plain(ProtocolVersion::Http1, http());
    let serve = async { answer_http1(listener.accept().await.unwrap().0).await };
    let (outcome, head) = tokio::join!(once(&model, address), serve);
    assert_eq!(outcome, CheckOutcome::Answered(204));
    let lines: Vec<_> = head.lines().collect();
    assert_eq!(lines[0], "GET /ok?deep=1 HTTP/1.1");
    assert!(lines.contains(&format!("Host: {address}").as_str()), "{head}");
    assert!(lines.contains(&"User-Agent: ELB-HealthChecker/2.0"), "{head}");
    assert!(!head.to_ascii_lowercase().contains("x-forwarded"), "{head}");
}

#[tokio::test]
async fn over_tls_any_certificate_will_do() {
    for (version, protocol) in
        [(ProtocolVersion::Http1, "http/1.1"), (ProtocolVersion::Http2, "h2")]
    {
        let (listener, address) = listener().await;
        let model = group(TargetProtocol::Https, version, http());
        let serve = async {
            let (stream, _) = listener.accept().await.unwrap();
            let stream = acceptor(protocol.as_bytes()).accept(stream).await.unwrap();
            if version == ProtocolVersion::Http1 {
                drop(answer_http1(stream).await);
            } else {
                let answer = Answer { status: 204, header: None, trailer: None };
                let (head, _) = answer_http2(stream, answer).await;
                assert_eq!(head.uri.scheme_str(), Some("https"));
            }
        };
        let (outcome, ()) = tokio::join!(once(&model, address), serve);
        assert_eq!(outcome, CheckOutcome::Answered(204), "{protocol}");
    }
}

#[tokio::test]
async fn a_target_that_does_not_speak_tls_fails_a_check_over_tls() {
    let (listener, address) = listener().await;
    let model = group(TargetProtocol::Https, ProtocolVersion::Http1, http());
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    };
    let (outcome, ()) = tokio::join!(once(&model, address), serve);
    assert_eq!(outcome, CheckOutcome::Broken);
}

#[tokio::test]
async fn a_group_over_http2_is_checked_over_http2() {
    let model = plain(ProtocolVersion::Http2, http());
    let answer = Answer { status: 404, header: None, trailer: None };
    let (outcome, head, body) = over_plain_http2(&model, answer).await;
    assert_eq!(outcome, CheckOutcome::Answered(404));
    assert_eq!(head.method, "GET");
    assert_eq!(head.uri.path_and_query().unwrap(), "/ok?deep=1");
    assert_eq!(head.headers["user-agent"], "ELB-HealthChecker/2.0");
    assert!(body.is_empty());
}

#[tokio::test]
async fn a_grpc_check_is_a_call_with_an_empty_message() {
    let model = plain(ProtocolVersion::Grpc, GRPC);
    let answer = Answer { status: 200, header: None, trailer: Some("0") };
    let (_, head, body) = over_plain_http2(&model, answer).await;
    assert_eq!(head.method, "POST");
    assert_eq!(head.headers["content-type"], "application/grpc");
    assert_eq!(head.headers["te"], "trailers");
    assert_eq!(body, [0; 5]);
}

#[tokio::test]
async fn a_grpc_code_is_found_in_the_trailers_or_in_the_headers() {
    let model = plain(ProtocolVersion::Grpc, GRPC);
    for (header, trailer, expected) in [
        (None, Some("0"), CheckOutcome::Answered(0)),
        (None, Some("14"), CheckOutcome::Answered(14)),
        (Some("12"), None, CheckOutcome::Answered(12)),
        (None, None, CheckOutcome::Broken),
        (None, Some("twelve"), CheckOutcome::Broken),
    ] {
        let answer = Answer { status: 200, header, trailer };
        let (outcome, ..) = over_plain_http2(&model, answer).await;
        assert_eq!(outcome, expected, "{header:?} {trailer:?}");
    }
}

#[tokio::test]
async fn a_check_tells_who_refuses_from_who_does_not_answer_in_http() {
    for version in [ProtocolVersion::Http1, ProtocolVersion::Http2] {
        let (listener, address) = listener().await;
        let model = plain(version, http());
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").await.unwrap();
        };
        let (outcome, ()) = tokio::join!(once(&model, address), serve);
        assert_eq!(outcome, CheckOutcome::Broken, "{version:?}");
        drop(listener);
        assert_eq!(once(&model, address).await, CheckOutcome::Refused);
    }
}

#[test]
fn the_protocols_own_port_is_not_named() {
    let host = |address: &str, scheme| host(address.parse().unwrap(), scheme);
    assert_eq!(host("10.0.0.1:80", "http"), "10.0.0.1");
    assert_eq!(host("10.0.0.1:443", "http"), "10.0.0.1:443");
    assert_eq!(host("10.0.0.1:443", "https"), "10.0.0.1");
    assert_eq!(host("[::1]:80", "http"), "[::1]");
    assert_eq!(host("[::1]:81", "http"), "[::1]:81");
}
