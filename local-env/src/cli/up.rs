//! `local-env up`: runs a stack until Ctrl-C.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    str::FromStr,
};

use clap::Args;
use etcetera::BaseStrategy as _;
use miette::{IntoDiagnostic as _, WrapErr as _};
use tokio::{sync::mpsc, time::Instant};

use tokio_util::sync::CancellationToken;

use super::{
    build, explain, load,
    project::{FILE_NAME, Project},
    screen::{Paper, Screen},
    session::Session,
    signals::Signals,
    table::Facts,
};
use crate::{
    clock::Clock,
    ecs::{Network, ProcessLauncher},
    environment::{Environment, Settings, StopSignal},
    stack::Stack,
};

/// Lines of output that may wait to be shown before the tasks that say more are held up.
const WAITING_LINES: usize = 256;
const DATA_FOLDER: &str = "local-env";
const DNS_PORT: u16 = 53;

/// Run a stack: its services, its load balancer, its names
#[derive(Debug, Args)]
pub(super) struct Up {
    /// A CloudFormation template in JSON or YAML; without one, the stack that `infra synth` emits
    template: Option<PathBuf>,
    /// Run COUNT tasks of a service instead of its desired count
    #[arg(long, value_name = "SERVICE=COUNT", value_parser = pair::<String, u32>('='))]
    scale: Vec<(String, u32)>,
    /// Publish a listener on another local port; 0 is any free one
    #[arg(long, value_name = "LOCAL:LISTENER", value_parser = pair::<u16, u16>(':'))]
    publish: Vec<(u16, u16)>,
    /// Give a parameter of the template a value; it wins over the one in local-env.toml
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair::<String, String>('='))]
    parameter: Vec<(String, String)>,
    /// How the services are run [default: local-env.toml beside the template]
    #[arg(long, value_name = "FILE")]
    project: Option<PathBuf>,
    /// Name everything in the template that changes nothing here
    #[arg(long)]
    show_ignored: bool,
    /// Let health checks and other waits take as long as in AWS
    #[arg(long)]
    real_time: bool,
    /// Where names are answered; port 0 is any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:10053")]
    dns: SocketAddr,
    /// Ask this resolver for names outside the stack's namespaces, instead of refusing them
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = resolver)]
    dns_upstream: Option<SocketAddr>,
    /// Where the certificate authority is kept [default: local-env in the user's data folder]
    #[arg(long, value_name = "FOLDER", env = "LOCAL_ENV_DATA")]
    data_folder: Option<PathBuf>,
}

/// Runs the command.
pub(super) async fn run(up: Up) -> miette::Result<()> {
    let project_file = up.project_file();
    let project = Project::read(&project_file)?;
    let stack = load::stack(up.template.as_deref(), &project.parameters, &up.parameter)?;
    let commands = project.commands(&stack)?;
    let screen = Screen::new(&stack);
    for name in project.unused(&stack) {
        Screen::warn(&format!(
            "{} has an entry for {name}, which is no service of the stack",
            project_file.display()
        ));
    }
    let network = Network::lease().into_diagnostic()?;
    let settings = up.settings(&stack, &network)?;
    let clock = settings.clock;
    let (builds, region) = (project.builds(&stack), stack.region.clone());
    let environment = Environment::open(stack.clone(), settings)
        .await
        .map_err(|error| explain::environment(&error))?;
    let mut signals = Signals::catch().into_diagnostic()?;
    build::run(&builds, &screen, &mut signals).await?;

    let (dns, stop) = (environment.dns_address(), StopSignal::default());
    let ended = CancellationToken::new();
    let session = Session {
        screen: &screen,
        facts: Facts::new(&stack, &environment, clock, up.show_ignored),
        status: environment.status(),
        started: Instant::now(),
        shown: None,
        paper: Paper::new(),
        stop: stop.clone(),
        ended: ended.clone(),
    };
    let (notices, heard) = mpsc::unbounded_channel();
    let (output, lines) = mpsc::channel(WAITING_LINES);
    let commands = commands.into_iter().collect();
    let launcher = |events| ProcessLauncher::new(commands, dns, region, network, events, output);
    let running = environment.run(launcher, notices, stop.clone());
    let (ran, told, ()) =
        tokio::join!(running, session.tell(heard, lines), obey(&mut signals, &stop, &ended));
    ran.map_err(|error| explain::environment(&error))?;
    told.into_diagnostic().wrap_err("standard output can no longer be written to")
}

/// The first signal ends the environment gently, the second at once.
async fn obey(signals: &mut Signals, stop: &StopSignal, ended: &CancellationToken) {
    tokio::select! {
        () = signals.next() => {}
        () = ended.cancelled() => return,
    }
    stop.gently.cancel();
    tokio::select! {
        () = signals.next() => stop.at_once.cancel(),
        () = ended.cancelled() => {}
    }
}

// === impl Up ===

impl Up {
    fn project_file(&self) -> PathBuf {
        let beside = self.template.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        self.project.clone().unwrap_or_else(|| beside.join(FILE_NAME))
    }

    fn settings(&self, stack: &Stack, network: &Network) -> miette::Result<Settings> {
        Ok(Settings {
            clock: if self.real_time { Clock::REAL } else { Clock::DESK },
            scale: self.scale(stack, network)?,
            publish: self.publish(stack)?,
            addresses: loopback(),
            dns: self.dns,
            dns_upstream: self.dns_upstream,
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

/// Without addresses of their own two tasks of a service would want the same port.
fn one_task_a_service(stack: &Stack, scale: &mut BTreeMap<String, u32>) {
    Screen::warn("this machine has no address in 127.0.0.0/8 but 127.0.0.1: one task a service");
    for service in &stack.services {
        let count = scale.entry(service.logical_id.clone()).or_insert(service.desired_count);
        *count = (*count).min(1);
    }
}

/// Both loopback addresses, since `localhost` may be either; the second only where there is one.
fn loopback() -> Vec<IpAddr> {
    let v6 = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let has_v6 = TcpListener::bind((v6, 0)).is_ok();
    [IpAddr::V4(Ipv4Addr::LOCALHOST)].into_iter().chain(has_v6.then_some(v6)).collect()
}

fn pair<A, B>(separator: char) -> impl Fn(&str) -> Result<(A, B), String> + Clone + Send + Sync
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

fn resolver(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, DNS_PORT));
    address.or_else(|_| text.parse()).map_err(|_| "it is no address, with or without a port".into())
}
