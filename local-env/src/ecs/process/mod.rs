//! Runs the containers of each task as processes of this machine, with an address and an environment
//! of their own.
//!
//! A process leads a process group, so that whatever it starts ends with it; and on Linux the kernel
//! kills it when the thread that started it ends, so that no task outlives the environment, however
//! that ends. Tasks must therefore be started on a thread that lives as long as the environment does.

mod check;
mod container;
mod limits;
mod memory;
mod task;

use std::{cell::RefCell, collections::HashMap, net::SocketAddr, rc::Rc};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{sync::mpsc, task::spawn_local};

use super::{
    CommandBook, Launcher, Network, OutputLine, StopCode, Task, TaskChange, TaskEvent, TaskId,
};
use crate::clock::Clock;
use task::Run;

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
    /// Variables that lead to what the environment offers: where the metadata of a task is, say.
    pub variables: VariablesOf,
}

/// The launcher for processes.
pub struct ProcessLauncher {
    shared: Rc<Shared>,
    running: HashMap<TaskId, mpsc::UnboundedSender<(StopCode, String)>>,
}

/// What all tasks of a launcher use.
struct Shared {
    commands: CommandBook,
    clock: Clock,
    dns: SocketAddr,
    region: String,
    variables: VariablesOf,
    network: RefCell<Network>,
    /// The process groups that there are, by their task and the container's place in it.
    groups: RefCell<HashMap<(TaskId, usize), Pid>>,
    events: mpsc::UnboundedSender<TaskEvent>,
    output: mpsc::Sender<OutputLine>,
}

// === impl ProcessLauncher ===

impl ProcessLauncher {
    /// What becomes of the tasks goes to `events`, and what they say to `output`.
    pub fn new(
        surroundings: Surroundings,
        events: mpsc::UnboundedSender<TaskEvent>,
        output: mpsc::Sender<OutputLine>,
    ) -> Self {
        let Surroundings { commands, clock, dns, region, network, variables } = surroundings;
        let (network, groups) = (RefCell::new(network), RefCell::default());
        let shared =
            Shared { commands, clock, dns, region, variables, network, groups, events, output };
        Self { shared: Rc::new(shared), running: HashMap::new() }
    }
}

impl Launcher for ProcessLauncher {
    fn start(&mut self, task: Task) {
        self.running.retain(|_, stop| !stop.is_closed());
        let (stop, asked) = mpsc::unbounded_channel();
        self.running.insert(task.id.clone(), stop);
        spawn_local(Run::new(task, Rc::clone(&self.shared)).live(asked));
    }

    fn stop(&mut self, id: &TaskId, code: StopCode, reason: String) {
        if let Some(stop) = self.running.remove(id) {
            // It may have ended in this moment.
            let _ = stop.send((code, reason));
        }
    }

    fn kill(&mut self) {
        self.shared.groups.borrow().values().copied().for_each(kill_group);
    }
}

// === impl Shared ===

impl Shared {
    /// Whoever waits for events may have gone already when the environment stops.
    fn tell(&self, task: &Task, change: TaskChange) {
        if self.events.send(TaskEvent { task: task.clone(), change }).is_err() {
            tracing::debug!("an event came after the end");
        }
    }
}

fn kill_group(group: Pid) {
    // A group whose members have all ended is no longer there.
    let _ = killpg(group, Signal::SIGKILL);
}
