//! The launcher that runs tasks as processes of this machine or as containers of a Docker Engine, each
//! with an address of its own.
//!
//! Tasks must be started on a thread that lives as long as the environment does: on Linux a task's
//! processes end with the thread that started them, however that ends.

use std::{
    cell::RefCell,
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    rc::Rc,
    sync::Arc,
};

use tokio::{sync::mpsc, task::spawn_local};

use super::{
    command::CommandBook,
    docker::{Containers, Docker, NetworkNamespace},
    driver::{Driver, Runner},
    network::Network,
    process::{ProcessGroups, Processes},
    run::{RunContext, TaskRun, VariablesOf},
    task::{Launcher, OutputLine, Task, TaskChange, TaskEvent},
};
use crate::relay::PortAndTarget;
use clock::Clock;
use scheduler::{ContainerEvent, StopCode, StopReason, Stopped, TaskId, TaskLife};

/// What surrounds the tasks of a launcher.
pub(crate) struct Surroundings {
    /// How each container is run.
    pub commands: CommandBook,
    /// How fast AWS's waits pass.
    pub clock: Clock,
    /// The address at which names are answered.
    pub dns: SocketAddr,
    /// `AWS::Region`.
    pub region: String,
    /// The network that tasks get their addresses from.
    pub network: Network,
    /// The Docker Engine's network in which containers of images run, if there is any.
    pub docker: Option<Rc<Docker>>,
    /// Variables that lead to what the environment offers: where the metadata of a task is, say.
    pub variables: VariablesOf,
}

/// The launcher that runs tasks on this machine.
pub(crate) struct TaskLauncher {
    commands: CommandBook,
    context: Rc<RunContext>,
    place: Rc<Place>,
    /// Where to ask each task to end that has not ended.
    running: HashMap<TaskId, mpsc::UnboundedSender<StopReason>>,
}

/// Where the tasks of a launcher live.
struct Place {
    clock: Clock,
    network: RefCell<Network>,
    docker: Option<Rc<Docker>>,
    groups: Rc<ProcessGroups>,
    events: mpsc::UnboundedSender<TaskEvent>,
}

/// A task that has been launched.
struct Launched {
    run: TaskRun,
    place: Rc<Place>,
}

/// Where a task hears that it is to end.
type StopRequests = mpsc::UnboundedReceiver<StopReason>;

// === impl TaskLauncher ===

impl TaskLauncher {
    /// Makes a launcher that sends what becomes of the tasks to `events`, and what they write to
    /// `output`.
    pub(crate) fn new(
        surroundings: Surroundings,
        events: mpsc::UnboundedSender<TaskEvent>,
        output: mpsc::Sender<OutputLine>,
    ) -> Self {
        let Surroundings { commands, clock, dns, region, network, docker, variables } =
            surroundings;
        let (network, groups) = (RefCell::new(network), Rc::default());
        Self {
            commands,
            context: Rc::new(RunContext { dns, region, variables, output }),
            place: Rc::new(Place { clock, network, docker, groups, events }),
            running: HashMap::new(),
        }
    }
}

impl Launcher for TaskLauncher {
    fn start(&mut self, task: Task) {
        self.running.retain(|_, stop| !stop.is_closed());
        let (stop, requests) = mpsc::unbounded_channel();
        self.running.insert(task.id.clone(), stop);
        let commands = self.commands.at(task.revision);
        let run = TaskRun { task, commands, context: Rc::clone(&self.context) };
        spawn_local(Launched { run, place: Rc::clone(&self.place) }.live(requests));
    }

    fn stop(&mut self, id: &TaskId, why: StopReason) {
        if let Some(stop) = self.running.remove(id) {
            // It may have ended in this moment.
            let _ = stop.send(why);
        }
    }

    fn kill(&mut self) {
        self.place.groups.kill_all();
        self.place.docker.iter().for_each(|docker| docker.kill());
    }
}

// === impl Launched ===

impl Launched {
    async fn live(self, mut requests: StopRequests) {
        let allocated = self.place.network.borrow_mut().allocate();
        let address = match allocated {
            Ok(address) => address,
            Err(error) => return self.fail(&error.to_string()),
        };
        let lived = match &self.place.docker {
            Some(docker) if self.run.is_of_images() => {
                self.live_as_containers(Rc::clone(docker), address, &mut requests).await
            }
            _ => self.live_as_processes(address, &mut requests).await,
        };
        if let Err(why) = lived {
            self.fail(&why);
        }
        self.place.network.borrow_mut().release(address);
    }

    async fn live_as_processes(
        &self,
        address: Ipv4Addr,
        requests: &mut StopRequests,
    ) -> Result<(), String> {
        let (sender, events) = mpsc::unbounded_channel();
        let groups = Rc::clone(&self.place.groups);
        let runner = Processes::new(self.run.clone(), address, groups, sender)?;
        self.send(TaskChange::Pending(address));
        // Meanwhile it starts; containers may wait for it a little longer.
        let relay =
            self.place.docker.clone().map(|docker| spawn_local(self.relay(docker, address)));
        self.drive(runner, events, requests).await;
        if let Some(relay) = relay
            && let Ok((docker, Some(namespace))) = relay.await
        {
            docker.release(address, namespace).await;
        }
        Ok(())
    }

    async fn live_as_containers(
        &self,
        docker: Rc<Docker>,
        address: Ipv4Addr,
        requests: &mut StopRequests,
    ) -> Result<(), String> {
        self.send(TaskChange::Pending(address));
        let (sender, events) = mpsc::unbounded_channel();
        let made = Containers::new(self.run.clone(), Rc::clone(&docker), address, sender).await;
        let (runner, namespace) = made.map_err(|error| error.to_string())?;
        self.drive(runner, events, requests).await;
        docker.release(address, namespace).await;
        Ok(())
    }

    async fn drive<R: Runner>(
        &self,
        runner: R,
        events: mpsc::UnboundedReceiver<ContainerEvent>,
        requests: &mut StopRequests,
    ) {
        let definition = Arc::clone(&self.run.task.service.task_definition);
        let life = TaskLife::new(definition, self.place.clock, |it| self.run.is_skipped(it));
        Driver { life, runner, report: |change| self.send(change) }.run(events, requests).await;
    }

    /// Makes the place where containers reach this task, which is a process.
    fn relay(
        &self,
        docker: Rc<Docker>,
        address: Ipv4Addr,
    ) -> impl Future<Output = (Rc<Docker>, Option<NetworkNamespace>)> + use<> {
        let name = self.run.task.id.short().to_owned();
        let ports = self.run.containers().iter().flat_map(|it| it.ports.iter().copied());
        let relayed = |port| PortAndTarget { port, target: SocketAddrV4::new(address, port) };
        let ports: Vec<_> = ports.map(relayed).collect();
        async move {
            if ports.is_empty() {
                return (docker, None);
            }
            let namespace = docker.relay(&name, address, ports).await;
            (docker, namespace)
        }
    }

    fn fail(&self, why: &str) {
        let reason = format!("ResourceInitializationError: {why}");
        self.send(TaskChange::Stopped(Stopped::new(StopCode::TaskFailedToStart, reason)));
    }

    /// Sends what has become of the task; whoever waits for events may have gone already when the
    /// environment stops.
    fn send(&self, change: TaskChange) {
        let event = TaskEvent { task: self.run.task.clone(), change };
        if self.place.events.send(event).is_err() {
            tracing::debug!("an event came after the end");
        }
    }
}
