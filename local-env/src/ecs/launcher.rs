//! Runs tasks, as processes of this machine or as containers of a Docker Engine, each with an address
//! of its own.
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
    CommandBook, Commands, ContainerCommand, Launcher, Network, OutputLine, Task, TaskChange,
    TaskEvent,
    docker::{Containers, Docker, Namespace},
    driver::{Driver, Runner},
    process::{Groups, Processes},
};
use crate::relay::PortAndTarget;
use clock::Clock;
use scheduler::{ContainerEvent, StopCode, StopReason, Stopped, TaskId, TaskLife};
use stack::Container;

/// Variables of a task's container, by its place in the task definition.
pub type VariablesOf = Box<dyn Fn(&Task, usize) -> Vec<(String, String)>>;

/// What a task finds around it.
pub struct Surroundings {
    /// How each container is run.
    pub commands: CommandBook,
    /// How fast AWS's waits pass.
    pub clock: Clock,
    /// Where names are answered.
    pub dns: SocketAddr,
    /// `AWS::Region`.
    pub region: String,
    /// Where tasks get their addresses.
    pub network: Network,
    /// Where containers run, if there are any.
    pub docker: Option<Rc<Docker>>,
    /// Variables that lead to what the environment offers: where the metadata of a task is, say.
    pub variables: VariablesOf,
}

/// Who asks a task to end, and why.
type Asked = mpsc::UnboundedReceiver<StopReason>;

/// Runs tasks.
pub struct TaskLauncher {
    shared: Rc<Shared>,
    running: HashMap<TaskId, mpsc::UnboundedSender<StopReason>>,
}

/// What all tasks of a launcher use.
pub(super) struct Shared {
    pub(super) commands: CommandBook,
    pub(super) clock: Clock,
    pub(super) dns: SocketAddr,
    pub(super) region: String,
    pub(super) variables: VariablesOf,
    pub(super) network: RefCell<Network>,
    docker: Option<Rc<Docker>>,
    pub(super) groups: Groups,
    pub(super) events: mpsc::UnboundedSender<TaskEvent>,
    pub(super) output: mpsc::Sender<OutputLine>,
}

/// A task, and how it is run.
#[derive(Clone)]
pub(super) struct Run {
    pub(super) task: Task,
    pub(super) shared: Rc<Shared>,
    commands: Arc<Commands>,
}

// === impl TaskLauncher ===

impl TaskLauncher {
    /// What becomes of the tasks goes to `events`, and what they say to `output`.
    pub fn new(
        surroundings: Surroundings,
        events: mpsc::UnboundedSender<TaskEvent>,
        output: mpsc::Sender<OutputLine>,
    ) -> Self {
        let shared = Shared {
            commands: surroundings.commands,
            clock: surroundings.clock,
            dns: surroundings.dns,
            region: surroundings.region,
            variables: surroundings.variables,
            network: RefCell::new(surroundings.network),
            docker: surroundings.docker,
            groups: Groups::default(),
            events,
            output,
        };
        Self { shared: Rc::new(shared), running: HashMap::new() }
    }
}

impl Launcher for TaskLauncher {
    fn start(&mut self, task: Task) {
        self.running.retain(|_, stop| !stop.is_closed());
        let (stop, asked) = mpsc::unbounded_channel();
        self.running.insert(task.id.clone(), stop);
        let commands = self.shared.commands.at(task.revision);
        spawn_local(Run { task, shared: Rc::clone(&self.shared), commands }.live(asked));
    }

    fn stop(&mut self, id: &TaskId, why: StopReason) {
        if let Some(stop) = self.running.remove(id) {
            // It may have ended in this moment.
            let _ = stop.send(why);
        }
    }

    fn kill(&mut self) {
        self.shared.groups.kill_all();
        self.shared.docker.iter().for_each(|docker| docker.kill());
    }
}

// === impl Run ===

