//! An environment at work, whose tasks are processes.

use std::path::Path;

use clock::Clock;
use local_env::{Builder, LocalEnv, Notice, OutputLine, Process, Status, StopSignal, TaskStatus};
use nix::unistd::Pid;
use scheduler::Stopped;
use stack::Stack;
use std::net::SocketAddr;
use tempfile::TempDir;
use tokio::{
    sync::{mpsc, watch},
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
    pub env: LocalEnv,
    _folder: TempDir,
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

/// An environment for a stack, on free ports and with nothing of the user's.
pub fn builder(stack: Stack, data_folder: &Path) -> Builder {
    LocalEnv::from_stack(stack).bind([127, 0, 0, 1].into()).data_folder(data_folder)
}

impl Running {
    pub async fn start(count: u32, process: Process) -> Self {
        Self::start_at(Clock::REAL, count, process).await
    }

    pub async fn start_at(clock: Clock, count: u32, process: Process) -> Self {
        Self::of(clock, model::stack_with_web(7071, count), &[("web", process)]).await
    }

    /// With these programs for the containers of the service `web`.
    pub async fn of(clock: Clock, mut stack: Stack, run: &[(&str, Process)]) -> Self {
        for group in &mut stack.target_groups {
            group.health_check.interval *= clock.speed();
        }
        let folder = tempfile::tempdir().unwrap();
        let mut builder = builder(stack, folder.path()).clock(clock);
        for (container, process) in run {
            builder = builder.run_container("WebService", *container, process.clone());
        }
        let mut opened = builder.open().await.unwrap();
        let (notices, lines) = (opened.notices(), opened.output());
        let env = opened.start().await.unwrap();
        Self {
            url: env.addresses().listeners[0].url.clone(),
            dns: env.addresses().dns,
            status: env.status(),
            notices,
            lines,
            stop: env.stop_signal(),
            env,
            _folder: folder,
        }
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

    /// Rolls the service to another program.
    pub fn roll(&self, process: &Process) {
        self.env.service("web").run(process).unwrap();
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
        let ended = timeout(PATIENCE, self.env.ended()).await;
        ended.expect("the environment ends").unwrap();
        let mut notices = self.notices;
        std::iter::from_fn(|| notices.try_recv().ok()).collect()
    }

    pub async fn end(self) {
        self.stop.gently.cancel();
        self.stopped().await;
    }
}
