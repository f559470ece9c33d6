//! The containers of a task as processes of this machine.
//!
//! Each process leads a process group, so that whatever it starts ends with it; and on Linux the kernel
//! kills it when the thread that started it ends, so that no task outlives the environment, however
//! that ends.

mod check;
mod container;
mod groups;
mod limits;
mod memory;

use std::{net::Ipv4Addr, rc::Rc, time::Duration};

use tokio::{
    sync::mpsc,
    task::spawn_local,
    time::{Interval, MissedTickBehavior, interval},
};

pub(super) use groups::ProcessGroups;

use super::{
    command::{Command, ContainerCommand},
    driver::Runner,
    run::TaskRun,
};
use crate::port_holder;
use container::{ContainerProcess, Variables};
use scheduler::{ContainerEvent, Exit};

/// How long it takes from one look at a task's memory to the next.
const MEMORY_INTERVAL: Duration = Duration::from_millis(500);
const MIB: u64 = 1024 * 1024;

/// The processes that the containers of one task are.
pub(super) struct Processes {
    run: TaskRun,
    address: Ipv4Addr,
    groups: Rc<ProcessGroups>,
    /// The processes in the task definition's order, as far as they run.
    running: Vec<Option<ContainerProcess>>,
    events: mpsc::UnboundedSender<ContainerEvent>,
    memory: Interval,
}

// === impl Processes ===

impl Processes {
    /// Prepares to run the containers at an address, or returns in the user's words why they could not
    /// run there.
    pub(super) fn new(
        run: TaskRun,
        address: Ipv4Addr,
        groups: Rc<ProcessGroups>,
        events: mpsc::UnboundedSender<ContainerEvent>,
    ) -> Result<Self, String> {
        refuse_taken_ports(&run, address)?;
        let running = run.containers().iter().map(|_| None).collect();
        let mut memory = interval(MEMORY_INTERVAL);
        memory.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self { run, address, groups, running, events, memory })
    }

    fn at(&self, index: usize) -> Option<&ContainerProcess> {
        self.running.get(index)?.as_ref()
    }

    fn spawn(&self, index: usize) -> Result<ContainerProcess, String> {
        let unknown = || "local-env.toml does not say how it is run".to_owned();
        let container = self.run.containers().get(index).ok_or_else(unknown)?;
        let Some(ContainerCommand::Run(command)) = self.run.command(container) else {
            return Err(unknown());
        };
        let process = ContainerProcess::start(command, container, self.variables(command, index))?;
        self.follow(&process, index);
        Ok(process)
    }

    /// Returns the variables of a container but for those that the user adds: what AWS tells it, what
    /// its task definition says, and, for the emulation's sake, where to listen and whom to ask for
    /// names.
    fn variables(&self, command: &Command, index: usize) -> Variables {
        let plain = |name: &str, value: String| (name.to_owned(), value);
        let mut variables = self.run.own_variables(index);
        let defined = command.definition.iter();
        variables.extend(defined.map(|(name, value)| plain(name, value.as_str().to_owned())));
        variables.push(plain("DNS_SERVER", self.run.context.dns.to_string()));
        variables.push(plain("HOST", self.address.to_string()));
        let port = self.run.containers().get(index).and_then(|container| container.ports.first());
        variables.extend(port.map(|port| plain("PORT", port.to_string())));
        variables
    }

    /// Has the output of a container forwarded, and an event sent once the container has ended.
    fn follow(&self, process: &ContainerProcess, index: usize) {
        let task = self.run.task.id.clone();
        let groups = Rc::clone(&self.groups);
        if let Some(group) = process.group() {
            groups.insert(task.clone(), index, group);
        }
        let events = self.events.clone();
        let end = process.end(self.run.task.clone(), index, self.run.context.output.clone());
        spawn_local(async move {
            let exit: Exit = end.await;
            groups.remove(task, index);
            // Nobody listens once the task has been reported as stopped.
            let _ = events.send(ContainerEvent::Exited(index, exit));
        });
    }

    /// Kills a container that uses more memory than it may, and the largest of a task that does.
    fn limit_memory(&self) {
        let definition = &self.run.task.service.task_definition;
        let used = |process: &Option<ContainerProcess>| {
            process.as_ref().and_then(ContainerProcess::memory)
        };
        let used: Vec<u64> = self.running.iter().map(|it| used(it).unwrap_or(0)).collect();
        let over = |(index, limit): (usize, Option<u32>)| {
            limit.is_some_and(|limit| used[index] > u64::from(limit) * MIB).then_some(index)
        };
        let limits = definition.containers.iter().map(|container| container.memory).enumerate();
        let limit = Some(definition.memory).filter(|memory| *memory > 0);
        let whole = limit.is_some_and(|limit| used.iter().sum::<u64>() > u64::from(limit) * MIB);
        let largest = whole.then(|| (0..used.len()).max_by_key(|&index| used[index])).flatten();
        let over = limits.filter_map(over).chain(largest);
        over.filter_map(|index| self.at(index)).for_each(ContainerProcess::kill_for_memory);
    }
}

impl Runner for Processes {
    async fn start(&mut self, index: usize) -> Result<(), String> {
        let process = self.spawn(index)?;
        if let Some(place) = self.running.get_mut(index) {
            *place = Some(process);
        }
        Ok(())
    }

    fn signal(&self, index: usize) {
        self.at(index).into_iter().for_each(ContainerProcess::signal);
    }

    fn kill(&self, index: usize) {
        self.at(index).into_iter().for_each(ContainerProcess::kill);
    }

    fn check(&self, index: usize) {
        let container = self.run.containers().get(index);
        let check = container.and_then(|it| it.health_check.clone());
        let command = container.and_then(|it| self.run.command(it)).cloned();
        let (Some(check), Some(ContainerCommand::Run(command))) = (check, command) else { return };
        let variables = self.variables(&command, index);
        let events = self.events.clone();
        spawn_local(async move {
            let passed = check::passes(&check, &command, variables).await;
            let _ = events.send(ContainerEvent::Checked(index, passed));
        });
    }

    fn forget(&mut self, index: usize) {
        if let Some(place) = self.running.get_mut(index) {
            *place = None;
        }
    }

    fn process(&self, index: usize) -> Option<u32> {
        self.at(index).and_then(ContainerProcess::id)
    }

    async fn tend(&mut self) {
        self.memory.tick().await;
        self.limit_memory();
    }
}

/// Returns why a task can't listen at its ports: a program that listens on all addresses would be met at
/// the task's as well.
fn refuse_taken_ports(run: &TaskRun, address: Ipv4Addr) -> Result<(), String> {
    for container in run.containers().iter().filter(|it| !run.is_skipped(it)) {
        for &port in &container.ports {
            let bound = std::net::TcpListener::bind((address, port));
            if bound.is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse) {
                return Err(format!("port {port} is taken{}", port_holder::described(port)));
            }
        }
    }
    Ok(())
}
