//! `local-env up`: runs a stack until Ctrl-C.

use std::{collections::BTreeMap, path::PathBuf, rc::Rc, time::Duration};

use clap::Args;
use miette::IntoDiagnostic as _;
use tokio::{sync::mpsc, task::spawn_local, time::timeout};

use super::{
    build, explain,
    log_files::LogFiles,
    options::{Options, pair},
    project::{Build, Project},
    screen::Screen,
    serve::{self, Served},
    watch::Watch,
};
use crate::{
    ecs::{CommandBook, Docker, Engine, Network, OutputLine, Surroundings, TaskLauncher},
    environment::{Settings, Update},
    relay::PortAndTarget,
};
use alb::Failing;
use scheduler::Revision;
use stack::{LogicalId, Stack};

/// What limits processes have.
const LIMITS: &str = if cfg!(target_os = "linux") {
    "memory as the template says; processor shares are not limited"
} else {
    "neither memory nor processor shares are limited on this system"
};
/// What they have where some tasks are containers.
const LIMITS_BESIDE_CONTAINERS: &str =
    "of containers as the template says; of processes memory, on Linux";
/// How long the last lines may take to be kept once all tasks have ended.
const LAST_LINES_PATIENCE: Duration = Duration::from_secs(5);

/// Run a stack: its services, its load balancer, its names
#[derive(Debug, Args)]
pub(super) struct Up {
    #[command(flatten)]
    options: Options,
    /// Run COUNT tasks of a service instead of its desired count
    #[arg(long, value_name = "SERVICE=COUNT", value_parser = pair::<String, u32>('='))]
    scale: Vec<(String, u32)>,
    /// Roll a service when its program, the template or local-env.toml changes
    #[arg(long)]
    watch: bool,
    /// Keep what the tasks say in this folder, a file for each of their log streams
    #[arg(long, value_name = "FOLDER")]
    log_dir: Option<PathBuf>,
}

/// Runs the command.
pub(super) async fn run(up: Up) -> miette::Result<()> {
    let project = up.options.project()?;
    let stack = up.options.stack(&project)?;
    let engine = if project.wants_engine(&stack) { Engine::at_hand().await.ok() } else { None };
    let commands = CommandBook::default();
    commands.add(Revision(1), project.commands(&stack, engine.is_some())?);
    for container in project.skipped(&stack) {
        Screen::warn(&format!("{container} is left out"));
    }
    let network = Network::lease().into_diagnostic()?;
    let settings = up.options.settings(&stack, up.scale(&stack, &network)?, Failing::IsTold)?;
    let settings = Settings { alias_addresses: network.others(), ..settings };
    let logs = up.log_dir.clone().map(LogFiles::open).transpose()?;
    let mut served = serve::open(&stack, settings, &up.options).await?;
    served.facts.limits = Some(if engine.is_some() { LIMITS_BESIDE_CONTAINERS } else { LIMITS });
    build::run(&project.builds(&stack), &served.screen, &mut served.signals).await?;
    let updates = up.updates(&stack, &commands, engine.is_some());
    let docker = match engine {
        Some(engine) => {
            let images = up.images(&engine, &project, &stack).await?;
            build::run(&images, &served.screen, &mut served.signals).await?;
            Some(Rc::new(open_docker(engine, &served).await?))
        }
        None => None,
    };
    let surroundings = up.surroundings(&served, stack, (commands, network, docker.clone()));
    let mut kept = None;
    let launcher = |events, output: mpsc::Sender<OutputLine>| {
        let kept_and_shown = logs.map(|logs| logs.keep(output.clone()));
        let (output, writing) = kept_and_shown.map_or((output, None), |(it, on)| (it, Some(on)));
        kept = writing;
        TaskLauncher::new(surroundings, events, output)
    };
    let ran = served.run(launcher, updates).await;
    if let Some(docker) = docker {
        docker.close().await;
    }
    if let Some(writing) = kept {
        // What was said last is kept, also where nobody has read what is shown.
        let _ = timeout(LAST_LINES_PATIENCE, writing).await;
    }
    ran
}

async fn open_docker(engine: Engine, served: &Served) -> miette::Result<Docker> {
    let (dns, metadata) =
        (served.environment.dns_address(), served.environment.task_metadata_address());
    let aliases = served.environment.aliases();
    let offered = aliases.map(|it| PortAndTarget { port: it.alias.port, target: it.address });
    let opened = Docker::open(engine, dns, metadata, &offered.collect::<Vec<_>>()).await;
    opened.map_err(|error| explain::docker(&error))
}

// === impl Up ===

impl Up {
    /// How the images are had that the engine does not have yet.
    async fn images(
        &self,
        engine: &Engine,
        project: &Project,
        stack: &Stack,
    ) -> miette::Result<Vec<Build>> {
        let assets = self.options.templates.image_assets();
        let mut images = Vec::new();
        for (image, called) in project.images(stack) {
            if !engine.has_image(&image).await.map_err(|error| explain::docker(&error))? {
                let build = assets.build(&image, &called);
                images.push(build.unwrap_or_else(|| Build::pull(&image, called)));
            }
        }
        Ok(images)
    }

    fn surroundings(
        &self,
        served: &Served,
        stack: Stack,
        (commands, network, docker): (CommandBook, Network, Option<Rc<Docker>>),
    ) -> Surroundings {
        Surroundings {
            commands,
            clock: self.options.clock(),
            dns: served.environment.dns_address(),
            region: stack.region,
            network,
            docker,
            variables: served.environment.task_variables(),
        }
    }

    /// What `--watch` finds to have changed; nothing ever without it.
    fn updates(
        &self,
        stack: &Stack,
        commands: &CommandBook,
        has_engine: bool,
    ) -> mpsc::UnboundedReceiver<Update> {
        let (updates, receiver) = mpsc::unbounded_channel();
        if self.watch {
            let watch = Watch::new(self.options.clone(), stack, commands.clone(), has_engine);
            spawn_local(watch.run(updates));
        }
        receiver
    }

    fn scale(&self, stack: &Stack, network: &Network) -> miette::Result<BTreeMap<LogicalId, u32>> {
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
fn one_task_a_service(stack: &Stack, scale: &mut BTreeMap<LogicalId, u32>) {
    Screen::warn("this machine has no address in 127.0.0.0/8 but 127.0.0.1: one task a service");
    for service in &stack.services {
        let count = scale.entry(service.logical_id.clone()).or_insert(service.desired_count);
        *count = (*count).min(1);
    }
}
