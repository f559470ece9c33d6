//! `local-env observe`: the load balancer and the names, for tasks that something else runs.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use clap::Args;
use miette::IntoDiagnostic as _;
use tokio::sync::mpsc;

use super::{
    options::{Options, resolver},
    screen::Screen,
    serve,
};
use crate::ecs::{LOOK_UP_PATIENCE, Observer, Watched};
use alb::Failing;
use cloudmap::AddressLookup;
use stack::{Service, Stack};

/// Serve a stack's load balancer and names for tasks that something else runs, such as Docker Compose
#[derive(Debug, Args)]
pub(super) struct Observe {
    #[command(flatten)]
    options: Options,
    /// The resolver that knows each service's tasks by the service's name; Docker's own by default
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = resolver, default_value = "127.0.0.11")]
    tasks_from: SocketAddr,
}

/// Runs the command.
pub(super) async fn run(observe: Observe) -> miette::Result<()> {
    let project = observe.options.project()?;
    let mut stack = observe.options.stack(&project)?;
    without_connect(&mut stack);
    let names = AddressLookup::new(observe.tasks_from, LOOK_UP_PATIENCE).into_diagnostic()?;
    let look_up = async move |name: &str| names.addresses(name).await;
    let observer = Observer::new(watched(&stack), look_up);
    let settings = observe.options.settings(&stack, BTreeMap::new(), Failing::GoesOver)?;
    let served = serve::open(&stack, settings, &observe.options).await?;
    // What runs the tasks shows their output too.
    let (_, no_updates) = mpsc::unbounded_channel();
    served.run(|events, _output| observer.watch(events), no_updates).await
}

/// A name would lead to an address of this machine, where tasks elsewhere find nobody.
fn without_connect(stack: &mut Stack) {
    if stack.services.iter().any(|service| service.connect.is_some()) {
        Screen::warn("the names of Service Connect are those of `up` alone, and are left out");
        stack.services.iter_mut().for_each(|service| service.connect = None);
    }
}

fn watched(stack: &Stack) -> Vec<Watched> {
    let watched = |service: &Service| Watched {
        name: stack.local_name(service).to_owned(),
        service: Arc::new(service.clone()),
    };
    stack.services.iter().map(watched).collect()
}
