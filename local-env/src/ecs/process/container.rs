//! A container as a process: how it is started, signalled and waited for.

use std::{
    cell::{Cell, RefCell},
    env,
    os::unix::process::ExitStatusExt as _,
    process::{ExitStatus, Stdio},
    rc::Rc,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    process::{Child, Command as ProcessCommand},
    sync::mpsc,
    task::{JoinHandle, spawn_local},
    time::timeout,
};

use super::{groups::kill_group, limits, memory};
use crate::ecs::{
    command::Command,
    output,
    task::{OutputLine, Task},
};
use scheduler::{Exit, OUT_OF_MEMORY};
use stack::Container;

/// The variables of the user's own that a task is given; the rest would not be there in AWS.
const PASSED_ON: [&str; 7] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"];
/// How long the end of a process's output is waited for once it has ended: somebody else may have
/// been given its pipes.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// What a shell adds to the number of the signal that ended a process.
const SIGNALLED: i32 = 128;
/// The variables of a container but for those that the user adds; a later one wins.
pub(super) type Variables = Vec<(String, String)>;

/// A process that a container is.
pub(super) struct ContainerProcess {
    state: Rc<ProcessState>,
    child: RefCell<Option<Child>>,
}

/// What the process and whoever waits for its end share.
struct ProcessState {
    /// The process, until it has ended and been waited for: after that its number may be another's.
    leader: Cell<Option<Pid>>,
    out_of_memory: Cell<bool>,
}

// === impl ContainerProcess ===

impl ContainerProcess {
    /// Starts a container, or returns in the user's words why it cannot be started.
    pub(super) fn start(
        command: &Command,
        container: &Container,
        variables: Variables,
    ) -> Result<Self, String> {
        let mut process = prepared(command, variables);
        process
            .args(&command.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let limits = limits::of(&container.ulimits)?;
        limits::apply(&mut process, limits);
        let child = process
            .spawn()
            .map_err(|error| format!("{} cannot be run: {error}", command.program.display()))?;
        let leader = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        let state = ProcessState { leader: Cell::new(leader), out_of_memory: Cell::new(false) };
        Ok(Self { state: Rc::new(state), child: RefCell::new(Some(child)) })
    }

    /// Returns the process's id; `None` once it has ended.
    pub(super) fn id(&self) -> Option<u32> {
        self.group().and_then(|pid| u32::try_from(pid.as_raw()).ok())
    }

    /// Returns the group that the process leads, which has the process's own number.
    pub(super) fn group(&self) -> Option<Pid> {
        self.state.leader.get()
    }

    /// Sends the stop signal to the process alone, as ECS signals a container's first process
    /// (cloudmap-ecs §3.4).
    pub(super) fn signal(&self) {
        if let Some(leader) = self.group() {
            // It may have ended in this moment; then there is nothing to signal.
            let _ = kill(leader, Signal::SIGTERM);
        }
    }

    /// Kills the process and all that it started, as the end of a container does.
    pub(super) fn kill(&self) {
        self.group().into_iter().for_each(kill_group);
    }

    /// Returns the memory that the process and those that it started use, in bytes; `None` where that
    /// can't be known.
    pub(super) fn memory(&self) -> Option<u64> {
        self.id().and_then(memory::used)
    }

    /// Kills the process because it uses more memory than it may.
    pub(super) fn kill_for_memory(&self) {
        self.state.out_of_memory.set(true);
        self.kill();
    }

    /// Forwards the output, and waits for the end of the process and of what it and those that it
    /// started have written.
    pub(super) fn end(
        &self,
        task: Task,
        container: usize,
        output: mpsc::Sender<OutputLine>,
    ) -> impl Future<Output = Exit> + use<> {
        let child = self.child.take();
        let state = Rc::clone(&self.state);
        async move {
            let Some(mut child) = child else { return Exit { code: SIGNALLED, reason: None } };
            let readers = forward(&mut child, &task, container, &output);
            let status = child.wait().await;
            state.leader.take().into_iter().for_each(kill_group);
            let _ = timeout(LAST_WORDS, all(readers)).await;
            Exit {
                code: status.map_or(SIGNALLED, exit_code),
                reason: state.out_of_memory.get().then(|| OUT_OF_MEMORY.to_owned()),
            }
        }
    }
}

/// Prepares a program in a container's place: its folder and its variables, in a group of its own.
pub(super) fn prepared(command: &Command, variables: Variables) -> ProcessCommand {
    let mut process = ProcessCommand::new(&command.program);
    process
        .current_dir(&command.folder)
        .env_clear()
        .envs(PASSED_ON.iter().filter_map(|name| Some((name, env::var_os(name)?))))
        .envs(variables)
        .envs(command.environment.iter().cloned())
        .process_group(0);
    process
}

/// Forwards the output of a process until the last process that holds the pipes has closed them, which
/// may outlive the container.
fn forward(
    child: &mut Child,
    task: &Task,
    container: usize,
    output: &mpsc::Sender<OutputLine>,
) -> Vec<JoinHandle<()>> {
    let label = || {
        let task = task.clone();
        move |text| OutputLine { task: task.clone(), container, text }
    };
    let out = child.stdout.take().map(|it| spawn_local(output::lines(it, label(), output.clone())));
    let err = child.stderr.take().map(|it| spawn_local(output::lines(it, label(), output.clone())));
    out.into_iter().chain(err).collect()
}

async fn all(readers: Vec<JoinHandle<()>>) {
    for reader in readers {
        // One that was aborted has nothing more to read either.
        let _ = reader.await;
    }
}

fn exit_code(status: ExitStatus) -> i32 {
    let code = status.code().or_else(|| status.signal().map(|signal| SIGNALLED + signal));
    code.unwrap_or(SIGNALLED)
}
