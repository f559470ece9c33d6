//! The containers of one task as containers of a Docker Engine.

use std::{net::Ipv4Addr, rc::Rc, time::Duration};

use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_local},
    time::timeout,
};

use super::{
    engine::{Engine, EngineError},
    model::ContainerInspectResponse,
    namespace::{NamespaceUse, NetworkNamespace},
    network::Docker,
    output,
    specification::{self, Placed},
};
use crate::ecs::{
    command::{ContainerCommand, Value},
    driver::Runner,
    run::TaskRun,
};
use scheduler::{ContainerEvent, Exit, OUT_OF_MEMORY};
use stack::{ContainerHealthCheck, HealthCommand};

const STOP_SIGNAL: &str = "SIGTERM";
const KILL: &str = "SIGKILL";
/// The exit code of a container whose end is not known.
const UNKNOWN_END: i32 = 255;
/// How long the rest of its output is waited for once a container has ended.
const LAST_WORDS: Duration = Duration::from_secs(5);
const SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// The Docker containers that the containers of one task are.
pub(in crate::ecs) struct Containers {
    run: TaskRun,
    docker: Rc<Docker>,
    /// The id of the relay whose namespace they share.
    namespace: String,
    /// The containers in the task definition's order, as far as they run.
    running: Vec<Option<RunningContainer>>,
    events: mpsc::UnboundedSender<ContainerEvent>,
}

/// A container that runs.
struct RunningContainer {
    id: String,
    process: Option<u32>,
    /// The signal by which the container is asked to end.
    stop_signal: String,
}

// === impl Containers ===

impl Containers {
    /// Makes the namespace that the containers will share, which is reached at `address`; none of them
    /// runs yet.
    pub(in crate::ecs) async fn new(
        run: TaskRun,
        docker: Rc<Docker>,
        address: Ipv4Addr,
        events: mpsc::UnboundedSender<ContainerEvent>,
    ) -> Result<(Self, NetworkNamespace), EngineError> {
        let ports = run.containers().iter().flat_map(|it| it.ports.iter().copied()).collect();
        let used_for = NamespaceUse::Task { address, ports, gateway: docker.gateway };
        let namespace = NetworkNamespace::make(&docker.site, run.task.id.short(), used_for).await?;
        docker.reachable.insert(address, namespace.address);
        let running = run.containers().iter().map(|_| None).collect();
        Ok((Self { run, docker, namespace: namespace.id.clone(), running, events }, namespace))
    }

    fn at(&self, index: usize) -> Option<&RunningContainer> {
        self.running.get(index)?.as_ref()
    }

    async fn begin(&self, index: usize) -> Result<RunningContainer, EngineError> {
        let engine = &self.docker.site.engine;
        let container = self.run.containers().get(index);
        let command = container.and_then(|it| self.run.command(it));
        let (Some(container), Some(ContainerCommand::Image(image))) = (container, command) else {
            let why = "local-env.toml does not say how it is run".to_owned();
            return Err(EngineError::Refused { what: "run it".to_owned(), why });
        };
        let placed = Placed {
            image: &image.name,
            namespace: &self.namespace,
            variables: self.variables(index, &image.definition, &image.environment),
            labels: self.docker.site.labels(),
        };
        let body = specification::of(&self.run.task.service.task_definition, container, placed);
        let name = format!(
            "{}-{}-{}",
            self.docker.site.network(),
            self.run.task.id.short(),
            container.name
        );
        let id = engine.create(&name, body).await?;
        let forwarding = self.attach(&id, index).await;
        let started = engine.start(&id).await?;
        self.wait(id.clone(), index, forwarding);
        Ok(RunningContainer { id, process: process(&started), stop_signal: stop_signal(&started) })
    }

    /// Returns the variables of a container, which win over the image's own.
    fn variables(
        &self,
        index: usize,
        definition: &[(String, Value)],
        environment: &[(String, String)],
    ) -> Vec<(String, String)> {
        let mut variables = self.run.own_variables(index);
        let (here, there) =
            (self.docker.metadata, (self.docker.gateway, self.docker.metadata.port()));
        let (here, there) = (format!("//{here}/"), format!("//{}:{}/", there.0, there.1));
        for (_, value) in &mut variables {
            *value = value.replace(&here, &there);
        }
        let defined =
            definition.iter().map(|(name, value)| (name.clone(), value.as_str().to_owned()));
        variables.extend(defined);
        variables.extend(environment.iter().cloned());
        variables
    }

