//! What an environment is to be like, said one thing after another.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use tokio::sync::mpsc;

use super::{
    Error, LocalEnv, Opened,
    plan::{Launch, Plan, Ports},
    sources::{Given, Origin},
};
use crate::{
    ecs::{Launcher, OutputLine, TaskEvent},
    project::Process,
    templates::Templates,
};
use alb::{Failing, LogFormat};
use clock::Clock;
use cloudmap::UpstreamAddress;

/// An environment that is still to be opened. Everything listens on free ports of loopback unless
/// something else is said.
///
/// A later word wins over an earlier one about the same thing.
#[must_use = "nothing is opened before `open` or `start`"]
pub struct Builder(pub(super) Plan);

// === impl Builder ===

impl Builder {
    pub(super) fn new(origin: Origin) -> Self {
        Self(Plan::new(origin))
    }

    /// Reads one more template, or cdk.out folder; the stacks are run as one.
    pub fn template(self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.templates(|templates| templates.paths.push(path))
    }

    /// Runs only this one of the stacks; may be said several times.
    pub fn stack(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.templates(|templates| templates.stacks.push(name))
    }

    /// Gives a parameter of a template a value, which wins over a file's and `local-env.toml`'s.
    pub fn parameter(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let parameter = (name.into(), value.into());
        self.templates(|templates| templates.parameters.push(parameter))
    }

    /// Takes parameters from a file in a form that `aws cloudformation` reads.
    pub fn parameters_file(self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.templates(|templates| templates.parameters_files.push(path))
    }

    /// Leaves out the resource with this logical id, whatever is wrong with it.
    pub fn ignore(self, logical_id: impl Into<String>) -> Self {
        let logical_id = logical_id.into();
        self.templates(|templates| templates.ignored.push(logical_id))
    }

    /// Reads how services are run from this file, instead of a `local-env.toml` beside the template.
    pub fn project_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.0.sources.project_file = Some(path.into());
        self
    }

    /// Runs a program for the main container of a service, whatever `local-env.toml` says of it. The
    /// service is called by its name in Cloud Map or ECS, its logical id, or its image's repository.
    pub fn run(mut self, service: impl Into<String>, process: Process) -> Self {
        self.0.sources.processes.push(Given { service: service.into(), container: None, process });
        self
    }

    /// Runs a program for another container of a service than its main one.
    pub fn run_container(
        mut self,
        service: impl Into<String>,
        container: impl Into<String>,
        process: Process,
    ) -> Self {
        let (service, container) = (service.into(), Some(container.into()));
        self.0.sources.processes.push(Given { service, container, process });
        self
    }

    /// Runs so many tasks of a service instead of its desired count.
    pub fn scale(mut self, service: impl Into<String>, count: u32) -> Self {
        self.0.scale.push((service.into(), count));
        self
    }

    /// Publishes the listener with this port in AWS at `local`; 0 is any free port.
    pub fn publish(mut self, listener: u16, local: u16) -> Self {
        let (Ports::Free(chosen) | Ports::Usual(chosen)) = &mut self.0.ports;
        chosen.insert(listener, local);
        self
    }

    /// Publishes listeners where `local-env up` does: at their own ports, 8000 higher below 1024.
    pub fn usual_ports(mut self) -> Self {
        let (Ports::Free(chosen) | Ports::Usual(chosen)) = self.0.ports;
        self.0.ports = Ports::Usual(chosen);
        self
    }

    /// Publishes the listeners on this address instead of the loopback ones.
    pub fn bind(mut self, address: IpAddr) -> Self {
        self.0.settings.addresses = vec![address];
        self
    }

    /// Lets health checks and other waits take as long as in AWS, instead of a second for a minute.
    pub fn real_time(self) -> Self {
        self.clock(Clock::REAL)
    }

    /// Lets AWS's waits pass as fast as this clock says.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.0.settings.clock = clock;
        self
    }

    /// Answers names here.
    pub fn dns(mut self, address: SocketAddr) -> Self {
        self.0.settings.dns = address;
        self
    }

    /// Asks this resolver for names outside the stack's namespaces, instead of refusing them.
    pub fn dns_upstream(mut self, resolver: UpstreamAddress) -> Self {
        self.0.settings.dns_upstream = Some(resolver);
        self
    }

    /// Serves Cloud Map's API here.
    pub fn discovery(mut self, address: SocketAddr) -> Self {
        self.0.settings.discovery = Some(address);
        self
    }

    /// Serves the load balancers' metrics here, for Prometheus.
    pub fn metrics(mut self, address: SocketAddr) -> Self {
        self.0.settings.metrics = Some(address);
        self
    }

    /// Tells tasks of themselves here, as ECS's metadata endpoint does.
    pub fn task_metadata(mut self, address: SocketAddr) -> Self {
        self.0.settings.task_metadata = address;
        self
    }

    /// Appends a line for each request to this file; `-` is standard output.
    pub fn access_log(mut self, path: impl Into<PathBuf>, format: LogFormat) -> Self {
        self.0.settings.access_log = Some((path.into(), format));
        self
    }

    /// Says in a header of each answer which rule took the request, and why no other did.
    pub fn explain(mut self) -> Self {
        self.0.settings.explain = true;
        self
    }

    /// Keeps the certificate authority in this folder instead of the user's data folder.
    pub fn data_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.0.data_folder = Some(folder.into());
        self
    }

    /// Lets every client pass where a rule authenticates, which is not emulated.
    pub fn allow_unauthenticated(mut self) -> Self {
        self.0.sources.allowed.unauthenticated = true;
        self
    }

    /// Leaves out what is not emulated and would change what clients see.
    pub fn allow_partial(mut self) -> Self {
        self.0.sources.allowed.partial = true;
        self
    }

    /// Has the tasks run by another launcher, which is made on the environment's own thread. It gets
    /// where to send what becomes of its tasks, and what they say.
    pub fn launcher<L: Launcher + 'static>(
        mut self,
        make: impl FnOnce(mpsc::UnboundedSender<TaskEvent>, mpsc::Sender<OutputLine>) -> L
        + Send
        + 'static,
    ) -> Self {
        let make = |events, output| -> Box<dyn Launcher> { Box::new(make(events, output)) };
        self.0.launch = Launch::Custom(Box::new(make));
        self
    }

    /// Starts no task, but serves those that something else runs and that the resolver `tasks_from`
    /// knows by their services' names, as Docker Compose does.
    ///
    /// Such tasks may end before they can be drained, so that a request whose target takes no
    /// connection goes over to another one, which ALB never does.
    pub fn observing(mut self, tasks_from: SocketAddr) -> Self {
        self.0.settings.failing = Failing::GoesOver;
        self.0.launch = Launch::Observed { tasks_from };
        self
    }

    /// Takes all ports, and starts nothing yet.
    ///
    /// # Errors
    /// Tells what is wrong with the templates or `local-env.toml`, or which port is taken.
    pub async fn open(self) -> Result<Opened, Error> {
        Opened::open(self.0).await
    }

    /// Opens the environment, builds what `local-env.toml` says is to be built, and starts the tasks.
    ///
    /// # Errors
    /// Those of [`Builder::open`] and [`Opened::start`].
    pub async fn start(self) -> Result<LocalEnv, Error> {
        self.open().await?.start().await
    }

    fn templates(mut self, change: impl FnOnce(&mut Templates)) -> Self {
        if let Origin::Templates(templates) = &mut self.0.sources.origin {
            change(templates);
        }
        self
    }
}
