//! The DNS server on the wire.

use std::{io::ErrorKind, net::SocketAddr, sync::Arc};

use clock::Clock;
use cloudmap::{DnsServer, Instance, Registry, Upstream, UpstreamAddress};
use hickory_server::proto::{
    op::{Edns, Message, MessageType, OpCode, Query, ResponseCode},
    rr::{DNSClass, Name, RecordType},
    serialize::binary::{BinDecodable as _, BinEncodable as _},
};
use stack::{Arn, Namespace, RecordKind};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    task::JoinSet,
    time::timeout,
};

use test_support::{PATIENCE, model};

const LOOPBACK: &str = "127.0.0.1:0";

/// A server for the namespace `services` with one service, `web`.
struct Names {
    registry: Arc<Registry>,
    server: DnsServer,
}

impl Names {
    async fn start() -> Self {
        Self::with_upstream(None).await
    }

    async fn with_upstream(upstream: Option<Upstream>) -> Self {
        Self::new(RecordKind::A, upstream).await
    }

    async fn new(kind: RecordKind, upstream: Option<Upstream>) -> Self {
        let mut namespace = model::namespace(&["web"]);
        namespace.services[0].records[0].kind = kind;
        let registry = registry(&namespace);
        let address = LOOPBACK.parse().unwrap();
        let server = DnsServer::start(address, registry.clone(), upstream).await.unwrap();
        Self { registry, server }
    }

    fn register(&self, count: u8) {
        for n in 0..count {
            let instance = Instance::new(format!("task-{n}"), [127, 9, 1, n].into());
            self.registry.register(&Arn::from("discovery-web"), &instance);
        }
    }

    async fn ask(&self, name: &str, kind: RecordType) -> Message {
        exchange(self.server.address(), &question(name, kind)).await
    }
}

fn registry(namespace: &Namespace) -> Arc<Registry> {
    Registry::new(std::slice::from_ref(namespace), "us-west-2", Clock::REAL).unwrap()
}

fn upstream(server: SocketAddr) -> Upstream {
    Upstream::new(UpstreamAddress::Server(server), LOOPBACK.parse().unwrap()).unwrap()
}

fn question(name: &str, kind: RecordType) -> Message {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    message
}

async fn exchange(with: SocketAddr, message: &Message) -> Message {
    let bytes = raw_exchange(with, &message.to_bytes().unwrap()).await.expect("an answer");
    Message::from_bytes(&bytes).unwrap()
}

async fn tcp_exchange(with: SocketAddr, message: &Message) -> Message {
    let bytes = message.to_bytes().unwrap();
    let mut stream = TcpStream::connect(with).await.unwrap();
    stream.write_u16(bytes.len().try_into().unwrap()).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    let mut answer = vec![0; stream.read_u16().await.unwrap().into()];
    stream.read_exact(&mut answer).await.unwrap();
    Message::from_bytes(&answer).unwrap()
}

async fn raw_exchange(with: SocketAddr, bytes: &[u8]) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind(LOOPBACK).await.unwrap();
    socket.send_to(bytes, with).await.unwrap();
    let mut answer = vec![0; 65_535];
    let length = timeout(PATIENCE, socket.recv(&mut answer)).await.ok()?.unwrap();
    answer.truncate(length);
    Some(answer)
}

/// The addresses of a name, with their TTLs.
pub async fn addresses(server: SocketAddr, name: &str) -> Vec<(String, u32)> {
    let answer = exchange(server, &question(name, RecordType::A)).await;
    answer.answers.iter().map(|record| (record.data.to_string(), record.ttl)).collect()
}

#[tokio::test]
async fn a_name_has_the_addresses_of_its_tasks_for_60_seconds() {
    let names = Names::start().await;
    names.register(2);
    let answer = names.ask("web.services.", RecordType::A).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
    let mut found: Vec<_> = answer.answers.iter().map(|record| record.data.to_string()).collect();
    found.sort();
    assert_eq!(found, ["127.9.1.0", "127.9.1.1"]);
    assert!(answer.answers.iter().all(|record| record.ttl == 60));
}