impl Run {
    async fn live(self, mut asked: Asked) {
        let allocated = self.shared.network.borrow_mut().allocate();
        let address = match allocated {
            Ok(address) => address,
            Err(error) => return self.fail(&error.to_string()),
        };
        let lived = match &self.shared.docker {
            Some(docker) if self.is_of_images() => {
                self.live_as_containers(Rc::clone(docker), address, &mut asked).await
            }
            _ => self.live_as_processes(address, &mut asked).await,
        };
        if let Err(why) = lived {
            self.fail(&why);
        }
        self.shared.network.borrow_mut().release(address);
    }

    async fn live_as_processes(&self, address: Ipv4Addr, asked: &mut Asked) -> Result<(), String> {
        let (sender, inputs) = mpsc::unbounded_channel();
        let runner = Processes::new(self.clone(), address, sender)?;
        self.tell(TaskChange::Pending(address));
        // Meanwhile it starts; containers may wait for it a little longer.
        let relay =
            self.shared.docker.clone().map(|docker| spawn_local(self.relay(docker, address)));
        self.drive(runner, inputs, asked).await;
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
        asked: &mut Asked,
    ) -> Result<(), String> {
        self.tell(TaskChange::Pending(address));
        let (sender, inputs) = mpsc::unbounded_channel();
        let made = Containers::new(self.clone(), Rc::clone(&docker), address, sender).await;
        let (runner, namespace) = made.map_err(|error| error.to_string())?;
        self.drive(runner, inputs, asked).await;
        docker.release(address, namespace).await;
        Ok(())
    }

    async fn drive<R: Runner>(
        &self,
        runner: R,
        inputs: mpsc::UnboundedReceiver<ContainerEvent>,
        asked: &mut Asked,
    ) {
        let (life, tell) = (self.life(), |change| self.tell(change));
        Driver { life, runner, tell }.run(inputs, asked).await;
    }

    /// Where containers reach this task, which is a process.
    fn relay(
        &self,
        docker: Rc<Docker>,
        address: Ipv4Addr,
    ) -> impl Future<Output = (Rc<Docker>, Option<Namespace>)> + use<> {
        let name = self.task.id.short().to_owned();
        let ports = self.containers().iter().flat_map(|it| it.ports.iter().copied());
        let relayed = |port| PortAndTarget(port, SocketAddrV4::new(address, port));
        let ports: Vec<_> = ports.map(relayed).collect();
        async move {
            if ports.is_empty() {
                return (docker, None);
            }
            let namespace = docker.relay(&name, address, ports).await;
            (docker, namespace)
        }
    }

    /// All containers of a task that run are of one kind.
    fn is_of_images(&self) -> bool {
        let mut commands = self.containers().iter().filter_map(|it| self.command(it));
        commands.any(|command| matches!(command, ContainerCommand::Image(_)))
    }

    fn life(&self) -> TaskLife {
        let definition = Arc::clone(&self.task.service.task_definition);
        TaskLife::new(definition, self.shared.clock, |it| self.is_skipped(it))
    }

    fn fail(&self, why: &str) {
        let reason = format!("ResourceInitializationError: {why}");
        self.tell(TaskChange::Stopped(Stopped::new(StopCode::TaskFailedToStart, reason)));
    }

    /// Whoever waits for events may have gone already when the environment stops.
    fn tell(&self, change: TaskChange) {
        if self.shared.events.send(TaskEvent { task: self.task.clone(), change }).is_err() {
            tracing::debug!("an event came after the end");
        }
    }

    pub(super) fn containers(&self) -> &[Container] {
        &self.task.service.task_definition.containers
    }

    pub(super) fn command(&self, container: &Container) -> Option<&ContainerCommand> {
        self.commands.get(&self.task.service.logical_id, &container.name)
    }

    pub(super) fn is_skipped(&self, container: &Container) -> bool {
        matches!(self.command(container), Some(ContainerCommand::Skip))
    }

    /// What AWS tells a container, and where the environment is found.
    pub(super) fn own_variables(&self, index: usize) -> Vec<(String, String)> {
        let region = |name: &str| (name.to_owned(), self.shared.region.clone());
        let mut variables = vec![("AWS_EXECUTION_ENV".to_owned(), "AWS_ECS_FARGATE".to_owned())];
        variables.extend([region("AWS_REGION"), region("AWS_DEFAULT_REGION")]);
        variables.extend((self.shared.variables)(&self.task, index));
        variables
    }
}
