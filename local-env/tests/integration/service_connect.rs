//! Service Connect: names that lead to a service's tasks through the proxy.

use std::collections::BTreeSet;

use clock::Clock;
use hickory_server::proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RecordType},
};
use local_env::{
    TaskStatus,
    connect::{Connect, ConnectError},
};
use nix::sys::signal::{Signal, kill};
use stack::{ClientAlias, ConnectEndpoint, ServiceConnect, Stack};
use tokio::{net::UdpSocket, time::timeout};

use test_support::{
    PATIENCE, client, model,
    running::{Running, process_of, variable},
    task::command,
};

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The service `web`, which others call `orders`.
fn stack(count: u32, port: u16) -> Stack {
    let mut stack = model::stack_with_web(7071, count);
    stack.services[0].connect = Some(ServiceConnect {
        namespace: "shop".into(),
        endpoints: vec![ConnectEndpoint {
            discovery_name: "web".into(),
            container_port: 7071,
            speaks_http: true,
            aliases: vec![ClientAlias { name: "orders".into(), port }],
        }],
    });
    stack
}

async fn running(count: u32) -> Running {
    let run = &[("web", command("serve"))];
    Running::of(Clock::DESK, stack(count, free_port()), run).await
}

/// What a new connection to the name is answered with.
async fn call(running: &Running) -> (u16, String) {
    let address = running.env.addresses().aliases[0].address;
    let answer = client().get(format!("http://{address}/web")).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn ask(running: &Running, name: &str, kind: RecordType) -> Message {
    let mut question = Message::new(1, MessageType::Query, OpCode::Query);
    question.metadata.recursion_desired = true;
    question.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(&question.to_vec().unwrap(), running.dns).await.unwrap();
    let mut answer = [0; 512];
    let length = timeout(PATIENCE, socket.recv(&mut answer)).await.unwrap().unwrap();
    Message::from_vec(&answer[..length]).unwrap()
}

#[tokio::test]
async fn a_name_leads_to_each_task_in_turn() {
    let mut running = running(2).await;
    let tasks = running.steady().await;
    let mut hosts = BTreeSet::new();
    for _ in 0..4 {
        let (status, environment) = call(&running).await;
        assert_eq!(status, 200);
        hosts.insert(variable(&environment, "HOST").to_owned());
    }
    let expected = |task: &TaskStatus| task.address.to_string();
    assert_eq!(hosts, tasks.iter().map(expected).collect());
    let answer = ask(&running, "Orders.", RecordType::A).await;
    let addresses: Vec<_> = answer.answers.iter().map(|it| it.data.to_string()).collect();
    assert_eq!(addresses, [running.env.addresses().aliases[0].address.ip().to_string()]);
    let none = ask(&running, "orders.", RecordType::AAAA).await;
    assert_eq!((none.metadata.response_code, none.answers.len()), (ResponseCode::NoError, 0));
    running.end().await;
}

#[tokio::test]
async fn a_task_that_ends_costs_no_connection() {
    let mut running = running(2).await;
    let before = running.steady().await;
    let (_, environment) = call(&running).await;
    kill(process_of(&environment), Signal::SIGKILL).unwrap();
    loop {
        assert_eq!(call(&running).await.0, 200);
        let status = running.status.borrow().clone();
        let tasks = &status.services[0].tasks;
        let gone = before.iter().any(|old| tasks.iter().all(|task| task.id != old.id));
        if status.is_steady() && gone {
            break;
        }
    }
    running.end().await;
}

#[tokio::test]
async fn without_a_task_the_proxy_answers_in_its_place() {
    let mut running = running(0).await;
    running.steady().await;
    assert_eq!(call(&running).await, (503, "no healthy upstream".to_owned()));
    running.end().await;
}

#[test]
fn a_name_of_two_namespaces_is_refused_and_each_name_has_an_address() {
    let (port, other_port) = (free_port(), free_port());
    let mut stack = stack(1, port);
    let mut other = stack.services[0].clone();
    other.logical_id = "Other".into();
    let connect = other.connect.as_mut().unwrap();
    connect.namespace = "elsewhere".into();
    connect.endpoints[0].aliases[0].name = "others".into();
    connect.endpoints[0].aliases[0].port = other_port;
    stack.services.push(other);
    let addresses = ["127.0.0.2", "127.0.0.3"].map(|it| it.parse().unwrap());
    let open = Connect::open(&stack, &addresses).unwrap();
    let published: Vec<_> = open.published().map(|it| it.address.to_string()).collect();
    assert_eq!(published, [format!("127.0.0.2:{port}"), format!("127.0.0.3:{other_port}")]);
    let alias = stack.services[0].connect.as_ref().unwrap().endpoints[0].aliases[0].clone();
    stack.services[1].connect.as_mut().unwrap().endpoints[0].aliases[0] = alias;
    drop(open);
    let refused = Connect::open(&stack, &addresses).unwrap_err();
    assert!(matches!(refused, ConnectError::Twice { .. }), "{refused}");
}
