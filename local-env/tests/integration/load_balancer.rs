//! The load balancer on the wire, beside the numbered statements of `tests/conformance`.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use alb::acm::Authority;
use alb::{
    Failing, LoadBalancer, Options, Publication, RunningLoadBalancer, TargetGroup, TargetState,
};
use bytes::Bytes;
use clock::Clock;
use stack::{self, Arn, ForwardedFor};
use tokio::io::AsyncWriteExt as _;

use test_support::{
    client, client_builder,
    echo::{BareTarget, Echo, fed_body, raw_exchange},
    eventually, model,
};

/// A load balancer at work, with one target group, `web`, behind `/web*`.
struct Bench {
    group: Arc<TargetGroup>,
    ports: HashMap<u16, u16>,
    certificate: reqwest::Certificate,
    running: RunningLoadBalancer,
}

impl Bench {
    fn start() -> Self {
        Self::with(&model::load_balancer(vec![model::rule(1, "/web*", "web")]))
    }

    /// One plain listener, on port 80.
    fn plain() -> Self {
        Self::with(&model::plain_load_balancer(vec![model::rule(1, "/web*", "web")]))
    }

    fn with(model: &stack::LoadBalancer) -> Self {
        Self::failing(model, Failing::IsTold)
    }

    fn failing(model: &stack::LoadBalancer, failing: Failing) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::open(folder.path()).unwrap();
        let pem = std::fs::read(authority.path()).unwrap();
        let group = TargetGroup::new(&model::target_group("web"), Clock::REAL);
        let groups = HashMap::from([(Arn::from("web"), group.clone())]);
        let publish = |listener: &stack::Listener| Publication {
            port: 0,
            tls: match &listener.protocol {
                stack::ListenerProtocol::Http => None,
                stack::ListenerProtocol::Https { certificates, policy } => {
                    Some(authority.server_config(certificates, policy, true).unwrap())
                }
            },
        };
        let addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let options = Options { addresses, failing, explain: false, access_log: None };
        let bound = LoadBalancer::bind(model, &groups, &options, publish).unwrap();
        let ports = bound.published_ports().iter().map(|(&port, &local)| (port, local)).collect();
        let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
        Self { group, ports, certificate, running: bound.start().unwrap() }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports[&80])
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.ports[&80]))
    }

    async fn register(&self, target: SocketAddr) {
        self.group.register(target);
        self.until(target, TargetState::Healthy).await;
    }

    async fn until(&self, target: SocketAddr, state: TargetState) {
        let states = self.group.states();
        eventually(&format!("{target} {state}"), || {
            let now = states.borrow().get(&target).cloned();
            let state = state.clone();
            async move { now == Some(state) }
        })
        .await;
    }
}

async fn text(url: &str) -> String {
    client().get(url).send().await.unwrap().text().await.unwrap()
}

