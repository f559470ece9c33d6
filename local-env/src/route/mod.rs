//! Which rule would take a request, why no rule before it does, and what would happen then. Nothing is
//! started and nothing is sent.

mod asked;
mod listener;
mod report;

use alb::rules::RouteError;
use miette::Diagnostic;
use thiserror::Error;

pub(crate) use asked::{Asked, Url, header, method};
pub(crate) use listener::{of as listener, url};
pub(crate) use report::told;

/// What would become of a request.
#[derive(Debug)]
pub(crate) struct Told {
    /// In the order in which it happens.
    pub(crate) text: String,
    /// The logical id of the rule that takes it, if one does.
    pub(crate) rule: Option<String>,
    /// The logical ids of the target groups that it may be forwarded to.
    pub(crate) target_groups: Vec<String>,
}

/// Why it cannot be told what would become of a request.
#[derive(Debug, Error, Diagnostic)]
pub(crate) enum AskError {
    /// It is no request.
    #[error("{0}")]
    Request(String),
    #[error("no listener has port {port}")]
    #[diagnostic(help("{}", known_listeners(known)))]
    NoListener { port: u16, known: Vec<String> },
    #[error("the listener at port {port} speaks {speaks}")]
    #[diagnostic(help("ask for {example}"))]
    OtherProtocol { port: u16, speaks: &'static str, example: String },
    #[error("{} load balancers have a listener at port {port}", ways.len())]
    #[diagnostic(help(
        "name one in the URL, and the request's own host with --header 'Host: ...':\n{}",
        told_ways(ways)
    ))]
    Ambiguous { port: u16, ways: Vec<Way> },
    #[error(transparent)]
    Rules(#[from] RouteError),
}

/// How one of several load balancers is asked for.
#[derive(Debug)]
pub(crate) struct Way {
    port: u16,
    name: String,
    logical_id: String,
}

fn known_listeners(known: &[String]) -> String {
    match known {
        [] => "the template has no listener".to_owned(),
        known => format!("ask for {}", known.join(" or ")),
    }
}

fn told_ways(ways: &[Way]) -> String {
    let told = ways.iter().map(|Way { port, name, logical_id }| {
        format!("localhost:{port}, or {name}, for {logical_id}")
    });
    told.collect::<Vec<_>>().join("\n")
}
