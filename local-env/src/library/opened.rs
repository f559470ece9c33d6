//! An environment with all its ports taken and nothing running.

use std::{collections::BTreeMap, fmt, sync::Arc};

use tokio::sync::{mpsc, oneshot, watch};

use super::{
    Error, LocalEnv,
    changes::Changes,
    host::{self, Host, Runner, Start},
    memory::Memory,
    plan::{Launch, Plan},
    sources::{Reading, Sources},
};
use crate::{
    builds::{self, Build},
    ecs::{
        CommandBook, Engine, LOOK_UP_PATIENCE, Launcher, Network, Observer, OutputLine, Watched,
    },
    environment::{Addresses, Notice, Status},
    templates::Templates,
};
use cloudmap::AddressLookup;
use scheduler::Revision;
use stack::{LogicalId, Service, Stack};

/// Lines of output that may wait to be read before the tasks that say more are held up.
const WAITING_LINES: usize = 256;

/// An environment whose ports are taken, so that it is known where everything will be. Nothing is
/// served yet; dropping it gives the ports back.
pub struct Opened {
    reading: Reading,
    sources: Sources,
    remarks: Vec<Remark>,
    runner: Runner,
    engine: Option<Engine>,
    commands: CommandBook,
    addresses: Addresses,
    status: watch::Receiver<Status>,
    start: oneshot::Sender<Start>,
    host: Host,
    notices: Option<mpsc::UnboundedSender<Notice>>,
    output: Option<mpsc::Sender<OutputLine>>,
}

/// Something that a user may not have meant. It displays as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// `local-env.toml` has an entry that nothing of the stack is meant by.
    UnusedEntry(String),
    /// This container is left out, as `local-env.toml` says.
    Skipped(String),
    /// The machine has one loopback address only, so that each service has one task at most.
    OneTaskAService,
    /// The names of Service Connect are left out, since they lead to addresses of this machine and
    /// the tasks run elsewhere.
    NoConnect,
}

// === impl Opened ===

impl Opened {
    pub(super) async fn open(mut plan: Plan) -> Result<Self, Error> {
        let mut reading = plan.sources.read()?;
        let Reading { stack, project } = &mut reading;
        let mut remarks: Vec<_> =
            project.unused(stack).into_iter().map(Remark::UnusedEntry).collect();
        let commands = CommandBook::default();
        let launch = std::mem::replace(&mut plan.launch, Launch::Tasks);
        let mut engine = None;
        let (runner, others) = match launch {
            Launch::Custom(make) => (Runner::Custom(make), Vec::new()),
            Launch::Observed { tasks_from } => {
                if without_connect(Arc::make_mut(stack)) {
                    remarks.push(Remark::NoConnect);
                }
                let names = AddressLookup::new(tasks_from, LOOK_UP_PATIENCE)?;
                let look_up = async move |name: &str| names.addresses(name).await;
                let observer = Observer::new(watched(stack), look_up);
                let make = |events, _| -> Box<dyn Launcher> { Box::new(observer.watch(events)) };
                (Runner::Custom(Box::new(make)), Vec::new())
            }
            Launch::Tasks => {
                if project.wants_engine(stack) {
                    engine = Engine::at_hand().await.ok();
                }
                let has_containers = engine.is_some();
                commands.add(Revision(1), project.commands(stack, has_containers)?);
                remarks.extend(project.skipped(stack).into_iter().map(Remark::Skipped));
                let network = Network::lease()?;
                let others = network.others();
                let commands = commands.clone();
                (Runner::Tasks { commands, network, has_containers }, others)
            }
        };
        let scale = scale(&plan, stack, &runner, &mut remarks)?;
        let settings = plan.settings(stack, scale, others)?;
        let host::Opening { host, addresses, status, start } =
            host::open(Stack::clone(stack), settings).await?;
        Ok(Self {
            reading,
            sources: plan.sources,
            remarks,
            runner,
            engine,
            commands,
            addresses,
            status,
            start,
            host,
            notices: None,
            output: None,
        })
    }

    /// Returns the stack that will run.
    pub fn stack(&self) -> &Stack {
        &self.reading.stack
    }

    /// Returns where everything will be reached.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Returns what a user may not have meant.
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// Returns whether some of the tasks will be containers.
    pub(crate) fn has_containers(&self) -> bool {
        self.engine.is_some()
    }

