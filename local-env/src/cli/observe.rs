//! `local-env observe`: the load balancer and the names, for tasks that something else runs.

use std::net::SocketAddr;

use clap::Args;

use super::{options::Options, serve, typed::resolver};
use crate::templates::DefaultTemplate;

/// Serve a stack's load balancers and names for tasks that something else runs, such as Docker Compose
#[derive(Debug, Args)]
pub(super) struct Observe {
    #[command(flatten)]
    options: Options,
    /// The resolver that has each service's tasks under the service's name; the default is Docker's
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = resolver, default_value = "127.0.0.11")]
    tasks_from: SocketAddr,
}

/// Runs the command.
pub(super) async fn run(observe: Observe, default: DefaultTemplate) -> miette::Result<()> {
    let builder = observe.options.environment(default).observing(observe.tasks_from);
    serve::open(builder, &observe.options).await?.run(false, None).await
}
