//! What all commands that serve a stack can be told.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::PathBuf,
    str::FromStr,
};

use clap::{Args, ValueEnum};
use etcetera::BaseStrategy as _;

use super::{
    load::{self, Templates},
    project::Project,
    screen::Screen,
};
use crate::environment::Settings;
use alb::{Failing, LogFormat};
use clock::Clock;
use cloudmap::UpstreamAddress;
use stack::{Allowed, LogicalId, Stack};

const DATA_FOLDER: &str = "local-env";
const DNS_PORT: u16 = 53;

#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Clone, Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    pub(super) templates: Templates,
    /// Publish a listener on another local port; 0 is any free one
    #[arg(long, value_name = "LOCAL:LISTENER", value_parser = pair::<u16, u16>(':'))]
    publish: Vec<(u16, u16)>,
    /// Publish the listeners on this address instead of the loopback ones
    #[arg(long, value_name = "ADDRESS")]
    bind: Option<IpAddr>,
    /// How the services are run, and parameters [default: local-env.toml beside the template or cdk.out]
    #[arg(long, value_name = "FILE")]
    project: Option<PathBuf>,
    /// Name everything in the template that changes nothing here
    #[arg(long)]
    pub(super) show_ignored: bool,
    /// Let every client pass where a rule authenticates, which is not emulated
    #[arg(long)]
    allow_unauthenticated: bool,
    /// Leave out, and tell of, what is not emulated and would change what clients see
    #[arg(long)]
    allow_partial: bool,
    /// Let health checks and other waits take as long as in AWS
    #[arg(long)]
    real_time: bool,
    /// Where names are answered; port 0 is any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:10053")]
    dns: SocketAddr,
    /// Ask this resolver, or with `system` the machine's own, for names outside the stack's
    /// namespaces, instead of refusing them
    #[arg(long, value_name = "ADDRESS[:PORT]")]
    dns_upstream: Option<UpstreamAddress>,
    /// Serve Cloud Map's API here, for `aws servicediscovery` and the SDKs; port 0 is any free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    discovery: Option<SocketAddr>,
    /// Tell tasks of themselves here, as ECS's metadata endpoint does; port 0 is any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    task_metadata: SocketAddr,
    /// Append a line for each request to this file; `-` is standard output
    #[arg(long, value_name = "PATH")]
    access_log: Option<PathBuf>,
    /// How these lines look
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, requires = "access_log")]
    access_log_format: LineFormat,
    /// Serve the load balancers' metrics here, for Prometheus; port 0 is any free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics: Option<SocketAddr>,
    /// Say in a header of each answer which rule took the request, and why no other did
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
    pub(super) fn project(&self) -> miette::Result<Project> {
        Ok(Project::read(&self.project_file())?)
    }

    /// The files that say what is run.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.templates.files().into_iter().chain([self.project_file()]).collect()
    }

    fn project_file(&self) -> PathBuf {
        self.project.clone().unwrap_or_else(|| self.templates.project_file())
    }

    /// The template's stack; entries of the project file that it has no service for are told of.
    pub(super) fn stack(&self, project: &Project) -> miette::Result<Stack> {
        let allowed =
            Allowed { unauthenticated: self.allow_unauthenticated, partial: self.allow_partial };
        let stack = load::stack(&self.templates, project, allowed)?;
        for entry in project.unused(&stack) {
            Screen::warn(&format!("local-env.toml has an entry for {entry}"));
        }
        Ok(stack)
    }

    pub(super) fn clock(&self) -> Clock {
        if self.real_time { Clock::REAL } else { Clock::DESK }
    }

    pub(super) fn settings(
        &self,
        stack: &Stack,
        scale: BTreeMap<LogicalId, u32>,
        failing: Failing,
    ) -> miette::Result<Settings> {
        Ok(Settings {
            clock: self.clock(),
            scale,
            publish: self.publish(stack)?,
            addresses: self.bind.map_or_else(loopback, |address| vec![address]),
            failing,
            dns: self.dns,
            dns_upstream: self.dns_upstream,
            alias_addresses: Vec::new(),
            discovery: self.discovery,
            access_log: self.access_log.clone().map(|path| (path, self.access_log_format.into())),
            task_metadata: self.task_metadata,
            metrics: self.metrics,
            explain: self.explain,
            data_folder: self.data_folder()?,
        })
    }

    fn data_folder(&self) -> miette::Result<PathBuf> {
        if let Some(folder) = &self.data_folder {
            return Ok(folder.clone());
        }
        let folders = etcetera::choose_base_strategy().map_err(|error| {
            miette::miette!(
                help = "name one with --data-folder",
                "there is no data folder: {error}"
            )
        })?;
        Ok(folders.data_dir().join(DATA_FOLDER))
    }

    fn publish(&self, stack: &Stack) -> miette::Result<BTreeMap<u16, u16>> {
        let listeners = stack.load_balancers.iter().flat_map(|balancer| &balancer.listeners);
        let known: Vec<_> = listeners.map(|listener| listener.port).collect();
        for (_, port) in &self.publish {
            if !known.contains(port) {
                let known: Vec<_> = known.iter().map(ToString::to_string).collect();
                return Err(miette::miette!(
                    help = "--publish takes LOCAL:LISTENER, as in --publish 9443:443",
                    "no listener has port {port}; the stack has {}",
                    known.join(", ")
                ));
            }
        }
        Ok(self.publish.iter().map(|&(local, port)| (port, local)).collect())
    }
}

/// Both loopback addresses, since `localhost` may be either; the second only where there is one.
fn loopback() -> Vec<IpAddr> {
    let v6 = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let has_v6 = TcpListener::bind((v6, 0)).is_ok();
    [IpAddr::V4(Ipv4Addr::LOCALHOST)].into_iter().chain(has_v6.then_some(v6)).collect()
}

pub(super) fn pair<A, B>(
    separator: char,
) -> impl Fn(&str) -> Result<(A, B), String> + Clone + Send + Sync
where
    A: FromStr<Err: std::fmt::Display>,
    B: FromStr<Err: std::fmt::Display>,
{
    move |text| {
        let (left, right) =
            text.split_once(separator).ok_or_else(|| format!("there is no `{separator}` in it"))?;
        let left = left.parse().map_err(|error| format!("`{left}`: {error}"))?;
        let right = right.parse().map_err(|error| format!("`{right}`: {error}"))?;
        Ok((left, right))
    }
}

pub(super) fn resolver(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, DNS_PORT));
    address.or_else(|_| text.parse()).map_err(|_| "it is no address, with or without a port".into())
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
