//! Compares the load balancer of local-env, and its DNS server, with others: see the README beside
//! this.

mod backend;
mod balancer;
mod compare;
mod dns;
mod load;
mod names;
mod peer;
mod process;
mod resolver;
mod rounds;
mod start;

use std::net::SocketAddr;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Put the same load on each load balancer and compare
    Compare(compare::Compare),
    /// Put the same load on each DNS server and compare
    Dns(dns::Dns),
    /// See how soon a stack is up
    Start(start::Start),
    /// Answer as a task of a large stack, until killed
    #[command(hide = true)]
    Task,
    /// Serve as the load balancer that is compared, until killed
    #[command(hide = true)]
    Balancer(balancer::Balancer),
    /// Serve as the DNS server that is compared, until killed
    #[command(hide = true)]
    Names(names::Names),
    /// Answer every request with the same 100 bytes, until killed
    #[command(hide = true)]
    Backend {
        /// Where, each
        addresses: Vec<SocketAddr>,
    },
}

fn main() -> miette::Result<()> {
    match Arguments::parse().command {
        Command::Compare(compare) => compare::run(&compare),
        Command::Dns(dns) => dns::run(&dns),
        Command::Start(start) => start::run(&start),
        Command::Task => start::task(),
        Command::Names(names) => names::run(&names),
        Command::Balancer(balancer) => balancer::run(&balancer),
        Command::Backend { addresses } => backend::run(&addresses),
    }
}
