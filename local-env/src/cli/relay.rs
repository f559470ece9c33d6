//! `local-env relay`: what `up` runs in the network of its containers; nobody types it.

use std::path::PathBuf;

use clap::Args;
use miette::IntoDiagnostic as _;

use crate::relay::{Inside, PortAndTarget};

/// Pass on what containers ask of the environment that started this
#[derive(Debug, Args)]
#[command(hide = true)]
pub(super) struct Relay {
    /// The environment's socket
    socket: PathBuf,
    /// Pass on questions about names
    #[arg(long)]
    dns: bool,
    /// Pass on connections to a port
    #[arg(long = "port", value_name = "PORT:ADDRESS:PORT")]
    ports: Vec<PortAndTarget>,
}

/// Runs the command.
pub(super) async fn run(relay: Relay) -> miette::Result<()> {
    let Relay { socket, dns, ports } = relay;
    Inside { socket, dns, ports }.run().await.into_diagnostic()
}
