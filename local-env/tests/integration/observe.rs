//! The environment with tasks that something else runs: here a test says which, by a DNS server that
//! answers as Docker's does.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use hickory_server::proto::{
    op::{Message, MessageType, OpCode, ResponseCode},
    rr::{RData, Record, rdata::A},
    serialize::binary::{BinDecodable as _, BinEncodable as _},
};
use local_env::Network;
use tokio::{net::UdpSocket, time::timeout};

use crate::dns;
use test_support::{PATIENCE, client, echo::Echo, eventually, model, running::builder};

/// Answers `web.` with the addresses of the moment, any other name with NXDOMAIN.
async fn names_of_tasks(running: Arc<Mutex<Vec<Ipv4Addr>>>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut bytes = [0; 512];
        loop {
            let (length, asker) = socket.recv_from(&mut bytes).await.unwrap();
            let question = Message::from_bytes(&bytes[..length]).unwrap();
            let name = question.queries[0].name().clone();
            let id = question.metadata.id;
            let mut answer = Message::new(id, MessageType::Response, OpCode::Query);
            answer.add_queries(question.queries.clone());
            let running = running.lock().unwrap().clone();
            if name.to_string() == "web." && !running.is_empty() {
                let record = |&address| Record::from_rdata(name.clone(), 600, RData::A(A(address)));
                answer.add_answers(running.iter().map(record));
            } else {
                answer.metadata.response_code = ResponseCode::NXDomain;
            }
            socket.send_to(&answer.to_bytes().unwrap(), asker).await.unwrap();
        }
    });
    address
}

/// Two addresses of this test's own, and a port that is free on both.
async fn two_targets(network: &mut Network) -> (Echo, Echo) {
    let one = Echo::start_at((network.allocate().unwrap(), 0).into()).await;
    let other = (network.allocate().unwrap(), one.address.port());
    (one, Echo::start_at(other.into()).await)
}

fn ip(target: &Echo) -> Ipv4Addr {
    match target.address.ip() {
        IpAddr::V4(address) => address,
        IpAddr::V6(address) => panic!("{address}"),
    }
}

#[tokio::test]
async fn tasks_that_turn_up_are_served_and_those_that_go_are_not() {
    let mut network = Network::lease().unwrap();
    let (one, other) = two_targets(&mut network).await;
    let running = Arc::new(Mutex::new(Vec::new()));
    let tasks_from = names_of_tasks(running.clone()).await;

    let folder = tempfile::tempdir().unwrap();
    let stack = model::stack_with_web(one.address.port(), 1);
    let env = builder(stack, folder.path()).observing(tasks_from).start().await.unwrap();
    let (url, names) = (env.url("/web"), env.addresses().dns);
    let status = async || client().get(&url).send().await.unwrap().status().as_u16();

    assert_eq!(status().await, 503, "nothing runs");
    *running.lock().unwrap() = vec![ip(&one), ip(&other)];
    eventually("both answer", || async {
        dns::addresses(names, "web.services.").await.len() == 2 && status().await == 200
    })
    .await;
    *running.lock().unwrap() = vec![ip(&other)];
    eventually("one is left", || async {
        let left = dns::addresses(names, "web.services.").await;
        left == [(ip(&other).to_string(), 60)]
    })
    .await;
    assert_eq!(status().await, 200);
    running.lock().unwrap().clear();
    eventually("none is left", || async { status().await == 503 }).await;

    timeout(PATIENCE, env.stop()).await.expect("it ends");
}
