//! The command line: what can be typed, and one file a command.

mod build;
mod check;
mod compose;
mod explain;
mod healthcheck;
mod init;
mod log_files;
mod observe;
mod options;
mod print;
mod relay;
mod report;
mod route;
mod screen;
mod serve;
mod session;
mod signals;
mod table;
mod templates;
mod typed;
mod up;
mod watch;

use clap::{Parser, Subcommand};

pub use crate::templates::DefaultTemplate;

/// Runs the ECS stack that you are about to deploy on your own machine, from the template that you
/// will deploy: the same listener rules, service names and health checks.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(up::Up),
    Observe(observe::Observe),
    Compose(compose::Compose),
    Route(route::Route),
    Check(check::Check),
    Init(init::Init),
    Report(report::Report),
    Healthcheck(healthcheck::Healthcheck),
    Relay(relay::Relay),
}

/// Parses what was typed and does it, with `default` where no template is named. Errors are for
/// `main` to show.
pub async fn run(default: DefaultTemplate) -> miette::Result<()> {
    match Arguments::parse().command {
        Command::Up(up) => up::run(up, default).await,
        Command::Observe(observe) => observe::run(observe, default).await,
        Command::Compose(compose) => compose::run(&compose, default),
        Command::Route(route) => route::run(&route, default),
        Command::Check(check) => check::run(&check, default),
        Command::Init(init) => init::run(&init, default),
        Command::Report(report) => report::run(&report, default),
        Command::Healthcheck(healthcheck) => healthcheck::run(&healthcheck),
        Command::Relay(relay) => relay::run(relay).await,
    }
}