#[tokio::test]
async fn cloudmap_034_a_positive_answer_looks_like_a_resolvers() {
    let names = Names::start().await;
    names.register(1);
    let answer = names.ask("web.services.", RecordType::A).await;
    assert!(answer.metadata.recursion_desired && answer.metadata.recursion_available);
    assert!(!answer.metadata.authoritative && answer.authorities.is_empty());
}

#[tokio::test]
async fn cloudmap_027_a_name_without_such_a_record_is_nodata_with_the_soa() {
    let names = Names::start().await;
    names.register(1);
    let answer = names.ask("web.services.", RecordType::AAAA).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
    assert!(answer.answers.is_empty());
    assert_eq!(answer.authorities[0].record_type(), RecordType::SOA);
    assert_eq!(answer.authorities[0].ttl, 15);
}

#[tokio::test]
async fn cloudmap_028_a_name_without_instances_does_not_exist_and_nobody_else_is_asked() {
    let elsewhere = UdpSocket::bind(LOOPBACK).await.unwrap();
    let names = Names::with_upstream(Some(upstream(elsewhere.local_addr().unwrap()))).await;
    for name in ["web.services.", "nobody.services."] {
        let answer = names.ask(name, RecordType::A).await;
        assert_eq!(answer.metadata.response_code, ResponseCode::NXDomain, "{name}");
        assert_eq!(answer.authorities[0].record_type(), RecordType::SOA);
    }
    // The first that anybody else hears of is another name.
    let other = question("nobody.example.", RecordType::A);
    let sender = UdpSocket::bind(LOOPBACK).await.unwrap();
    sender.send_to(&other.to_bytes().unwrap(), names.server.address()).await.unwrap();
    let mut asked = vec![0; 512];
    let length = timeout(PATIENCE, elsewhere.recv(&mut asked)).await.unwrap().unwrap();
    let asked = Message::from_bytes(&asked[..length]).unwrap();
    assert_eq!(asked.queries[0].name(), other.queries[0].name());
}

#[tokio::test]
async fn cloudmap_030_the_question_is_echoed_with_its_case() {
    let names = Names::start().await;
    names.register(1);
    let answer = names.ask("wEb.SeRvIcEs.", RecordType::A).await;
    assert_eq!(answer.queries[0].name().to_string(), "wEb.SeRvIcEs.");
    assert_eq!(answer.answers[0].name.to_string(), "wEb.SeRvIcEs.");
    assert_eq!(answer.answers.len(), 1);
}

#[tokio::test]
async fn cloudmap_035_an_edns_query_gets_an_edns_answer() {
    let names = Names::start().await;
    names.register(1);
    let mut message = question("web.services.", RecordType::A);
    message.edns = Some(Edns::new());
    let answer = exchange(names.server.address(), &message).await;
    assert_eq!(answer.edns.unwrap().max_payload(), 4096);
    let answer = names.ask("web.services.", RecordType::A).await;
    assert!(answer.edns.is_none());
}

#[tokio::test]
async fn tcp_answers_as_udp_does() {
    let names = Names::start().await;
    names.register(1);
    let message = question("web.services.", RecordType::A);
    assert_eq!(tcp_exchange(names.server.address(), &message).await.answers.len(), 1);
}

#[tokio::test]
async fn cloudmap_036_what_does_not_fit_into_a_datagram_is_told_over_tcp() {
    let names = Names::new(RecordKind::Srv, None).await;
    for n in 0..8 {
        let task = Instance::new(format!("{n:032x}"), [127, 9, 1, n].into());
        let task = task.with("AWS_INSTANCE_PORT", "7071");
        names.registry.register(&Arn::from("discovery-web"), &task);
    }
    let address = names.server.address();
    let mut message = question("web.services.", RecordType::SRV);
    let short = exchange(address, &message).await;
    assert!(short.metadata.truncation && short.answers.len() < 8);
    let whole = tcp_exchange(address, &message).await;
    assert!(!whole.metadata.truncation && whole.answers.len() == 8);

    // With EDNS it is the client who says what fits.
    for (payload, fits) in [(4096, true), (512, false)] {
        let mut edns = Edns::new();
        edns.set_max_payload(payload);
        message.edns = Some(edns);
        let bytes = raw_exchange(address, &message.to_bytes().unwrap()).await.unwrap();
        assert!(bytes.len() <= payload.into(), "{} of {payload}", bytes.len());
        let answer = Message::from_bytes(&bytes).unwrap();
        assert_eq!((!answer.metadata.truncation, answer.answers.len() == 8), (fits, fits));
    }
}

