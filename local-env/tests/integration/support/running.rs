//! An environment at work, whose tasks are processes.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
};

use alb::Failing;
use clock::Clock;
use local_env::{
    ecs::{
        Command, CommandBook, Commands, ContainerCommand, Network, OutputLine, Surroundings,
        TaskLauncher,
    },
    environment::{Environment, Inbox, Notice, Settings, Status, StopSignal, TaskStatus, Update},
};
use nix::unistd::Pid;
use scheduler::{Revision, Stopped};
use stack::Stack;
use tokio::{
    sync::{mpsc, watch},
    task::{JoinHandle, LocalSet},
    time::timeout,
};

use super::{PATIENCE, client, model, task};

/// An environment at work with one service, `web`.
pub struct Running {
    pub url: String,
    pub dns: SocketAddr,
    pub status: watch::Receiver<Status>,
    pub notices: mpsc::UnboundedReceiver<Notice>,
    pub lines: mpsc::Receiver<OutputLine>,
    pub stop: StopSignal,
    pub stack: Stack,
    pub commands: CommandBook,
    updates: mpsc::UnboundedSender<Update>,
    ended: JoinHandle<()>,
}

/// How the containers of the service `web` are run.
pub fn commands(containers: &[(&str, Command)]) -> Commands {
    let run = |(name, command): &(&str, Command)| {
        let key = ("WebService".to_owned(), (*name).to_owned());
        (key, ContainerCommand::Run(command.clone()))
    };
    containers.iter().map(run).collect()
}

/// Runs a test where tasks can be started.
pub async fn locally(test: impl Future<Output = ()>) {
    LocalSet::new().run_until(test).await;
}

/// A variable of the environment that a task has answered with.
pub fn variable<'a>(environment: &'a str, name: &str) -> &'a str {
    let find = |line: &'a str| line.strip_prefix(name)?.strip_prefix('=');
    environment.lines().find_map(find).unwrap_or_else(|| panic!("no {name} in {environment}"))
}

/// The process of the task that has answered with its environment.
pub fn process_of(environment: &str) -> Pid {
    let address = variable(environment, "HOST");
    task::process_with("HOST", |host| host == address).expect("the task's process")
}

/// What any environment of a test is given.
pub fn settings(clock: Clock, data_folder: &Path) -> Settings {
    let loopback: SocketAddr = "127.0.0.1:0".parse().unwrap();
    Settings {
        clock,
        scale: BTreeMap::new(),
        publish: BTreeMap::from([(80, 0)]),
        addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        failing: Failing::IsTold,
        dns: loopback,
        dns_upstream: None,
        alias_addresses: Vec::new(),
        discovery: None,
        access_log: None,
        task_metadata: loopback,
        metrics: None,
        explain: false,
        data_folder: data_folder.to_owned(),
    }
}

impl Running {
    pub async fn start(count: u32, command: Command) -> Self {
        Self::start_at(Clock::REAL, count, command).await
    }

    pub async fn start_at(clock: Clock, count: u32, command: Command) -> Self {
        let stack = model::stack_with_web(7071, count);
        Self::of(clock, stack, commands(&[("web", command)])).await
    }

    pub async fn of(clock: Clock, mut stack: Stack, run: Commands) -> Self {
        for group in &mut stack.target_groups {
            group.health_check.interval *= clock.speed();
        }
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(clock, folder.path());
        let environment = Environment::open(stack.clone(), settings).await.unwrap();
        let (url, dns) = (environment.listeners()[0].url.clone(), environment.dns_address());
        let (status, stop) = (environment.status(), StopSignal::default());
        let (sender, notices) = mpsc::unbounded_channel();
        let (output, lines) = mpsc::channel(1000);
        let (updates, hear_updates) = mpsc::unbounded_channel();
        let commands = CommandBook::default();
        commands.add(Revision(1), run);
        let surroundings = Surroundings {
            commands: commands.clone(),
            clock,
            dns,
            region: "us-west-2".into(),
            network: Network::lease().unwrap(),
            docker: None,
            variables: Box::new(task::variables),
        };
        let run = environment.run(
            move |events| TaskLauncher::new(surroundings, events, output),
            sender,
            Inbox { updates: hear_updates, stop: stop.clone() },
        );
        let ended = tokio::task::spawn_local(async { run.await.unwrap() });
        Self { url, dns, status, notices, lines, stop, stack, commands, updates, ended }
    }

    pub async fn until(
        &mut self,
        what: &str,
        ready: impl FnMut(&Status) -> bool,
    ) -> Vec<TaskStatus> {
        let status = timeout(PATIENCE, self.status.wait_for(ready)).await;
        let status = status.unwrap_or_else(|_| panic!("never came: {what}")).unwrap();
        status.services[0].tasks.clone()
    }

    pub async fn steady(&mut self) -> Vec<TaskStatus> {
        self.until("a steady state", Status::is_steady).await
    }

    /// Waits until a task runs in the place of this one.
    pub async fn until_replaced(&mut self, before: &TaskStatus) {
        let replaced =
            |status: &Status| status.is_steady() && status.services[0].tasks[0].id != before.id;
        self.until("a replacement", replaced).await;
    }

    /// Rolls the service to this revision of the stack.
    pub fn roll(&self, revision: u32) {
        let (stack, rolled) = (self.stack.clone(), BTreeSet::from(["WebService".into()]));
        self.updates.send(Update { stack, revision: Revision(revision), rolled }).unwrap();
    }

    /// The environment of the task that answers.
    pub async fn ask(&self) -> String {
        let response = client().get(format!("{}/web", self.url)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    }

    /// Why the next task that ends did.
    pub async fn next_end(&mut self) -> Stopped {
        loop {
            let notice = timeout(PATIENCE, self.notices.recv()).await;
            if let Notice::Stopped { why, .. } = notice.expect("a task that ends").unwrap() {
                return why;
            }
        }
    }

    /// Waits for an event of the service with these words.
    pub async fn until_event(&mut self, words: &str) {
        loop {
            let notice = timeout(PATIENCE, self.notices.recv()).await;
            let notice = notice.unwrap_or_else(|_| panic!("never told: {words}")).unwrap();
            if matches!(notice, Notice::Event { message, .. } if message.contains(words)) {
                return;
            }
        }
    }

    pub async fn stopped(self) -> Vec<Notice> {
        timeout(PATIENCE, self.ended).await.expect("the environment ends").unwrap();
        let mut notices = self.notices;
        std::iter::from_fn(|| notices.try_recv().ok()).collect()
    }

    pub async fn end(self) {
        self.stop.gently.cancel();
        self.stopped().await;
    }
}
