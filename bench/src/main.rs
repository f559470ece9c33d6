//! Compares the load balancer of local-env with others: see the README beside this.

mod backend;
mod balancer;
mod compare;
mod load;
mod peer;
mod process;

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
    /// Serve as the load balancer that is compared, until killed
    #[command(hide = true)]
    Balancer(balancer::Balancer),
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
        Command::Balancer(balancer) => balancer::run(&balancer),
        Command::Backend { addresses } => backend::run(&addresses),
    }
}
