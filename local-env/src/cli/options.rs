//! What all commands that serve a stack can be told.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::{Args, ValueEnum};

use super::{templates::TemplateArguments, typed::pair};
use crate::{
    library::{Builder, LocalEnv},
    templates::DefaultTemplate,
};
use alb::LogFormat;
use clock::Clock;
use cloudmap::UpstreamAddress;

#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Clone, Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    templates: TemplateArguments,
    /// Publish a listener on another local port, as in 9443:443; 0 picks a free port
    #[arg(long, value_name = "LOCAL:LISTENER", value_parser = pair::<u16, u16>(':'))]
    publish: Vec<(u16, u16)>,
    /// Publish the listeners on this address instead of on loopback
    #[arg(long, value_name = "ADDRESS")]
    bind: Option<IpAddr>,
    /// The file that says how services are run [default: local-env.toml beside the template or cdk.out]
    #[arg(long, value_name = "FILE")]
    project: Option<PathBuf>,
    /// List everything in the template that has no effect here
    #[arg(long)]
    pub(super) show_ignored: bool,
    /// Skip `authenticate-*` actions, which are not emulated, and let every client through
    #[arg(long)]
    allow_unauthenticated: bool,
    /// Leave out, and report, resources that are not emulated and would change what clients see
    #[arg(long)]
    allow_partial: bool,
    /// Run health checks and other waits at AWS's own pace
    #[arg(long)]
    real_time: bool,
    /// Serve DNS on this address; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:10053")]
    dns: SocketAddr,
    /// Forward names outside the stack's namespaces to this resolver (`system`: the machine's own)
    /// instead of refusing them
    #[arg(long, value_name = "ADDRESS[:PORT]")]
    dns_upstream: Option<UpstreamAddress>,
    /// Serve the Cloud Map API on this address, for `aws servicediscovery` and the SDKs; port 0 picks a
    /// free port
    #[arg(long, value_name = "ADDRESS:PORT")]
    discovery: Option<SocketAddr>,
    /// Serve the ECS task metadata endpoint on this address; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    task_metadata: SocketAddr,
    /// Append an access log entry for each request to this file; `-` writes to standard output
    #[arg(long, value_name = "PATH")]
    access_log: Option<PathBuf>,
    /// The format of the access log
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, requires = "access_log")]
    access_log_format: LineFormat,
    /// Serve the load balancers' metrics on this address, for Prometheus; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics: Option<SocketAddr>,
    /// Add a header to each response that says which rule matched, and why no earlier rule did
    #[arg(long)]
    explain: bool,
    /// Where the certificate authority is kept [default: local-env in the user's data folder]
    #[arg(long, value_name = "FOLDER", env = "LOCAL_ENV_DATA")]
    data_folder: Option<PathBuf>,
}

/// How the access log's lines look, as typed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum LineFormat {
    /// ALB's own format.
    #[default]
    Alb,
    /// One JSON object a line, with AWS's names for the fields.
    Json,
}

// === impl Options ===

impl Options {
    /// Returns the environment that is meant by what was typed.
    pub(super) fn environment(&self, default: DefaultTemplate) -> Builder {
        let mut builder = LocalEnv::from_templates(self.templates.templates(default))
            .usual_ports()
            .clock(self.clock())
            .dns(self.dns)
            .task_metadata(self.task_metadata);
        for (local, listener) in &self.publish {
            builder = builder.publish(*listener, *local);
        }
        builder = with(builder, self.bind, Builder::bind);
        builder = with(builder, self.project.clone(), Builder::project_file);
        builder = with(builder, self.dns_upstream, Builder::dns_upstream);
        builder = with(builder, self.discovery, Builder::discovery);
        builder = with(builder, self.metrics, Builder::metrics);
        builder = with(builder, self.data_folder.clone(), Builder::data_folder);
        builder = with(builder, self.access_log.clone(), |builder, path| {
            builder.access_log(path, self.access_log_format.into())
        });
        for (is_asked_for, switch) in [
            (self.explain, Builder::explain as fn(Builder) -> Builder),
            (self.allow_unauthenticated, Builder::allow_unauthenticated),
            (self.allow_partial, Builder::allow_partial),
        ] {
            builder = if is_asked_for { switch(builder) } else { builder };
        }
        builder
    }

    pub(super) fn clock(&self) -> Clock {
        if self.real_time { Clock::REAL } else { Clock::DESK }
    }
}

fn with<T>(builder: Builder, given: Option<T>, say: impl FnOnce(Builder, T) -> Builder) -> Builder {
    match given {
        Some(given) => say(builder, given),
        None => builder,
    }
}

// === impl LineFormat ===

impl From<LineFormat> for LogFormat {
    fn from(format: LineFormat) -> Self {
        match format {
            LineFormat::Alb => Self::Alb,
            LineFormat::Json => Self::Json,
        }
    }
}