#[tokio::test]
async fn questions_that_are_not_answered_are_refused_by_their_kind() {
    let names = Names::start().await;
    names.register(1);
    let address = names.server.address();
    let code = async |message: &Message| exchange(address, message).await.metadata.response_code;

    let mut two = question("web.services.", RecordType::A);
    two.add_query(two.queries[0].clone());
    assert_eq!(code(&two).await, ResponseCode::FormErr);

    let mut iterative = question("web.services.", RecordType::A);
    iterative.metadata.recursion_desired = false;
    assert_eq!(code(&iterative).await, ResponseCode::Refused);

    let mut chaos = question("web.services.", RecordType::A);
    chaos.queries[0].set_query_class(DNSClass::CH);
    assert_eq!(code(&chaos).await, ResponseCode::Refused);

    let mut later = question("web.services.", RecordType::A);
    let mut edns = Edns::new();
    edns.set_version(1);
    later.edns = Some(edns);
    let answer = exchange(address, &later).await;
    assert_eq!(answer.metadata.response_code.low(), 0);
    assert_eq!(answer.edns.unwrap().rcode_high(), 1);
}

#[tokio::test]
async fn a_task_is_found_by_its_address() {
    let names = Names::start().await;
    names.register(1);
    let answer = names.ask("0.1.9.127.in-addr.arpa.", RecordType::PTR).await;
    assert_eq!(answer.answers[0].data.to_string(), "ip-127-9-1-0.us-west-2.compute.internal.");
}

