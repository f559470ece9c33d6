//! Versions of HTTP on both sides, methods, and what HTTP/1 says about connections (alb §1.1).

use rustls::version::{TLS12, TLS13};

use test_support::{
    RawTarget, Setup, Target, fixed, get,
    h2_client::{self, GOAWAY},
    h2_frames::{Frame, H2Frames, MAX_CONCURRENT_STREAMS, REFUSED_STREAM, RST_STREAM},
    h2_target::H2Target,
};

#[tokio::test]
async fn alb_001_the_http2_preface_on_a_plain_listener_is_a_505() {
    let balancer = Setup::http().start().await;
    let mut connection = balancer.connect().await;
    connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    let answer = connection.answer().await;
    assert_eq!(answer.status(), 505);
    assert!(answer.head.start_line().starts_with("HTTP/1.1 "), "{answer:?}");
    assert!(connection.ends().await);
}

#[tokio::test]
async fn alb_002_http2_is_preferred_over_tls() {
    let balancer = Setup::https().start().await;
    for offered in [[b"h2".as_slice(), b"http/1.1"], [b"http/1.1", b"h2"]] {
        let stream = balancer.connect_tls(&offered).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    }
}

#[tokio::test]
async fn alb_003_without_http2_clients_get_http1() {
    let balancer = Setup::https().attribute("routing.http2.enabled", "false").start().await;
    let stream = balancer.connect_tls(&[b"h2", b"http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));
}

#[tokio::test]
async fn alb_004_an_http2_connection_allows_128_streams_at_a_time() {
    let (balancer, target) = (Setup::https().start().await, Target::start().await);
    balancer.register(target.address).await;
    target.hold(true);
    let mut client = H2Frames::new(balancer.connect_tls(&[b"h2"]).await).await;
    assert_eq!(client.announced(MAX_CONCURRENT_STREAMS).await, Some(128));
    let asked: Vec<_> = (0..128).map(|number| 2 * number + 1).collect();
    for stream in &asked {
        client.get(*stream, "/held").await;
    }
    target.until_seen(128).await;
    client.get(257, "/refused").await;
    // Nothing but a refusal can come before the target answers.
    assert_eq!(client.next_of_a_stream().await, Frame::reset(257, REFUSED_STREAM));
    target.hold(false);
    let mut answered = Vec::new();
    while answered.len() < 128 {
        let frame = client.next_of_a_stream().await;
        assert_ne!(frame.kind, RST_STREAM, "{frame:?}");
        answered.extend(frame.ends_stream().then_some(frame.stream));
    }
    answered.sort_unstable();
    assert_eq!(answered, asked);
    // Those that are done make room.
    client.get(259, "/after").await;
    while !client.next_of_a_stream().await.ends_stream() {}
    assert_eq!(target.count(), 129);
    assert_eq!(target.last().start_line(), "GET /after HTTP/1.1");
}

#[tokio::test]
async fn alb_005_trace_is_refused_and_reaches_no_target() {
    let (balancer, target) = (Setup::http().start().await, Target::start().await);
    balancer.register(target.address).await;
    let answer = balancer.send("TRACE / HTTP/1.1\r\nHost: shop.example\r\n\r\n").await;
    assert_eq!(answer.status(), 405);
    assert_eq!(target.count(), 0);
}

#[tokio::test]
async fn alb_006_connect_is_refused_and_makes_no_tunnel() {
    let (balancer, target) = (Setup::http().start().await, RawTarget::bind().await);
    balancer.register(target.address).await;
    let request = format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", target.address);
    assert_eq!(balancer.send(request).await.status(), 405);
    // The first that connects there has another request.
    let mut client = balancer.connect().await;
    client.send(get("/after")).await;
    assert_eq!(target.accept().await.1.start_line(), "GET /after HTTP/1.1");
}

#[tokio::test]
async fn alb_007_a_client_that_expects_100_continue_gets_it_from_the_load_balancer() {
    let (balancer, target) = (Setup::http().start().await, Target::start().await);
    balancer.register(target.address).await;
    let mut client = balancer.connect().await;
    let fields = "Host: shop.example\r\nContent-Length: 2\r\nExpect: 100-continue\r\n";
    client.send(format!("POST / HTTP/1.1\r\n{fields}\r\n")).await;
    // The target can't have answered: it waits for the body.
    assert_eq!(client.answer().await.head.start_line(), "HTTP/1.1 100 Continue");
    client.send("ok").await;
    assert_eq!(client.answer().await.status(), 200);
    let seen = target.seen().pop().unwrap();
    assert_eq!(seen.body, b"ok");
    assert_eq!(seen.head.get("expect"), None);
}

#[tokio::test]
async fn alb_008_an_http_1_0_request_without_a_host_gets_the_load_balancers() {
    let (balancer, target) = (Setup::http().start().await, Target::start().await);
    balancer.register(target.address).await;
    assert_eq!(balancer.send("GET /a HTTP/1.0\r\n\r\n").await.status(), 200);
    assert_eq!(target.last().start_line(), "GET /a HTTP/1.1");
    assert_eq!(target.last().get("host"), Some(balancer.host()));
}

#[tokio::test]
async fn alb_009_an_http_1_1_request_without_a_host_is_refused() {
    let balancer = Setup::http().start().await;
    let mut client = balancer.connect().await;
    client.send("GET / HTTP/1.1\r\n\r\n").await;
    let answer = client.answer().await;
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.get("connection"), Some("close"));
    assert_eq!(answer.body.len(), 122);
    assert!(client.ends().await);
}

#[tokio::test]
async fn alb_010_pipelined_requests_are_answered_in_their_order() {
    // The second could be answered at once, while the target still has the first.
    let rule = "{Field: path-pattern, Values: [/second]}";
    let setup = Setup::http().rule(1, rule, fixed("second"));
    let (balancer, target) = (setup.start().await, RawTarget::bind().await);
    balancer.register(target.address).await;
    let mut client = balancer.connect().await;
    client.send(get("/first") + &get("/second")).await;
    let (mut served, head) = target.accept().await;
    assert_eq!(head.start_line(), "GET /first HTTP/1.1");
    served.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst").await;
    assert_eq!(client.answer().await.text(), "first");
    assert_eq!(client.answer().await.text(), "second");
}

#[tokio::test]
async fn alb_014_a_get_to_a_grpc_target_group_is_a_464() {
    let setup = Setup::https().group_property("ProtocolVersion: GRPC");
    let (balancer, target) = (setup.start().await, H2Target::start().await);
    balancer.register(target.address).await;
    assert_eq!(balancer.connect_h2().await.get("/").await.status, 464);
    assert!(target.seen().is_empty());
}

#[tokio::test]
async fn alb_015_http1_to_an_http2_target_group_is_a_464() {
    let setup = Setup::http().group_property("ProtocolVersion: HTTP2");
    let (balancer, target) = (setup.start().await, H2Target::start().await);
    balancer.register(target.address).await;
    assert_eq!(balancer.get("/").await.status(), 464);
    assert!(target.seen().is_empty());
}

#[tokio::test]
async fn alb_016_an_http2_request_reaches_an_http1_target_as_http1() {
    let (balancer, target) = (Setup::https().start().await, Target::start().await);
    balancer.register(target.address).await;
    let answer = balancer.connect_h2().await.get("/a?b=c").await;
    assert_eq!(answer.status, 200);
    assert_eq!(target.last().start_line(), "GET /a?b=c HTTP/1.1");
    assert_eq!(target.last().get("host"), Some("shop.example"));
    assert_eq!(target.last().get("x-forwarded-proto"), Some("https"));
}

#[tokio::test]
async fn alb_031_a_listener_without_a_policy_speaks_tls_1_2_and_not_1_3() {
    for (policy, tls12, tls13) in [
        ("", true, false),
        ("SslPolicy: ELBSecurityPolicy-2016-08", true, false),
        ("SslPolicy: ELBSecurityPolicy-TLS13-1-2-2021-06", true, true),
        ("SslPolicy: ELBSecurityPolicy-TLS13-1-3-2021-06", false, true),
    ] {
        let balancer = Setup::https().listener_property(policy).start().await;
        let spoken = (balancer.speaks(&TLS12).await, balancer.speaks(&TLS13).await);
        assert_eq!(spoken, (tls12, tls13), "{policy}");
    }
}

#[tokio::test]
async fn a_grpc_call_reaches_a_grpc_target_and_its_trailers_come_back() {
    let setup = Setup::https().group_property("ProtocolVersion: GRPC");
    let (balancer, target) = (setup.start().await, H2Target::start().await);
    balancer.register(target.address).await;
    let mut request = h2_client::request("POST", "/shop.Cart/Add");
    request.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
    request.headers_mut().insert("te", "trailers".parse().unwrap());
    let answer = balancer.connect_h2().await.send(request, "\0\0\0\0\x02ok").await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, b"\0\0\0\0\x02ok");
    assert_eq!(answer.headers["content-type"], "application/grpc");
    assert_eq!(answer.trailers["grpc-status"], "0");
    assert_eq!(target.seen()[0].uri.path(), "/shop.Cart/Add");
}

#[tokio::test]
async fn an_http2_target_group_is_spoken_to_in_http2() {
    let setup = Setup::https().group_property("ProtocolVersion: HTTP2");
    let (balancer, target) = (setup.start().await, H2Target::start().await);
    balancer.register(target.address).await;
    let request = h2_client::request("PUT", "/a?b=c");
    let answer = balancer.connect_h2().await.send(request, "body").await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (200, b"body".as_slice()));
    let seen = &target.seen()[0];
    assert_eq!(seen.version, http::Version::HTTP_2);
    assert_eq!(seen.headers["x-forwarded-proto"], "https");
}

#[tokio::test]
async fn an_http2_connection_ends_with_its_ten_thousandth_request() {
    let balancer = Setup::https().default_action(fixed("ok")).start().await;
    let mut client = balancer.connect_h2().await;
    for number in 0..10_000 {
        let answer = client.send(h2_client::get("/"), "").await;
        assert_eq!(answer.expect("an answer").status, 200, "request {number}");
    }
    client.end().await;
    assert!(client.frames().contains(&GOAWAY));
}
