//! A load balancer at work, and the verbs of its tests.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use alb::acm::Authority;
use alb::{Failing, LoadBalancer, Options, Publication, RunningLoadBalancer, TargetGroup};
use rustls::SupportedProtocolVersion;
use stack::{self, HealthCheckPort, ListenerProtocol, Stack};
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::{
    Setup, eventually, get,
    h2_client::H2,
    healthy, log, tls,
    wire::{Answer, Wire},
};

/// A load balancer with one listener.
pub struct Balancer {
    address: SocketAddr,
    host: String,
    tls: bool,
    groups: HashMap<String, Arc<TargetGroup>>,
    folder: TempDir,
    running: RunningLoadBalancer,
}

// === impl Setup ===

impl Setup {
    pub async fn start(self) -> Balancer {
        Balancer::start(self).await
    }
}

// === impl Balancer ===

impl Balancer {
    pub async fn start(setup: Setup) -> Self {
        let mut stack = setup.read();
        if !setup.checked {
            let port = HealthCheckPort::Port(healthy::serve().await.port());
            stack.target_groups.iter_mut().for_each(|group| group.health_check.port = port);
        }
        let groups: HashMap<_, _> = stack
            .target_groups
            .iter()
            .map(|group| (group.arn.clone(), TargetGroup::new(group, setup.clock)))
            .collect();
        let named = |group: &stack::TargetGroup| {
            (group.logical_id.to_string(), Arc::clone(&groups[&group.arn]))
        };
        let named = stack.target_groups.iter().map(named).collect();
        let folder = tempfile::tempdir().unwrap();
        let bound = bind(&stack, &groups, &setup.addresses, &folder);
        let port = *bound.published_ports().values().next().expect("a listener");
        let model = &stack.load_balancers[0];
        Self {
            address: SocketAddr::new(setup.addresses[0], port),
            host: model.dns_name.clone(),
            tls: model.listeners[0].protocol != ListenerProtocol::Http,
            groups: named,
            folder,
            running: bound.start().unwrap(),
        }
    }

    /// Where its listener is published.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What AWS would call it in the DNS.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// A target group by its name in the template.
    pub fn group(&self, name: &str) -> &Arc<TargetGroup> {
        &self.groups[name]
    }

    /// Registers a target with `Web` and waits until it gets requests.
    pub async fn register(&self, target: SocketAddr) {
        self.register_with("Web", target).await;
    }

    pub async fn register_with(&self, group: &str, target: SocketAddr) {
        self.group(group).register(target);
        self.until_with(group, target, "healthy").await;
    }

    /// What `Web` says of a target's state.
    pub fn state(&self, target: SocketAddr) -> String {
        self.state_with("Web", target)
    }

    pub fn state_with(&self, group: &str, target: SocketAddr) -> String {
        let states = self.group(group).states();
        let states = states.borrow();
        states.get(&target).map_or_else(|| "not registered".into(), ToString::to_string)
    }

    /// Waits until a target's state in `Web` begins so.
    pub async fn until(&self, target: SocketAddr, state: &str) {
        self.until_with("Web", target, state).await;
    }

    async fn until_with(&self, group: &str, target: SocketAddr, state: &str) {
        let what = format!("{target} {state}");
        eventually(&what, async || self.state_with(group, target).starts_with(state)).await;
    }

    /// A new connection to the listener, over TLS and in HTTP/1.1 where it asks for that.
    pub async fn connect(&self) -> Wire {
        if self.tls {
            return Wire::new(self.connect_tls(&[b"http/1.1"]).await);
        }
        Wire::new(TcpStream::connect(self.address).await.expect("a connection"))
    }

    /// A TLS connection that offers these protocols.
    pub async fn connect_tls(&self, alpn: &[&[u8]]) -> tls::ClientStream {
        tls::connect(self.address, &self.folder.path().join("ca.pem"), alpn).await
    }

    /// Whether a client gets in that speaks this version of TLS alone.
    pub async fn speaks(&self, version: &'static SupportedProtocolVersion) -> bool {
        let authority = self.folder.path().join("ca.pem");
        tls::try_connect(self.address, &authority, &[b"h2"], &[version]).await.is_ok()
    }

    /// An HTTP/2 connection.
    pub async fn connect_h2(&self) -> H2 {
        H2::new(self.connect_tls(&[b"h2"]).await).await
    }

    /// Sends bytes on a connection of their own; the first answer.
    pub async fn send(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut connection = self.connect().await;
        connection.send(request).await;
        connection.answer().await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(get(path)).await
    }

    /// A GET with further fields, each with its line's end.
    pub async fn get_with(&self, path: &str, fields: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nHost: shop.example\r\n{fields}\r\n");
        self.send(request).await
    }

    /// Its first lines of the access log, as soon as there are so many.
    pub async fn log(&self, count: usize) -> Vec<log::Line> {
        let path = self.folder.path().join(log::FILE);
        eventually("the log's lines", async || log::lines(&path).len() >= count).await;
        log::lines(&path)
    }

    /// What a metric of CloudWatch's name counts to.
    pub fn metric(&self, name: &str) -> f64 {
        log::metric(&self.running, name)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.running.close();
    }
}

fn bind(
    stack: &Stack,
    groups: &HashMap<stack::Arn, Arc<TargetGroup>>,
    addresses: &[IpAddr],
    folder: &TempDir,
) -> LoadBalancer {
    let authority = Authority::open(folder.path()).unwrap();
    let options = log::logging(
        Options {
            addresses: addresses.to_vec(),
            failing: Failing::IsTold,
            explain: false,
            access_log: None,
        },
        folder.path(),
    );
    let publish = |listener: &stack::Listener| Publication {
        port: 0,
        tls: match &listener.protocol {
            ListenerProtocol::Http => None,
            ListenerProtocol::Https { certificates, policy } => {
                let http2 = stack.load_balancers[0].attributes.http2;
                Some(authority.server_config(certificates, policy, http2).unwrap())
            }
        },
    };
    LoadBalancer::bind(&stack.load_balancers[0], groups, &options, publish).unwrap()
}