    /// Has the output of a container forwarded, before it starts, so that none is lost.
    async fn attach(&self, id: &str, index: usize) -> Option<JoinHandle<()>> {
        match self.docker.site.engine.attach(id).await {
            Ok(said) => {
                let to = self.run.context.output.clone();
                let task = self.run.task.clone();
                Some(spawn_local(output::forward(said, task, index, to)))
            }
            Err(error) => {
                tracing::warn!(%error, "what a container writes is not seen");
                None
            }
        }
    }

    /// Has an event sent once a container has ended.
    fn wait(&self, id: String, index: usize, forwarding: Option<JoinHandle<()>>) {
        let (engine, events) = (self.docker.site.engine.clone(), self.events.clone());
        spawn_local(async move {
            let exit = exit(&engine, &id).await;
            if let Some(forwarding) = forwarding {
                let _ = timeout(LAST_WORDS, forwarding).await;
            }
            engine.remove(&id).await;
            // Nobody listens once the task has been reported as stopped.
            let _ = events.send(ContainerEvent::Exited(index, exit));
        });
    }

    fn send(&self, index: usize, signal: impl FnOnce(&RunningContainer) -> String) {
        let Some(running) = self.at(index) else { return };
        let (engine, id, signal) =
            (self.docker.site.engine.clone(), running.id.clone(), signal(running));
        spawn_local(async move { engine.signal(&id, &signal).await });
    }
}

impl Runner for Containers {
    async fn start(&mut self, index: usize) -> Result<(), String> {
        let running = self.begin(index).await.map_err(|error| error.to_string())?;
        if let Some(place) = self.running.get_mut(index) {
            *place = Some(running);
        }
        Ok(())
    }

    fn signal(&self, index: usize) {
        self.send(index, |running| running.stop_signal.clone());
    }

    fn kill(&self, index: usize) {
        self.send(index, |_| KILL.to_owned());
    }

    fn check(&self, index: usize) {
        let check = self.run.containers().get(index).and_then(|it| it.health_check.clone());
        let (Some(check), Some(running)) = (check, self.at(index)) else { return };
        let (engine, id, events) =
            (self.docker.site.engine.clone(), running.id.clone(), self.events.clone());
        spawn_local(async move {
            let passed = timeout(check.timeout, passes(&engine, &id, &check)).await;
            let _ = events.send(ContainerEvent::Checked(index, passed.unwrap_or(false)));
        });
    }

    fn forget(&mut self, index: usize) {
        if let Some(place) = self.running.get_mut(index) {
            *place = None;
        }
    }

    fn process(&self, index: usize) -> Option<u32> {
        self.at(index)?.process
    }

    async fn tend(&mut self) {
        std::future::pending::<()>().await;
    }
}

/// Waits until a container has ended, and returns how it did.
async fn exit(engine: &Engine, id: &str) -> Exit {
    engine.ended(id).await;
    let state = engine.inspect(id).await.ok().and_then(|container| container.state);
    let Some(state) = state else { return Exit { code: UNKNOWN_END, reason: None } };
    let code = state.exit_code.and_then(|code| i32::try_from(code).ok()).unwrap_or(UNKNOWN_END);
    let out_of_memory = state.oom_killed == Some(true);
    Exit { code, reason: out_of_memory.then(|| OUT_OF_MEMORY.to_owned()) }
}

fn process(container: &ContainerInspectResponse) -> Option<u32> {
    container.state.as_ref()?.pid.filter(|pid| *pid > 0)
}

/// Returns the stop signal that the image names, or the usual one.
fn stop_signal(container: &ContainerInspectResponse) -> String {
    let signal = container.config.as_ref().and_then(|config| config.stop_signal.clone());
    signal.unwrap_or_else(|| STOP_SIGNAL.to_owned())
}

/// Runs a check where the container runs, and returns whether it ended with 0.
async fn passes(engine: &Engine, id: &str, check: &ContainerHealthCheck) -> bool {
    let command = match &check.command {
        HealthCommand::Shell(line) => SHELL.iter().copied().chain([line.as_str()]).collect(),
        HealthCommand::Program(words) => words.iter().map(String::as_str).collect::<Vec<_>>(),
    };
    let command = command.into_iter().map(str::to_owned).collect();
    match engine.run(id, command).await {
        Ok(code) => code == Some(0),
        Err(error) => {
            tracing::debug!(%error, "a health check was not run");
            false
        }
    }
}
