//! `local-env up`: runs a stack until Ctrl-C.

use std::path::PathBuf;

use clap::Args;

use super::{log_files::LogFiles, options::Options, serve, typed::pair};
use crate::templates::DefaultTemplate;

/// What limits processes have.
const LIMITS: &str = if cfg!(target_os = "linux") {
    "memory as the template says; processor shares are not limited"
} else {
    "neither memory nor processor shares are limited on this system"
};
/// What they have where some tasks are containers.
const LIMITS_BESIDE_CONTAINERS: &str =
    "of containers as the template says; of processes memory, on Linux";

/// Run a stack: its services, its load balancers and its Cloud Map names
#[derive(Debug, Args)]
pub(super) struct Up {
    #[command(flatten)]
    options: Options,
    /// Run COUNT tasks of a service instead of its desired count
    #[arg(long, value_name = "SERVICE=COUNT", value_parser = pair::<String, u32>('='))]
    scale: Vec<(String, u32)>,
    /// Deploy a service anew when its program, the template or local-env.toml changes
    #[arg(long)]
    watch: bool,
    /// Write the tasks' output to this folder, one file per log stream
    #[arg(long, value_name = "FOLDER")]
    log_dir: Option<PathBuf>,
}

/// Runs the command.
pub(super) async fn run(up: Up, default: DefaultTemplate) -> miette::Result<()> {
    let mut builder = up.options.environment(default);
    for (service, count) in &up.scale {
        builder = builder.scale(service, *count);
    }
    let logs = up.log_dir.map(LogFiles::open).transpose()?;
    let mut served = serve::open(builder, &up.options).await?;
    served.limits(if served.has_containers() { LIMITS_BESIDE_CONTAINERS } else { LIMITS });
    served.build().await?;
    served.run(up.watch, logs).await
}
