//! `local-env up`: runs a stack until Ctrl-C.

use std::collections::BTreeMap;

use clap::Args;
use miette::IntoDiagnostic as _;

use super::{
    build,
    options::{Options, pair},
    screen::Screen,
    serve,
};
use crate::{
    alb::Failing,
    ecs::{Network, ProcessLauncher},
    stack::Stack,
};

/// Run a stack: its services, its load balancer, its names
#[derive(Debug, Args)]
pub(super) struct Up {
    #[command(flatten)]
    options: Options,
    /// Run COUNT tasks of a service instead of its desired count
    #[arg(long, value_name = "SERVICE=COUNT", value_parser = pair::<String, u32>('='))]
    scale: Vec<(String, u32)>,
}

/// Runs the command.
pub(super) async fn run(up: Up) -> miette::Result<()> {
    let project = up.options.project()?;
    let stack = up.options.stack(&project)?;
    let commands = project.commands(&stack)?.into_iter().collect();
    let network = Network::lease().into_diagnostic()?;
    let settings = up.options.settings(&stack, up.scale(&stack, &network)?, Failing::IsTold)?;
    let mut served = serve::open(&stack, settings, &up.options).await?;
    build::run(&project.builds(&stack), &served.screen, &mut served.signals).await?;
    let (dns, region) = (served.environment.dns_address(), stack.region);
    served
        .run(|events, output| ProcessLauncher::new(commands, dns, region, network, events, output))
        .await
}

// === impl Up ===

impl Up {
    fn scale(&self, stack: &Stack, network: &Network) -> miette::Result<BTreeMap<String, u32>> {
        let mut scale = BTreeMap::new();
        for (name, count) in &self.scale {
            let service = stack.service_named(name).map_err(|error| {
                miette::miette!(help = "--scale takes SERVICE=COUNT", "{error}")
            })?;
            scale.insert(service.logical_id.clone(), *count);
        }
        if matches!(network, Network::Single) {
            one_task_a_service(stack, &mut scale);
        }
        Ok(scale)
    }
}

/// Without addresses of their own two tasks of a service would want the same port.
fn one_task_a_service(stack: &Stack, scale: &mut BTreeMap<String, u32>) {
    Screen::warn("this machine has no address in 127.0.0.0/8 but 127.0.0.1: one task a service");
    for service in &stack.services {
        let count = scale.entry(service.logical_id.clone()).or_insert(service.desired_count);
        *count = (*count).min(1);
    }
}
