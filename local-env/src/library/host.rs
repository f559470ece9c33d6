//! The thread that an environment lives on.
//!
//! The kernel ends a task's processes with the thread that started them, and what runs tasks is not
//! made to be shared. So an environment has a thread of its own, with a runtime of its own, from the
//! opening of its sockets until the last task has ended; everybody else talks to it through channels.

use std::{rc::Rc, thread};

use tokio::{
    sync::{mpsc, oneshot, watch},
    task::LocalSet,
};

use super::Error;
use crate::{
    ecs::{
        CommandBook, Docker, Engine, EngineError, Launcher, Network, OutputLine, Surroundings,
        TaskEvent, TaskLauncher,
    },
    environment::{
        Addresses, Environment, EnvironmentError, Inbox, Notice, Order, Settings, Status,
        StopSignal,
    },
    relay::PortAndTarget,
};
use clock::Clock;
use stack::Stack;

/// Makes what runs the tasks, on the environment's thread.
pub(super) type MakeLauncher = Box<
    dyn FnOnce(mpsc::UnboundedSender<TaskEvent>, mpsc::Sender<OutputLine>) -> Box<dyn Launcher>
        + Send,
>;

/// The same for one that never leaves the thread.
type MakeHere = Box<
    dyn FnOnce(mpsc::UnboundedSender<TaskEvent>, mpsc::Sender<OutputLine>) -> Box<dyn Launcher>,
>;

/// The thread of one environment, and what leads to it.
pub(super) struct Host {
    thread: Option<thread::JoinHandle<()>>,
    pub(super) stop: StopSignal,
    ended: Option<oneshot::Receiver<Result<(), EnvironmentError>>>,
}

/// What an environment is started with.
pub(super) struct Start {
    pub(super) runner: Runner,
    pub(super) notices: mpsc::UnboundedSender<Notice>,
    pub(super) output: mpsc::Sender<OutputLine>,
    pub(super) orders: mpsc::UnboundedReceiver<Order>,
    /// Told once the load balancers serve and tasks are being started.
    pub(super) started: oneshot::Sender<Result<(), Error>>,
}

/// What runs the tasks.
pub(super) enum Runner {
    /// Processes of this machine, and containers of a Docker Engine where `has_containers`.
    Tasks { commands: CommandBook, network: Network, has_containers: bool },
    /// Something else.
    Custom(MakeLauncher),
}

/// An environment whose sockets are open, as others see it.
pub(super) struct Opening {
    pub(super) host: Host,
    pub(super) addresses: Addresses,
    pub(super) status: watch::Receiver<Status>,
    pub(super) start: oneshot::Sender<Start>,
}

/// What the thread itself holds of its ways to others.
struct Ways {
    opened: oneshot::Sender<Result<(Addresses, watch::Receiver<Status>), EnvironmentError>>,
    start: oneshot::Receiver<Start>,
    stop: StopSignal,
    ended: oneshot::Sender<Result<(), EnvironmentError>>,
}

/// Opens all sockets, on a new thread that waits to be told to start.
pub(super) async fn open(stack: Stack, settings: Settings) -> Result<Opening, Error> {
    let (opened, opening) = oneshot::channel();
    let (start, started) = oneshot::channel();
    let (ended, ending) = oneshot::channel();
    let stop = StopSignal::default();
    let ways = Ways { opened, start: started, stop: stop.clone(), ended };
    let thread = thread::Builder::new()
        .name("environment".to_owned())
        .spawn(move || live(stack, settings, ways))
        .map_err(Error::Thread)?;
    let host = Host { thread: Some(thread), stop, ended: Some(ending) };
    let (addresses, status) = opening.await.map_err(|_| Error::Ended)??;
    Ok(Opening { host, addresses, status, start })
}

fn live(stack: Stack, settings: Settings, ways: Ways) {
    // The loop that runs the tasks stays on this thread; names and metadata are answered by another
    // one meanwhile.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = match runtime.worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        // Whoever waits finds that nothing has been opened.
        Err(error) => return tracing::error!(%error, "an environment has no runtime"),
    };
    LocalSet::new().block_on(&runtime, run(stack, settings, ways));
    runtime.shutdown_background();
}

/// Opens the environment, waits to be told to start, and returns when it has ended.
async fn run(stack: Stack, settings: Settings, ways: Ways) {
    let Ways { opened, start, stop, ended } = ways;
    let (clock, region) = (settings.clock, stack.region.clone());
    let environment = match Environment::open(stack, settings).await {
        Ok(environment) => environment,
        Err(error) => return drop(opened.send(Err(error))),
    };
    if opened.send(Ok((environment.addresses(), environment.status()))).is_err() {
        return;
    }
    // Without a start it was only opened.
    let Ok(start) = start.await else { return };
    let (make, docker) = match launcher(start.runner, &environment, clock, region).await {
        Ok(made) => made,
        Err(error) => return drop(start.started.send(Err(error.into()))),
    };
    let launcher = |events| {
        // Nobody may wait for it.
        let _ = start.started.send(Ok(()));
        make(events, start.output)
    };
    let inbox = Inbox { orders: start.orders, stop };
    let ran = environment.run(launcher, start.notices, inbox).await;
    if let Some(docker) = docker {
        docker.close().await;
    }
    // Nobody may wait for it.
    let _ = ended.send(ran);
}

/// Returns how what runs the tasks is made, and the network of containers that is to be closed.
async fn launcher(
    runner: Runner,
    environment: &Environment,
    clock: Clock,
    region: String,
) -> Result<(MakeHere, Option<Rc<Docker>>), EngineError> {
    let (commands, network, has_containers) = match runner {
        Runner::Custom(make) => return Ok((make, None)),
        Runner::Tasks { commands, network, has_containers } => (commands, network, has_containers),
    };
    let docker = open_docker(environment, has_containers).await?;
    let surroundings = Surroundings {
        commands,
        clock,
        dns: environment.addresses().dns,
        region,
        network,
        docker: docker.clone(),
        variables: environment.task_variables(),
    };
    let make = move |events, output| -> Box<dyn Launcher> {
        Box::new(TaskLauncher::new(surroundings, events, output))
    };
    Ok((Box::new(make), docker))
}

async fn open_docker(
    environment: &Environment,
    has_containers: bool,
) -> Result<Option<Rc<Docker>>, EngineError> {
    if !has_containers {
        return Ok(None);
    }
    let Addresses { dns, task_metadata, aliases, .. } = environment.addresses();
    let offered =
        aliases.iter().map(|it| PortAndTarget { port: it.alias.port, target: it.address });
    let (engine, offered) = (Engine::at_hand().await?, offered.collect::<Vec<_>>());
    Ok(Some(Rc::new(Docker::open(engine, dns, task_metadata, &offered).await?)))
}

// === impl Host ===

impl Host {
    /// Waits until the environment has ended.
    pub(super) async fn ended(&mut self) -> Result<(), Error> {
        match self.ended.take() {
            Some(ended) => Ok(ended.await.map_err(|_| Error::Ended)??),
            None => Ok(()),
        }
    }
}

impl Drop for Host {
    /// Ends everything at once, and returns when it has ended.
    fn drop(&mut self) {
        self.stop.gently.cancel();
        self.stop.at_once.cancel();
        if let Some(thread) = self.thread.take() {
            // What it panicked of stands in its own output.
            let _ = thread.join();
        }
    }
}
