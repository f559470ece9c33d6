//! Which listener a URL is for: the one with its port in AWS, else the one that is published there.
//! Where several load balancers have a listener at the port, the URL names one of them.

use std::collections::BTreeMap;

use super::{
    AskError, Way,
    asked::{Url, without_port},
};
use crate::environment::published_ports;
use alb::PublishedPorts;
use stack::{Listener, ListenerProtocol, LoadBalancer, Stack};

/// Finds the listener, and its load balancer.
pub(crate) fn of<'a>(
    stack: &'a Stack,
    url: &Url,
) -> Result<(&'a LoadBalancer, &'a Listener), AskError> {
    let all: Vec<_> = all(stack).collect();
    let here = |balancer, listener: &Listener| {
        published(stack, balancer).get(&listener.port) == Some(&url.port)
    };
    let in_aws = all.iter().copied().filter(|(_, listener)| listener.port == url.port);
    let mut found: Vec<_> = in_aws.collect();
    if found.is_empty() {
        found =
            all.iter().copied().filter(|(balancer, listener)| here(balancer, listener)).collect();
    }
    let host = without_port(&url.authority);
    let named = |(balancer, _): &&(&LoadBalancer, &Listener)| {
        let names = [balancer.name.as_str(), balancer.logical_id.as_str()];
        names.iter().any(|name| name.eq_ignore_ascii_case(host))
    };
    let (balancer, listener) = match (&found[..], found.iter().find(named)) {
        (_, Some(&one)) | (&[one], None) => one,
        ([], None) => return Err(none(url, &all)),
        (several, None) => return Err(ambiguous(stack, url, several)),
    };
    if is_https(listener) == url.https {
        return Ok((balancer, listener));
    }
    let (speaks, port, example) = (protocol(listener), listener.port, example(listener));
    Err(AskError::OtherProtocol { port, speaks, example })
}

/// Returns a URL for a path and query of a listener.
pub(crate) fn url(listener: &Listener, target: &str) -> Result<Url, String> {
    let scheme = protocol(listener).to_ascii_lowercase();
    format!("{scheme}://localhost:{}{target}", listener.port).parse()
}

pub(super) fn protocol(listener: &Listener) -> &'static str {
    if is_https(listener) { "HTTPS" } else { "HTTP" }
}

/// Where the listeners of a load balancer are reached here unless one asks for other ports.
pub(super) fn published(stack: &Stack, balancer: &LoadBalancer) -> PublishedPorts {
    let ports = published_ports(stack, &BTreeMap::new());
    let mut own = stack.load_balancers.iter().zip(ports);
    own.find(|(one, _)| std::ptr::eq(*one, balancer)).map(|(_, ports)| ports).unwrap_or_default()
}

fn all(stack: &Stack) -> impl Iterator<Item = (&LoadBalancer, &Listener)> {
    stack
        .load_balancers
        .iter()
        .flat_map(|balancer| balancer.listeners.iter().map(move |listener| (balancer, listener)))
}

fn is_https(listener: &Listener) -> bool {
    listener.protocol != ListenerProtocol::Http
}

fn example(listener: &Listener) -> String {
    let port = match listener.port {
        80 | 443 => String::new(),
        port => format!(":{port}"),
    };
    format!("{}://localhost{port}", protocol(listener).to_ascii_lowercase())
}

fn none(url: &Url, all: &[(&LoadBalancer, &Listener)]) -> AskError {
    let known = all.iter().map(|(_, listener)| example(listener)).collect();
    AskError::NoListener { port: url.port, known }
}

fn ambiguous(stack: &Stack, url: &Url, several: &[(&LoadBalancer, &Listener)]) -> AskError {
    let way = |(balancer, listener): &(&LoadBalancer, &Listener)| {
        let ports = published(stack, balancer);
        Way {
            port: ports.get(&listener.port).copied().unwrap_or(listener.port),
            name: balancer.name.clone(),
            logical_id: balancer.logical_id.to_string(),
        }
    };
    AskError::Ambiguous { port: url.port, ways: several.iter().map(way).collect() }
}
