//! Which listener a URL is for: the one with its port in AWS, else the one that is published there.

use super::asked::{Url, without_port};
use crate::{
    environment::published_port,
    stack::{Listener, ListenerProtocol, LoadBalancer, Stack},
};

/// The listener, and its load balancer.
pub(super) fn of<'a>(
    stack: &'a Stack,
    url: &Url,
) -> miette::Result<(&'a LoadBalancer, &'a Listener)> {
    let all: Vec<_> = all(stack).collect();
    let having = |port: fn(&Listener) -> u16| -> Vec<_> {
        all.iter().copied().filter(|(_, listener)| port(listener) == url.port).collect()
    };
    let mut found = having(|listener| listener.port);
    if found.is_empty() {
        found = having(published);
    }
    let named = |(balancer, _): &&(&LoadBalancer, &Listener)| {
        balancer.dns_name.eq_ignore_ascii_case(without_port(&url.authority))
    };
    let (balancer, listener) = match (&found[..], found.iter().find(named)) {
        (_, Some(&one)) | (&[one], None) => one,
        ([], None) => return Err(none(url, &all)),
        (several, None) => return Err(ambiguous(url, several)),
    };
    if is_https(listener) == url.https {
        return Ok((balancer, listener));
    }
    let (speaks, port) = (protocol(listener), listener.port);
    Err(miette::miette!(
        help = format!("ask for {}", example(listener)),
        "the listener at port {port} speaks {speaks}"
    ))
}

pub(super) fn protocol(listener: &Listener) -> &'static str {
    if is_https(listener) { "HTTPS" } else { "HTTP" }
}

/// Where it is reached here unless one asks for another port.
pub(super) fn published(listener: &Listener) -> u16 {
    published_port(listener.port, &std::collections::BTreeMap::new())
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

fn none(url: &Url, all: &[(&LoadBalancer, &Listener)]) -> miette::Report {
    let known: Vec<_> = all.iter().map(|(_, listener)| example(listener)).collect();
    let help = match &known[..] {
        [] => "the template has no listener".to_owned(),
        known => format!("ask for {}", known.join(" or ")),
    };
    miette::miette!(help = help, "no listener has port {}", url.port)
}

fn ambiguous(url: &Url, several: &[(&LoadBalancer, &Listener)]) -> miette::Report {
    let hosts: Vec<_> = several.iter().map(|(balancer, _)| balancer.dns_name.as_str()).collect();
    miette::miette!(
        help = format!(
            "name one in the URL, and the request's own host with --header 'Host: ...': {}",
            hosts.join(" or ")
        ),
        "{} load balancers have a listener at port {}",
        several.len(),
        url.port
    )
}