#[tokio::test]
async fn an_alias_out_of_the_namespaces_is_followed_by_the_upstream_resolver() {
    let elsewhere = registry(&Namespace { name: "elsewhere".into(), ..model::namespace(&["web"]) });
    elsewhere.register(&Arn::from("discovery-web"), &Instance::new("t", [127, 9, 9, 9].into()));
    let other = DnsServer::start(LOOPBACK.parse().unwrap(), elsewhere, None).await.unwrap();
    let alias = Instance::new("a", [127, 9, 1, 1].into());
    let alias = alias.with("AWS_INSTANCE_CNAME", "web.elsewhere");

    for (upstream, expected) in [
        (Some(upstream(other.address())), vec!["web.elsewhere.", "127.9.9.9"]),
        (None, vec!["web.elsewhere."]),
    ] {
        let names = Names::new(RecordKind::Cname, upstream).await;
        names.registry.register(&Arn::from("discovery-web"), &alias);
        let answer = names.ask("web.services.", RecordType::A).await;
        let found: Vec<_> = answer.answers.iter().map(|it| it.data.to_string()).collect();
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn the_server_is_no_upstream_of_its_own() {
    let names = Names::start().await;
    let address = names.server.address();
    let refused = Upstream::new(UpstreamAddress::Server(address), address).err().unwrap();
    assert!(refused.to_string().contains("this very server"), "{refused}");
}

/// Asks all the time, from as many sockets, so that the server always has something in hand.
fn bystanders(server: SocketAddr) -> JoinSet<()> {
    let message = question("web.services.", RecordType::A).to_bytes().unwrap();
    let mut bystanders = JoinSet::new();
    for _ in 0..8 {
        let message = message.clone();
        bystanders.spawn(async move {
            loop {
                raw_exchange(server, &message).await;
            }
        });
    }
    bystanders
}

async fn sorted(server: SocketAddr) -> Vec<String> {
    let mut found: Vec<_> = addresses(server, "web.services.").await.into_iter().collect();
    found.sort();
    found.into_iter().map(|(address, _)| address).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_registered_is_in_the_very_next_answer_and_what_is_not_in_none() {
    let names = Names::start().await;
    let server = names.server.address();
    let _bystanders = bystanders(server);
    let web = Arn::from("discovery-web");
    for round in 0..200 {
        let task = Instance::new("task", [127, 9, 2, round].into());
        names.registry.register(&web, &task);
        assert_eq!(sorted(server).await, [format!("127.9.2.{round}")]);
        let other = Instance::new("other", [127, 9, 3, round].into());
        names.registry.register(&web, &other);
        let both = [format!("127.9.2.{round}"), format!("127.9.3.{round}")];
        assert_eq!(sorted(server).await, both);
        names.registry.deregister(&web, "task");
        assert_eq!(sorted(server).await, both[1..]);
        names.registry.deregister(&web, "other");
        assert!(sorted(server).await.is_empty());
    }
}

#[tokio::test]
async fn a_deregistered_task_is_in_no_further_answer() {
    let names = Names::start().await;
    names.register(2);
    names.registry.deregister(&Arn::from("discovery-web"), "task-0");
    let answer = names.ask("web.services.", RecordType::A).await;
    let found: Vec<_> = answer.answers.iter().map(|record| record.data.to_string()).collect();
    assert_eq!(found, ["127.9.1.1"]);
}

#[tokio::test]
async fn cloudmap_040_other_names_are_refused_or_asked_of_the_upstream_resolver() {
    let ours = Names::start().await;
    ours.register(1);
    let elsewhere = registry(&Namespace { name: "elsewhere".into(), ..model::namespace(&["web"]) });
    let instance = Instance::new("task", [127, 9, 9, 9].into());
    elsewhere.register(&Arn::from("discovery-web"), &instance);
    let other = DnsServer::start(LOOPBACK.parse().unwrap(), elsewhere, None).await.unwrap();

    let refused = ours.ask("web.elsewhere.", RecordType::A).await;
    assert_eq!(refused.metadata.response_code, ResponseCode::Refused);

    let names = Names::with_upstream(Some(upstream(other.address()))).await;
    let answer = names.ask("web.elsewhere.", RecordType::A).await;
    assert_eq!(answer.answers[0].data.to_string(), "127.9.9.9");
    let answer = names.ask("nobody.elsewhere.", RecordType::A).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NXDomain);
}

#[tokio::test]
async fn a_port_is_not_shared_with_anybody_until_the_server_has_stopped() {
    let names = Names::start().await;
    let address = names.server.address();
    let again = async || DnsServer::start(address, names.registry.clone(), None).await;
    let refused = again().await.err().unwrap();
    assert_eq!(refused.source.kind(), ErrorKind::AddrInUse);
    names.server.stop().await;
    let other = UdpSocket::bind(address).await.unwrap();
    assert_eq!(again().await.err().unwrap().source.kind(), ErrorKind::AddrInUse);
    drop(other);
    let server = again().await.unwrap();
    assert_eq!(addresses(server.address(), "web.services.").await, []);
}

#[tokio::test]
async fn what_cannot_be_read_is_told_so_and_an_answer_is_not_answered() {
    let names = Names::start().await;
    let socket = UdpSocket::bind(LOOPBACK).await.unwrap();
    socket.connect(names.server.address()).await.unwrap();
    for message in [[0, 1, 0x81, 0, 0, 1, 0, 0, 0, 0, 0, 0], [0, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]] {
        socket.send(&message).await.unwrap();
    }
    let mut answer = [0; 512];
    let length = timeout(PATIENCE, socket.recv(&mut answer)).await.unwrap().unwrap();
    let answer = Message::from_bytes(&answer[..length]).unwrap();
    assert_eq!((answer.metadata.id, answer.metadata.response_code), (2, ResponseCode::FormErr));
}

#[tokio::test]
async fn what_is_no_query_does_no_harm() {
    let names = Names::start().await;
    names.register(1);
    let address = names.server.address();
    let sender = UdpSocket::bind(LOOPBACK).await.unwrap();
    let good = question("web.services.", RecordType::A).to_bytes().unwrap();
    for length in 0..good.len() {
        sender.send_to(&good[..length], address).await.unwrap();
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[length] ^= 1 << bit;
            sender.send_to(&bad, address).await.unwrap();
        }
    }
    let mut update = question("web.services.", RecordType::A);
    update.metadata.op_code = OpCode::Notify;
    let answer = exchange(address, &update).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NotImp);
    assert_eq!(names.ask("web.services.", RecordType::A).await.answers.len(), 1);
}
