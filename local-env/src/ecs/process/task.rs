//! One task on its way from start to end: does what its life orders, and tells it what happens.

use std::{net::Ipv4Addr, rc::Rc, sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    task::spawn_local,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    Shared, check,
    container::{Running, Variables},
};
use crate::{
    ecs::{
        Command, Commands, ContainerCommand, Exit, Input, Order, StopCode, Stopped, Task,
        TaskChange, TaskLife,
    },
    port_holder,
    stack::Container,
};

/// How often a task is asked for the memory that it uses.
const MEMORY_INTERVAL: Duration = Duration::from_millis(500);
const MIB: u64 = 1024 * 1024;

/// A task, and what runs it.
pub(super) struct Run {
    task: Task,
    shared: Rc<Shared>,
    commands: Arc<Commands>,
}

/// What a task is made of while it runs.
struct Parts {
    address: Ipv4Addr,
    life: TaskLife,
    /// In the task definition's order.
    processes: Vec<Option<Running>>,
    inputs: mpsc::UnboundedSender<Input>,
    has_ended: bool,
}

// === impl Run ===

impl Run {
    pub(super) fn new(task: Task, shared: Rc<Shared>) -> Self {
        let commands = shared.commands.at(task.revision);
        Self { task, shared, commands }
    }

    pub(super) async fn live(self, mut asked: mpsc::UnboundedReceiver<(StopCode, String)>) {
        let allocated = self.shared.network.borrow_mut().allocate();
        let address = match allocated {
            Ok(address) => address,
            Err(error) => return self.fail(error.to_string()),
        };
        match self.refuse_taken_ports(address) {
            Ok(()) => self.run(address, &mut asked).await,
            Err(why) => self.fail(why),
        }
        self.shared.network.borrow_mut().release(address);
    }

    fn fail(&self, why: impl std::fmt::Display) {
        let reason = format!("ResourceInitializationError: {why}");
        let stopped = Stopped::new(StopCode::TaskFailedToStart, reason);
        self.shared.tell(&self.task, TaskChange::Stopped(stopped));
    }

