//! The DNS server on the wire.

use std::{net::SocketAddr, sync::Arc};

use hickory_server::proto::{
    op::{Edns, Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RecordType},
    serialize::binary::{BinDecodable as _, BinEncodable as _},
};
use local_env::{
    cloudmap::{DnsServer, Instance, Registry, Upstream},
    stack::Arn,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use crate::support::{PATIENCE, model};

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
        let registry = Registry::new(&[model::namespace(&["web"])]).unwrap();
        let address = LOOPBACK.parse().unwrap();
        let server = DnsServer::start(address, registry.clone(), upstream).await.unwrap();
        Self { registry, server }
    }

    fn register(&self, count: u8) {
        for n in 0..count {
            let instance = Instance { id: format!("task-{n}"), address: [127, 9, 1, n].into() };
            self.registry.register(&Arn::from("discovery-web"), &instance);
        }
    }

    async fn ask(&self, name: &str, kind: RecordType) -> Message {
        exchange(self.server.address(), &question(name, kind)).await
    }
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
async fn cloudmap_028_a_name_without_instances_does_not_exist() {
    let names = Names::start().await;
    for name in ["web.services.", "nobody.services."] {
        let answer = names.ask(name, RecordType::A).await;
        assert_eq!(answer.metadata.response_code, ResponseCode::NXDomain, "{name}");
        assert_eq!(answer.authorities[0].record_type(), RecordType::SOA);
    }
}

#[tokio::test]
async fn cloudmap_030_the_question_is_echoed_with_its_case() {
    let names = Names::start().await;
    names.register(1);
    let answer = names.ask("wEb.SeRvIcEs.", RecordType::A).await;
    assert_eq!(answer.queries[0].name().to_string(), "wEb.SeRvIcEs.");
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
    let bytes = question("web.services.", RecordType::A).to_bytes().unwrap();
    let mut stream = TcpStream::connect(names.server.address()).await.unwrap();
    stream.write_u16(bytes.len().try_into().unwrap()).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    let mut answer = vec![0; stream.read_u16().await.unwrap().into()];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(Message::from_bytes(&answer).unwrap().answers.len(), 1);
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
    let upstream = Registry::new(&[local_env::stack::Namespace {
        name: "elsewhere".into(),
        ..model::namespace(&["web"])
    }])
    .unwrap();
    let instance = Instance { id: "task".into(), address: [127, 9, 9, 9].into() };
    upstream.register(&Arn::from("discovery-web"), &instance);
    let other = DnsServer::start(LOOPBACK.parse().unwrap(), upstream, None).await.unwrap();

    let refused = ours.ask("web.elsewhere.", RecordType::A).await;
    assert_eq!(refused.metadata.response_code, ResponseCode::Refused);

    let names = Names::with_upstream(Some(Upstream::new(other.address()).unwrap())).await;
    let answer = names.ask("web.elsewhere.", RecordType::A).await;
    assert_eq!(answer.answers[0].data.to_string(), "127.9.9.9");
    let answer = names.ask("nobody.elsewhere.", RecordType::A).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NXDomain);
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
    }
    let mut update = question("web.services.", RecordType::A);
    update.metadata.op_code = OpCode::Notify;
    let answer = exchange(address, &update).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NotImp);
    assert_eq!(names.ask("web.services.", RecordType::A).await.answers.len(), 1);
}
