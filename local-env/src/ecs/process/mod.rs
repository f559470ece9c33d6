//! The containers of a task as processes of this machine.
//!
//! A process leads a process group, so that whatever it starts ends with it; and on Linux the kernel
//! kills it when the thread that started it ends, so that no task outlives the environment, however
//! that ends.

mod check;
mod container;
mod limits;
mod memory;

use std::{cell::RefCell, collections::HashMap, net::Ipv4Addr, time::Duration};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    sync::mpsc,
    task::spawn_local,
    time::{Interval, MissedTickBehavior, interval},
};

use super::{Command, ContainerCommand, driver::Runner, launcher::Run};
use crate::port_holder;
use container::{Running, Variables};
use scheduler::{ContainerEvent, Exit, TaskId};

/// How often a task is asked for the memory that it uses.
const MEMORY_INTERVAL: Duration = Duration::from_millis(500);
const MIB: u64 = 1024 * 1024;

/// The process groups that there are, by their task and the container's place in it.
#[derive(Default)]
pub(super) struct Groups(RefCell<HashMap<(TaskId, usize), Pid>>);

/// Runs the containers of one task.
pub(super) struct Processes {
    run: Run,
    address: Ipv4Addr,
    /// In the task definition's order.
    running: Vec<Option<Running>>,
    inputs: mpsc::UnboundedSender<ContainerEvent>,
    memory: Interval,
}

// === impl Groups ===

impl Groups {
    pub(super) fn kill_all(&self) {
        self.0.borrow().values().copied().for_each(kill_group);
    }
}

// === impl Processes ===

impl Processes {
    /// None runs yet; why none could, in the user's words.
    pub(super) fn new(
        run: Run,
        address: Ipv4Addr,
        inputs: mpsc::UnboundedSender<ContainerEvent>,
    ) -> Result<Self, String> {
        refuse_taken_ports(&run, address)?;
        let running = run.containers().iter().map(|_| None).collect();
        let mut memory = interval(MEMORY_INTERVAL);
        memory.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self { run, address, running, inputs, memory })
    }

    fn at(&self, index: usize) -> Option<&Running> {
        self.running.get(index)?.as_ref()
    }

    fn spawn(&self, index: usize) -> Result<Running, String> {
        let unknown = || "local-env.toml does not say how it is run".to_owned();
        let container = self.run.containers().get(index).ok_or_else(unknown)?;
        let Some(ContainerCommand::Run(command)) = self.run.command(container) else {
            return Err(unknown());
        };
        let process = Running::start(command, container, self.variables(command, index))?;
        self.pass_on(&process, index);
        Ok(process)
    }

    /// What a container finds in its environment but for what the user adds: what AWS tells it, what
    /// its task definition says, and, for the emulation's sake, where to listen and whom to ask for
    /// names.
    fn variables(&self, command: &Command, index: usize) -> Variables {
        let plain = |name: &str, value: String| (name.to_owned(), value);
        let mut variables = self.run.own_variables(index);
        let defined = command.definition.iter();
        variables.extend(defined.map(|(name, value)| plain(name, value.as_str().to_owned())));
        variables.push(plain("DNS_SERVER", self.run.shared.dns.to_string()));
        variables.push(plain("HOST", self.address.to_string()));
        let port = self.run.containers().get(index).and_then(|container| container.ports.first());
        variables.extend(port.map(|port| plain("PORT", port.to_string())));
        variables
    }

    /// Tells when a container ends, and what it says until then.
    fn pass_on(&self, process: &Running, index: usize) {
        let key = (self.run.task.id.clone(), index);
        let shared = std::rc::Rc::clone(&self.run.shared);
        if let Some(group) = process.group() {
            shared.groups.0.borrow_mut().insert(key.clone(), group);
        }
        let inputs = self.inputs.clone();
        let end = process.end(self.run.task.clone(), index, shared.output.clone());
        spawn_local(async move {
            let exit: Exit = end.await;
            shared.groups.0.borrow_mut().remove(&key);
            // Nobody listens once the task has been told of as stopped.
            let _ = inputs.send(ContainerEvent::Exited(index, exit));
        });
    }

    /// A container that uses more than it may is killed; so is the largest of a task that does.
    fn limit_memory(&self) {
        let definition = &self.run.task.service.task_definition;
        let used = |process: &Option<Running>| process.as_ref().and_then(Running::memory);
        let used: Vec<u64> = self.running.iter().map(|it| used(it).unwrap_or(0)).collect();
        let over = |(index, limit): (usize, Option<u32>)| {
            limit.is_some_and(|limit| used[index] > u64::from(limit) * MIB).then_some(index)
        };
        let limits = definition.containers.iter().map(|container| container.memory).enumerate();
        let limit = Some(definition.memory).filter(|memory| *memory > 0);
        let whole = limit.is_some_and(|limit| used.iter().sum::<u64>() > u64::from(limit) * MIB);
        let largest = whole.then(|| (0..used.len()).max_by_key(|&index| used[index])).flatten();
        let over = limits.filter_map(over).chain(largest);
        over.filter_map(|index| self.at(index)).for_each(Running::kill_for_memory);
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
        self.at(index).into_iter().for_each(Running::signal);
    }

    fn kill(&self, index: usize) {
        self.at(index).into_iter().for_each(Running::kill);
    }

    fn check(&self, index: usize) {
        let container = self.run.containers().get(index);
        let check = container.and_then(|it| it.health_check.clone());
        let command = container.and_then(|it| self.run.command(it)).cloned();
        let (Some(check), Some(ContainerCommand::Run(command))) = (check, command) else { return };
        let variables = self.variables(&command, index);
        let inputs = self.inputs.clone();
        spawn_local(async move {
            let passed = check::passes(&check, &command, variables).await;
            let _ = inputs.send(ContainerEvent::Checked(index, passed));
        });
    }

    fn forget(&mut self, index: usize) {
        if let Some(place) = self.running.get_mut(index) {
            *place = None;
        }
    }

    fn process(&self, index: usize) -> Option<u32> {
        self.at(index).and_then(Running::id)
    }

    async fn tend(&mut self) {
        self.memory.tick().await;
        self.limit_memory();
    }
}

/// A program that listens on all addresses would be met at a task's as well.
fn refuse_taken_ports(run: &Run, address: Ipv4Addr) -> Result<(), String> {
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

fn kill_group(group: Pid) {
    // A group whose members have all ended is no longer there.
    let _ = killpg(group, Signal::SIGKILL);
}