    /// A program that listens on all addresses would be met at a task's as well.
    fn refuse_taken_ports(&self, address: Ipv4Addr) -> Result<(), String> {
        for container in self.containers().iter().filter(|it| !self.is_skipped(it)) {
            for &port in &container.ports {
                let bound = std::net::TcpListener::bind((address, port));
                if bound.is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse) {
                    return Err(format!("port {port} is taken{}", port_holder::described(port)));
                }
            }
        }
        Ok(())
    }

    fn containers(&self) -> &[Container] {
        &self.task.service.task_definition.containers
    }

    fn command(&self, container: &Container) -> Option<&ContainerCommand> {
        self.commands.get(&self.task.service.logical_id, &container.name)
    }

    fn is_skipped(&self, container: &Container) -> bool {
        matches!(self.command(container), Some(ContainerCommand::Skip))
    }

    async fn run(
        &self,
        address: Ipv4Addr,
        asked: &mut mpsc::UnboundedReceiver<(StopCode, String)>,
    ) {
        self.shared.tell(&self.task, TaskChange::Pending(address));
        let (sender, mut inputs) = mpsc::unbounded_channel();
        let definition = Arc::clone(&self.task.service.task_definition);
        let processes = definition.containers.iter().map(|_| None).collect();
        let life = TaskLife::new(definition, self.shared.clock, |it| self.is_skipped(it));
        let mut parts = Parts { address, life, processes, inputs: sender, has_ended: false };
        let mut memory = interval(MEMORY_INTERVAL);
        memory.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.advance(&mut parts);
            if parts.has_ended {
                break;
            }
            tokio::select! {
                biased;
                Some((code, reason)) = asked.recv() => parts.life.stop(code, reason),
                Some(input) = inputs.recv() => self.hear(&mut parts, input),
                () = until(parts.life.wake()) => {}
                _ = memory.tick() => self.limit_memory(&parts),
            }
        }
    }

    fn hear(&self, parts: &mut Parts, input: Input) {
        if let Input::Exited(index, _) = input
            && let Some(process) = parts.processes.get_mut(index)
        {
            *process = None;
        }
        parts.life.hear(input, Instant::now());
        self.tell_of_containers(parts);
    }

    /// Does what is to be done, until there is nothing more.
    fn advance(&self, parts: &mut Parts) {
        loop {
            let orders = parts.life.advance(Instant::now());
            if orders.is_empty() {
                return;
            }
            for order in orders {
                self.obey(parts, order);
            }
        }
    }

    fn obey(&self, parts: &mut Parts, order: Order) {
        let process = |index: usize| parts.processes.get(index).and_then(Option::as_ref);
        match order {
            Order::Start(index) => self.start(parts, index),
            Order::Signal(index) => process(index).into_iter().for_each(Running::signal),
            Order::Kill(index) => process(index).into_iter().for_each(Running::kill),
            Order::Check(index) => self.check(parts, index),
            Order::TellRunning => self.shared.tell(&self.task, TaskChange::Running),
            Order::TellHealth(verdict) => {
                self.shared.tell(&self.task, TaskChange::Health(verdict));
            }
            Order::TellStopped(stopped) => {
                parts.has_ended = true;
                self.shared.tell(&self.task, TaskChange::Stopped(stopped));
            }
        }
    }

    fn start(&self, parts: &mut Parts, index: usize) {
        let started = self.spawn(parts, index);
        let input = match started {
            Ok(process) => {
                if let Some(place) = parts.processes.get_mut(index) {
                    *place = Some(process);
                }
                Input::Started(index)
            }
            Err(why) => Input::CannotStart(index, why),
        };
        parts.life.hear(input, Instant::now());
        self.tell_of_containers(parts);
    }

    fn spawn(&self, parts: &Parts, index: usize) -> Result<Running, String> {
        let unknown = || "local-env.toml does not say how it is run".to_owned();
        let container = self.containers().get(index).ok_or_else(unknown)?;
        let Some(ContainerCommand::Run(command)) = self.command(container) else {
            return Err(unknown());
        };
        let variables = self.variables(command, index, parts.address);
        let process = Running::start(command, container, variables)?;
        self.pass_on(&process, index, parts.inputs.clone());
        Ok(process)
    }

    /// What a container finds in its environment but for what the user adds: what AWS tells it, what
    /// its task definition says, and, for the emulation's sake, where to listen and whom to ask for
    /// names.
    fn variables(&self, command: &Command, index: usize, address: Ipv4Addr) -> Variables {
        let shared = &self.shared;
        let plain = |name: &str, value: String| (name.to_owned(), value);
        let mut variables = vec![
            plain("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE".to_owned()),
            plain("AWS_REGION", shared.region.clone()),
            plain("AWS_DEFAULT_REGION", shared.region.clone()),
        ];
        variables.extend((shared.variables)(&self.task, index));
        let defined = command.definition.iter();
        variables.extend(defined.map(|(name, value)| plain(name, value.as_str().to_owned())));
        variables.push(plain("DNS_SERVER", shared.dns.to_string()));
        variables.push(plain("HOST", address.to_string()));
        let port = self.containers().get(index).and_then(|container| container.ports.first());
        variables.extend(port.map(|port| plain("PORT", port.to_string())));
        variables
    }

    /// Tells when a container ends, and what it says until then.
    fn pass_on(&self, process: &Running, index: usize, inputs: mpsc::UnboundedSender<Input>) {
        let key = (self.task.id.clone(), index);
        if let Some(group) = process.group() {
            self.shared.groups.borrow_mut().insert(key.clone(), group);
        }
        let (shared, task) = (Rc::clone(&self.shared), self.task.clone());
        let end = process.end(task, index, self.shared.output.clone());
        spawn_local(async move {
            let exit: Exit = end.await;
            shared.groups.borrow_mut().remove(&key);
            // Nobody listens once the task has been told of as stopped.
            let _ = inputs.send(Input::Exited(index, exit));
        });
    }

    fn check(&self, parts: &Parts, index: usize) {
        let container = self.containers().get(index);
        let check = container.and_then(|it| it.health_check.clone());
        let command = container.and_then(|it| self.command(it)).cloned();
        let (Some(check), Some(ContainerCommand::Run(command))) = (check, command) else { return };
        let variables = self.variables(&command, index, parts.address);
        let inputs = parts.inputs.clone();
        spawn_local(async move {
            let passed = check::passes(&check, &command, variables).await;
            let _ = inputs.send(Input::Checked(index, passed));
        });
    }

    /// A container that uses more than it may is killed; so is the largest of a task that does.
    fn limit_memory(&self, parts: &Parts) {
        let definition = &self.task.service.task_definition;
        let used = |process: &Option<Running>| process.as_ref().and_then(Running::memory);
        let used: Vec<u64> = parts.processes.iter().map(|it| used(it).unwrap_or(0)).collect();
        let over = |(index, limit): (usize, Option<u32>)| {
            limit.is_some_and(|limit| used[index] > u64::from(limit) * MIB).then_some(index)
        };
        let limits = definition.containers.iter().map(|container| container.memory).enumerate();
        let whole = used.iter().sum::<u64>() > u64::from(definition.memory) * MIB;
        let largest = whole.then(|| (0..used.len()).max_by_key(|&index| used[index])).flatten();
        for index in limits.filter_map(over).chain(largest) {
            if let Some(Some(process)) = parts.processes.get(index) {
                process.kill_for_memory();
            }
        }
    }

    fn tell_of_containers(&self, parts: &Parts) {
        let pids = parts.processes.iter().map(|it| it.as_ref().and_then(Running::id));
        let containers = parts.life.containers().into_iter().zip(pids).collect();
        self.shared.tell(&self.task, TaskChange::Containers(containers));
    }
}

async fn until(wake: Option<Instant>) {
    match wake {
        Some(wake) => sleep_until(wake).await,
        None => std::future::pending().await,
    }
}