    /// Returns what the stack was read from.
    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Returns what `local-env.toml` says is to be built before the tasks start.
    pub(crate) fn builds(&self) -> Vec<Build> {
        if self.commands.is_empty() {
            Vec::new()
        } else {
            self.reading.project.builds(&self.reading.stack)
        }
    }

    /// Returns how the images are had that the Docker Engine does not have yet.
    pub(crate) async fn images(&self) -> Result<Vec<Build>, Error> {
        let Some(engine) = &self.engine else { return Ok(Vec::new()) };
        let assets = self.sources.templates().map(Templates::image_assets);
        let mut images = Vec::new();
        for (image, called) in self.reading.project.images(&self.reading.stack) {
            if !engine.has_image(&image).await? {
                let build = assets.as_ref().and_then(|assets| assets.build(&image, &called));
                images.push(build.unwrap_or_else(|| Build::pull(&image, called)));
            }
        }
        Ok(images)
    }

    /// Returns what happens from the start on. To be asked for once; whoever has it should read it.
    pub fn notices(&mut self) -> mpsc::UnboundedReceiver<Notice> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.notices = Some(sender);
        receiver
    }

    /// Returns what the tasks say from the start on. To be asked for once; where it is not read, the
    /// tasks that say more are held up.
    pub fn output(&mut self) -> mpsc::Receiver<OutputLine> {
        let (sender, receiver) = mpsc::channel(WAITING_LINES);
        self.output = Some(sender);
        receiver
    }

    /// Builds what `local-env.toml` says is to be built, and starts the tasks.
    ///
    /// # Errors
    /// Tells which build failed, with what it wrote, or what cannot be started.
    pub async fn start(self) -> Result<LocalEnv, Error> {
        for build in self.builds() {
            builds::run(&build, |_| {}).await?;
        }
        for image in self.images().await? {
            builds::run(&image, |_| {}).await?;
        }
        self.start_built().await
    }

    /// Starts the tasks of what is built already.
    pub(crate) async fn start_built(self) -> Result<LocalEnv, Error> {
        let memory = Memory::default();
        let notices = self.notices.unwrap_or_else(|| memory.notices());
        let output = self.output.unwrap_or_else(|| memory.output(WAITING_LINES));
        let has_containers = self.engine.is_some();
        let (changes, obeyed) = Changes::new(self.reading, self.commands, has_containers);
        let (started, starting) = oneshot::channel();
        let start = Start { runner: self.runner, notices, output, orders: obeyed, started };
        self.start.send(start).map_err(|_| Error::Ended)?;
        let mut host = self.host;
        match starting.await {
            Ok(started) => started?,
            // It says why.
            Err(_) => host.ended().await?,
        }
        Ok(LocalEnv::new(changes, self.addresses, self.status, memory, host))
    }
}

// === impl Remark ===

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnusedEntry(entry) => write!(f, "local-env.toml has an entry for {entry}"),
            Self::Skipped(container) => write!(f, "{container} is left out"),
            Self::OneTaskAService => f.write_str(
                "this machine has no address in 127.0.0.0/8 but 127.0.0.1: one task a service",
            ),
            Self::NoConnect => f.write_str(
                "the names of Service Connect are those of `up` alone, and are left out",
            ),
        }
    }
}

/// Returns the desired counts that differ from the template's, by logical ids.
fn scale(
    plan: &Plan,
    stack: &Stack,
    runner: &Runner,
    remarks: &mut Vec<Remark>,
) -> Result<BTreeMap<LogicalId, u32>, Error> {
    let mut scale = BTreeMap::new();
    for (name, count) in &plan.scale {
        scale.insert(stack.service_named(name)?.logical_id.clone(), *count);
    }
    if matches!(runner, Runner::Tasks { network: Network::Single, .. }) {
        // Without addresses of their own two tasks of a service would want the same port.
        remarks.push(Remark::OneTaskAService);
        for service in &stack.services {
            let count = scale.entry(service.logical_id.clone()).or_insert(service.desired_count);
            *count = (*count).min(1);
        }
    }
    Ok(scale)
}

/// A name would lead to an address of this machine, where tasks elsewhere find nobody. Returns whether
/// there were any.
fn without_connect(stack: &mut Stack) -> bool {
    let taken = stack.services.iter_mut().filter_map(|service| service.connect.take());
    taken.count() > 0
}

fn watched(stack: &Stack) -> Vec<Watched> {
    let watched = |service: &Service| Watched {
        name: stack.local_name(service).to_owned(),
        service: Arc::new(service.clone()),
    };
    stack.services.iter().map(watched).collect()
}
