//! Any bytes on a client's connection: the load balancer does not panic, and a target never sees a
//! request that the load balancer has not made, which is what smuggling one would mean.

#![no_main]

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::OnceLock,
    thread,
    time::Duration,
};

use libfuzzer_sys::fuzz_target;
use alb::{Failing, LoadBalancer, Options, Publication, TargetGroup, TargetState};
use clock::Clock;
use cloudformation::{Inputs, Source, Template};
use stack::Allowed;

const TEMPLATE: &str = include_str!("request.yaml");
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fuzz_target!(|bytes: &[u8]| {
    static BALANCER: OnceLock<SocketAddr> = OnceLock::new();
    let address = *BALANCER.get_or_init(start);
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
    // The load balancer may close as soon as it has seen enough.
    let _sent = stream.write_all(bytes);
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "the connection hangs");
    }
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 "), "{answer:?}");
});

/// A target that looks at what it gets: each request has the lines that the load balancer adds, once,
/// and ends where the next one begins.
fn target() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || look_at(stream));
        }
    });
    address
}

fn look_at(mut stream: TcpStream) {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        while let Some(end) = find(&bytes, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let count = |name: &str| head.matches(name).count();
            if count("\r\nX-Amzn-Trace-Id: ") != 1 && !head.contains("ELB-HealthChecker") {
                eprintln!("a request that the load balancer did not make:\n{head}");
                std::process::abort();
            }
            bytes.drain(..end + 4);
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            let length: usize = length.and_then(|it| it.parse().ok()).unwrap_or(0);
            let chunked = head.contains("\r\nTransfer-Encoding: chunked");
            while if chunked { find(&bytes, b"0\r\n\r\n").is_none() } else { bytes.len() < length } {
                match stream.read(&mut chunk) {
                    Ok(0) | Err(_) => return,
                    Ok(count) => bytes.extend_from_slice(&chunk[..count]),
                }
            }
            if chunked {
                // The bodies of chunked requests are not looked into: the connection ends with them.
                return;
            }
            bytes.drain(..length);
            if stream.write_all(ANSWER).is_err() {
                return;
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn start() -> SocketAddr {
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let template = Template::parse(&Source::new("request.yaml", TEMPLATE)).expect("a template");
            let resolved = template.resolve(&Inputs::new("fuzz")).expect("resolved");
            let mut stack = stack_reader::read(&resolved, Allowed::default()).expect("a stack");
            let mut model = stack.load_balancers.remove(0);
            model.attributes.idle_timeout = Duration::from_millis(20);
            let group = TargetGroup::new(&stack.target_groups[0], Clock::REAL);
            let groups = HashMap::from([(group.arn().clone(), group.clone())]);
            let options = Options {
                addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
                failing: Failing::IsTold,
                explain: false,
                access_log: None,
            };
            let publish = |_: &_| Publication { port: 0, tls: None };
            let balancer = LoadBalancer::bind(&model, &groups, &options, publish).expect("bound");
            let port = balancer.published_ports()[&80];
            let target = target();
            group.register(target);
            let mut states = group.states();
            states.wait_for(|it| it.get(&target) == Some(&TargetState::Healthy)).await.expect("a state");
            let _running = balancer.start().expect("started");
            sender.send(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).expect("heard");
            std::future::pending::<()>().await;
        });
    });
    receiver.recv().expect("an address")
}
