//! The load balancer of local-env in a process of its own.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use alb::acm::Authority;
use alb::{Failing, LoadBalancer, Options, Publication, TargetGroup, TargetState};
use clap::Args;
use clock::Clock;
use cloudformation::{Inputs, Source, Template};
use miette::{IntoDiagnostic as _, miette};
use stack::{Allowed, Condition, ListenerProtocol, Patterns, Stack};

const TEMPLATE: &str = include_str!("template.yaml");

#[derive(Args)]
pub(crate) struct Balancer {
    /// Where HTTP is served
    #[arg(long)]
    http: u16,
    /// Where HTTPS is served
    #[arg(long)]
    https: u16,
    /// How many rules there are, of which only the last matches, instead of the three routes
    #[arg(long)]
    rules: Option<u32>,
    /// Where its certificates are kept
    #[arg(long)]
    folder: PathBuf,
    /// The targets of all rules
    targets: Vec<SocketAddr>,
}

/// Serves for ever.
pub(crate) fn run(balancer: &Balancer) -> miette::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.into_diagnostic()?.block_on(serve(balancer))
}

async fn serve(balancer: &Balancer) -> miette::Result<()> {
    let stack = stack(balancer.rules)?;
    let model = stack.load_balancers.first().ok_or_else(|| miette!("no load balancer"))?;
    let group = stack.target_groups.first().ok_or_else(|| miette!("no target group"))?;
    let group = TargetGroup::new(group, Clock::REAL);
    let groups = HashMap::from([(group.arn().clone(), group.clone())]);
    let authority = Authority::open(&balancer.folder).into_diagnostic()?;
    let mut secure = HashMap::new();
    for listener in &model.listeners {
        if let ListenerProtocol::Https { certificates, policy } = &listener.protocol {
            let config = authority.server_config(certificates, policy, true).into_diagnostic()?;
            secure.insert(listener.port, config);
        }
    }
    let options = Options {
        addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        failing: Failing::IsTold,
        explain: false,
        access_log: None,
    };
    let bound = LoadBalancer::bind(model, &groups, &options, |listener| {
        let tls = secure.get(&listener.port).cloned();
        let port = if tls.is_some() { balancer.https } else { balancer.http };
        Publication { port, tls }
    });
    balancer.targets.iter().for_each(|target| group.register(*target));
    let mut states = group.states();
    let all =
        |states: &alb::TargetStates| states.values().all(|state| *state == TargetState::Healthy);
    states.wait_for(all).await.into_diagnostic()?;
    let _running = bound.into_diagnostic()?.start().into_diagnostic()?;
    std::future::pending().await
}

/// The stack, if asked for with so many rules.
fn stack(rules: Option<u32>) -> miette::Result<Stack> {
    let template = Template::parse(&Source::new("template.yaml", TEMPLATE)).into_diagnostic()?;
    let resolved = template.resolve(&Inputs::new("bench")).into_diagnostic()?;
    let mut stack = stack_reader::read(&resolved, Allowed::default()).into_diagnostic()?;
    let Some(rules) = rules else { return Ok(stack) };
    for listener in stack.load_balancers.iter_mut().flat_map(|it| &mut it.listeners) {
        // `/service2*`, which the load asks for.
        let mut matching = listener.rules.swap_remove(1);
        let other = |priority: u32| {
            let mut rule = matching.clone();
            rule.priority = priority;
            let pattern = format!("/service{}/elsewhere*", priority + 3);
            rule.conditions = vec![Condition::PathPattern(Patterns::Wildcards(vec![pattern]))];
            rule
        };
        listener.rules = (1..rules).map(other).collect();
        matching.priority = rules;
        listener.rules.push(matching);
    }
    Ok(stack)
}