async fn status(url: &str) -> u16 {
    client().get(url).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_kept_connection_tells_targets_what_the_attributes_say_now() {
    let mut model = model::plain_load_balancer(vec![model::rule(1, "/web*", "web")]);
    let (mut bench, target) = (Bench::with(&model), Echo::start().await);
    bench.register(target.address).await;
    let (client, url) = (client(), bench.url("/web"));
    let told = || async { client.get(&url).send().await.unwrap().text().await.unwrap() };
    assert!(told().await.to_lowercase().contains("x-forwarded-for: 127.0.0.1"));
    model.attributes.forwarded_for = ForwardedFor::Remove;
    let groups = HashMap::from([(Arn::from("web"), bench.group.clone())]);
    let reloaded = bench.running.reload(&model, &groups, HashMap::new()).unwrap();
    assert!(reloaded.not_applied.is_empty());
    eventually("the header is gone", || async {
        !told().await.to_lowercase().contains("x-forwarded-for")
    })
    .await;
    assert_eq!(target.connections.load(Ordering::Relaxed), 1, "kept to the target too");
}

#[tokio::test]
async fn rules_that_make_no_sense_change_nothing() {
    let mut model = model::plain_load_balancer(vec![model::rule(1, "/web*", "web")]);
    let mut bench = Bench::with(&model);
    model.listeners[0].rules.push(model::rule(2, "/other*", "nowhere"));
    model.attributes.idle_timeout = Duration::from_secs(1);
    let groups = HashMap::from([(Arn::from("web"), bench.group.clone())]);
    assert!(bench.running.reload(&model, &groups, HashMap::new()).is_err());
    assert_eq!(bench.running.model().listeners[0].rules.len(), 1);
    assert_eq!(status(&bench.url("/web")).await, 503, "nobody is registered");
    assert_eq!(status(&bench.url("/other")).await, 200);
}

#[tokio::test]
async fn the_http_listener_redirects_to_the_published_https_port() {
    let bench = Bench::start();
    let response = client().get(bench.url("/web/peer?x=1")).send().await.unwrap();
    assert_eq!(response.status(), 301);
    let expected = format!("https://127.0.0.1:{}/web/peer?x=1", bench.ports[&443]);
    assert_eq!(response.headers()["location"], expected.as_str());
    assert_eq!(response.headers()["server"], "awselb/2.0");
    assert_eq!(response.text().await.unwrap().len(), 134);
}

#[tokio::test]
async fn the_https_listener_is_trusted_through_the_printed_certificate() {
    let bench = Bench::start();
    let client = client_builder()
        .tls_certs_only([bench.certificate.clone()])
        .resolve("services.example.com", SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .build()
        .unwrap();
    for host in ["localhost", "127.0.0.1", "services.example.com"] {
        let url = format!("https://{host}:{}/", bench.ports[&443]);
        let response = client.get(&url).send().await.unwrap();
        assert_eq!(response.status(), 200, "{host}");
        assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
        assert_eq!(response.text().await.unwrap(), r#"{ "msg": "base route" }"#);
    }
}

#[tokio::test]
async fn http2_is_negotiated_and_the_target_gets_http1() {
    let (bench, target) = (Bench::start(), Echo::start().await);
    bench.register(target.address).await;
    let client = client_builder().tls_certs_only([bench.certificate.clone()]).build().unwrap();
    let url = format!("https://localhost:{}/web?a=b", bench.ports[&443]);
    let response = client.get(url).send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    let seen = response.text().await.unwrap();
    assert!(seen.starts_with("GET /web?a=b HTTP/1.1\n"), "{seen}");
    assert!(seen.contains("host: localhost\n"), "{seen}");
    assert!(seen.contains("x-forwarded-proto: https\n"), "{seen}");
    assert!(seen.contains("x-forwarded-port: 443\n"), "{seen}");
}

#[tokio::test]
async fn the_target_is_told_who_asked_and_gets_a_trace_id() {
    let (bench, target) = (Bench::plain(), Echo::start().await);
    bench.register(target.address).await;
    let request = client().get(bench.url("/web")).header("x-forwarded-for", "1.1.1.1");
    let seen = request.send().await.unwrap().text().await.unwrap();
    for line in [
        "x-forwarded-for: 1.1.1.1, 127.0.0.1\n",
        "x-forwarded-proto: http\n",
        "x-forwarded-port: 80\n",
        "x-amzn-trace-id: Root=1-",
    ] {
        assert!(seen.contains(line), "{line} in {seen}");
    }
}

#[tokio::test]
async fn a_deregistered_target_gets_no_further_request() {
    let (bench, one, other) = (Bench::plain(), Echo::start().await, Echo::start().await);
    bench.register(one.address).await;
    bench.register(other.address).await;
    bench.group.deregister(one.address);
    for _ in 0..4 {
        text(&bench.url("/web")).await;
    }
    assert_eq!(one.requests.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_kept_connection_that_the_target_closed_is_replaced() {
    let (bench, target) = (Bench::plain(), BareTarget::bind().await);
    bench.group.register(target.address);
    let (mut check, _) = target.accept().await;
    check.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    bench.until(target.address, TargetState::Healthy).await;
    let serve = tokio::spawn(async move {
        let mut served = 0;
        while served < 3 {
            let (mut stream, head) = target.accept().await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            stream.write_all(answer).await.unwrap();
            served += usize::from(!head.contains("ELB-HealthChecker"));
            // Dropped here: closed without a word, as targets with a short keep-alive do.
        }
    });
    for _ in 0..3 {
        let request = "GET /web HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        let answer = raw_exchange(bench.address(), request).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    serve.await.unwrap();
}

#[tokio::test]
async fn bodies_stream_both_ways_as_they_come() {
    let (bench, target) = (Bench::plain(), Echo::start().await);
    bench.register(target.address).await;
    let (feed, body) = fed_body();
    feed.send(Ok(Bytes::from_static(b"one"))).await.unwrap();
    let mut response = client().post(bench.url("/web/echo")).body(body).send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "one");
    feed.send(Ok(Bytes::from_static(b"two"))).await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "two");
    drop(feed);
    assert_eq!(response.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn a_large_body_passes_whole() {
    let (bench, target) = (Bench::plain(), Echo::start().await);
    bench.register(target.address).await;
    let body: Vec<u8> = (0..8_000_000_u32).map(|n| n.to_le_bytes()[n as usize % 3]).collect();
    let sent = client().post(bench.url("/web/echo")).body(body.clone());
    assert!(sent.send().await.unwrap().bytes().await.unwrap() == body);
}

#[tokio::test]
async fn requests_in_flight_are_finished_at_a_stop() {
    let (bench, target) = (Bench::plain(), Echo::start().await);
    bench.register(target.address).await;
    let address = bench.address();
    let (feed, body) = fed_body();
    feed.send(Ok(Bytes::from_static(b"one"))).await.unwrap();
    let mut response = client().post(bench.url("/web/echo")).body(body).send().await.unwrap();
    bench.running.close();
    eventually("the listener is closed", || async {
        tokio::net::TcpStream::connect(address).await.is_err()
    })
    .await;
    feed.send(Ok(Bytes::from_static(b"two"))).await.unwrap();
    drop(feed);
    let mut rest = Vec::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        rest.extend_from_slice(&chunk);
    }
    assert_eq!(rest, b"onetwo");
    bench.running.stop().await;
}

#[tokio::test]
async fn where_tasks_are_not_drained_a_request_goes_over_to_another_target() {
    let model = model::plain_load_balancer(vec![model::rule(1, "/web*", "web")]);
    let bench = Bench::failing(&model, Failing::GoesOver);
    let (gone, stays) = (Echo::start().await, Echo::start().await);
    bench.register(gone.address).await;
    bench.register(stays.address).await;
    gone.stop();
    for _ in 0..4 {
        assert_eq!(status(&bench.url("/web")).await, 200);
    }
    assert_eq!(stays.requests.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn only_a_request_that_may_be_repeated_goes_over_once_it_was_sent() {
    let model = model::plain_load_balancer(vec![model::rule(1, "/web*", "web")]);
    let bench = Bench::failing(&model, Failing::GoesOver);
    let (closes, answers) = (BareTarget::bind().await, Echo::start().await);
    bench.group.register(closes.address);
    let address = closes.address;
    let serve = tokio::spawn(async move {
        loop {
            let (mut stream, head) = closes.accept().await;
            if head.contains("ELB-HealthChecker") {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            }
        }
    });
    bench.until(address, TargetState::Healthy).await;
    bench.register(answers.address).await;
    let (client, url) = (client(), bench.url("/web"));
    for _ in 0..4 {
        assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    }
    let mut posted = Vec::new();
    for _ in 0..4 {
        posted.push(client.post(&url).body("x").send().await.unwrap().status().as_u16());
    }
    posted.sort_unstable();
    assert_eq!(posted, [200, 200, 502, 502]);
    serve.abort();
}
