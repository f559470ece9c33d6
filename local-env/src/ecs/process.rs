//! Runs each task as a process of this machine, with an address and an environment of its own.
//!
//! The process leads a process group, so that whatever it starts ends with it; and on Linux the
//! kernel kills it when the thread that started it ends, so that no task outlives the environment,
//! however that ends. Tasks must therefore be started on a thread that lives as long as the
//! environment does.

use std::{
    collections::HashMap,
    env,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use tokio::{
    process::{Child, Command as ProcessCommand},
    sync::mpsc,
    task::spawn_local,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{Launcher, Network, OutputLine, Stopped, Task, TaskChange, TaskEvent, TaskId, output};
use crate::{port_holder, stack::Container};

/// What a task has of the user's own environment; the rest would not be there in AWS.
const PASSED_ON: [&str; 7] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"];

/// How a service's tasks are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program, with a path or to be found in `PATH`.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder that it runs in.
    pub folder: PathBuf,
    /// Variables that the task definition doesn't have, or that differ here.
    pub environment: Vec<(String, String)>,
}

/// The launcher for processes.
pub struct ProcessLauncher {
    /// By the service's logical id.
    commands: HashMap<String, Command>,
    dns: SocketAddr,
    region: String,
    network: Arc<Mutex<Network>>,
    events: mpsc::UnboundedSender<TaskEvent>,
    output: mpsc::Sender<OutputLine>,
    running: HashMap<TaskId, CancellationToken>,
    groups: Arc<Mutex<HashMap<TaskId, Pid>>>,
}

/// One task on its way from start to end.
struct Run {
    task: Task,
    command: Command,
    variables: Vec<(String, String)>,
    network: Arc<Mutex<Network>>,
    events: mpsc::UnboundedSender<TaskEvent>,
    output: mpsc::Sender<OutputLine>,
    groups: Arc<Mutex<HashMap<TaskId, Pid>>>,
    stop: CancellationToken,
}

// === impl ProcessLauncher ===

impl ProcessLauncher {
    /// `commands` says how to run each service, by logical id; `dns` is what the tasks ask for names;
    /// what becomes of them goes to `events`, and what they say to `output`.
    pub fn new(
        commands: HashMap<String, Command>,
        dns: SocketAddr,
        region: String,
        network: Network,
        events: mpsc::UnboundedSender<TaskEvent>,
        output: mpsc::Sender<OutputLine>,
    ) -> Self {
        Self {
            commands,
            dns,
            region,
            network: Arc::new(Mutex::new(network)),
            events,
            output,
            running: HashMap::new(),
            groups: Arc::default(),
        }
    }

    /// What the environment of AWS tells a container, beside what its task definition says. Only the
    /// address and the ports are for the emulation's sake.
    fn variables(&self, task: &Task, container: &Container) -> Vec<(String, String)> {
        let definition = &task.service.task_definition;
        let mut variables = vec![
            ("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE".to_owned()),
            ("AWS_REGION", self.region.clone()),
            ("AWS_DEFAULT_REGION", self.region.clone()),
            ("DNS_SERVER", self.dns.to_string()),
            ("ECS_CLUSTER", task.service.cluster.clone()),
            ("ECS_SERVICE", task.service.name.clone()),
            ("ECS_TASK_ID", task.id.to_string()),
            ("ECS_TASK_FAMILY", definition.family.clone()),
            ("ECS_TASK_REVISION", definition.revision.to_string()),
        ];
        variables.extend(container.ports.first().map(|port| ("PORT", port.to_string())));
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

impl Launcher for ProcessLauncher {
    fn start(&mut self, task: Task) {
        let command = self.commands.get(&task.service.logical_id);
        let container = task.service.task_definition.containers.first();
        let (Some(command), Some(container)) = (command, container) else {
            let why = "local-env.toml does not say how".to_owned();
            return send(&self.events, task, TaskChange::Stopped(Stopped::FailedToStart(why)));
        };
        let stop = CancellationToken::new();
        self.running.insert(task.id.clone(), stop.clone());
        let run = Run {
            command: command.clone(),
            variables: self.variables(&task, container),
            task,
            network: Arc::clone(&self.network),
            events: self.events.clone(),
            output: self.output.clone(),
            groups: Arc::clone(&self.groups),
            stop,
        };
        spawn_local(run.live());
    }

    fn stop(&mut self, id: &TaskId) {
        if let Some(stop) = self.running.remove(id) {
            stop.cancel();
        }
    }

    fn kill(&mut self) {
        for group in lock(&self.groups).values() {
            signal_group(*group);
        }
    }
}

// === impl Run ===

impl Run {
    async fn live(self) {
        let stopped = match self.start() {
            Ok((address, mut child)) => {
                self.pass_on_output(&mut child);
                self.tell(TaskChange::Running(address));
                let stopped = self.until_end(child).await;
                self.note(stopped);
                lock(&self.network).release(address);
                return;
            }
            Err(why) => Stopped::FailedToStart(why),
        };
        self.note(stopped);
    }

    fn start(&self) -> Result<(Ipv4Addr, Child), String> {
        let address = lock(&self.network).allocate().map_err(|error| error.to_string())?;
        let child = self.refuse_taken_ports(address).and_then(|()| self.spawn(address));
        if child.is_err() {
            lock(&self.network).release(address);
        }
        Ok((address, child?))
    }

    /// A program that listens on all addresses would be met at a task's as well.
    fn refuse_taken_ports(&self, address: Ipv4Addr) -> Result<(), String> {
        for container in &self.task.service.task_definition.containers {
            for &port in &container.ports {
                let bound = std::net::TcpListener::bind((address, port));
                if bound.is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse) {
                    return Err(format!("port {port} is taken{}", port_holder::described(port)));
                }
            }
        }
        Ok(())
    }

    fn spawn(&self, address: Ipv4Addr) -> Result<Child, String> {
        let mut command = ProcessCommand::new(&self.command.program);
        command
            .args(&self.command.arguments)
            .current_dir(&self.command.folder)
            .env_clear()
            .envs(PASSED_ON.iter().filter_map(|name| Some((name, env::var_os(name)?))))
            .envs(self.container_environment())
            .envs(self.variables.iter().cloned())
            .env("HOST", address.to_string())
            .envs(self.command.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        end_with_parent(&mut command);
        let child = command.spawn().map_err(|error| {
            format!("{} cannot be run: {error}", self.command.program.display())
        })?;
        if let Some(group) = group(&child) {
            lock(&self.groups).insert(self.task.id.clone(), group);
        }
        Ok(child)
    }

    fn container_environment(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let containers = self.task.service.task_definition.containers.first();
        containers.into_iter().flat_map(|container| container.environment.iter().cloned())
    }

    /// Until the last process that holds the pipes has closed them, which may outlive the task.
    fn pass_on_output(&self, child: &mut Child) {
        let label = || {
            let task = self.task.clone();
            move |text| OutputLine { task: task.clone(), text }
        };
        if let Some(out) = child.stdout.take() {
            spawn_local(output::lines(out, label(), self.output.clone()));
        }
        if let Some(err) = child.stderr.take() {
            spawn_local(output::lines(err, label(), self.output.clone()));
        }
    }

    /// SIGTERM goes to the process alone, as ECS signals a container's first process; SIGKILL to all
    /// that it started, as the end of a container does (cloudmap-ecs §3.4).
    async fn until_end(&self, mut child: Child) -> Stopped {
        let group = group(&child);
        let status = tokio::select! {
            status = child.wait() => status,
            () = self.stop.cancelled() => {
                if let Some(leader) = group {
                    // It may have ended in this moment; then there is nothing to signal.
                    let _ = kill(leader, Signal::SIGTERM);
                }
                if let Ok(status) = timeout(self.stop_timeout(), child.wait()).await {
                    status
                } else {
                    group.into_iter().for_each(signal_group);
                    child.wait().await
                }
            }
        };
        group.into_iter().for_each(signal_group);
        status.map_or_else(|error| Stopped::FailedToStart(error.to_string()), Stopped::from)
    }

    fn stop_timeout(&self) -> Duration {
        let containers = &self.task.service.task_definition.containers;
        containers.first().map_or(Duration::ZERO, |container| container.stop_timeout)
    }

    fn note(&self, stopped: Stopped) {
        lock(&self.groups).remove(&self.task.id);
        self.tell(TaskChange::Stopped(stopped));
    }

    fn tell(&self, change: TaskChange) {
        send(&self.events, self.task.clone(), change);
    }
}

impl From<ExitStatus> for Stopped {
    fn from(status: ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt as _;

        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Exited(code),
            (None, signal) => Self::Signalled(signal.unwrap_or_default()),
        }
    }
}

/// The group that a child leads, which has the child's own number.
fn group(child: &Child) -> Option<Pid> {
    child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw)
}

fn signal_group(group: Pid) {
    // A group whose members have all ended is no longer there.
    let _ = killpg(group, Signal::SIGKILL);
}

/// Whoever waits for events may have gone already when the environment stops.
fn send(events: &mpsc::UnboundedSender<TaskEvent>, task: Task, change: TaskChange) {
    if events.send(TaskEvent { task, change }).is_err() {
        tracing::debug!("an event came after the end");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // No holder of these locks can panic half-way through a change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "code between fork and exec; it makes system calls only")]
fn end_with_parent(command: &mut ProcessCommand) {
    let parent = nix::unistd::getpid();
    // SAFETY: the closure allocates nothing and takes no lock: two system calls that are safe to
    // make between fork and exec.
    unsafe {
        command.pre_exec(move || {
            nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
            if nix::unistd::getppid() == parent { Ok(()) } else { Err(nix::Error::ESRCH.into()) }
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn end_with_parent(_command: &mut ProcessCommand) {}
