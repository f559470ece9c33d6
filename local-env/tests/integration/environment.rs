//! The environment with real processes for tasks.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use local_env::{
    alb::Failing,
    clock::Clock,
    ecs::{Command, Network, OutputLine, ProcessLauncher, Stopped},
    environment::{Environment, Notice, Settings, Status, StopSignal, TaskStatus},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    sync::{mpsc, watch},
    task::{JoinHandle, LocalSet},
    time::timeout,
};

use crate::support::{PATIENCE, client, eventually, model, task};

/// An environment at work with one service, `web`.
struct Running {
    url: String,
    status: watch::Receiver<Status>,
    notices: mpsc::UnboundedReceiver<Notice>,
    lines: mpsc::Receiver<OutputLine>,
    stop: StopSignal,
    ended: JoinHandle<()>,
}

impl Running {
    async fn start(count: u32, command: Command) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            clock: Clock::REAL,
            scale: BTreeMap::new(),
            publish: BTreeMap::from([(80, 0)]),
            addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            failing: Failing::IsTold,
            dns: "127.0.0.1:0".parse().unwrap(),
            dns_upstream: None,
            discovery: None,
            access_log: None,
            metrics: None,
            explain: false,
            data_folder: folder.path().to_owned(),
        };
        let stack = model::stack_with_web(7071, count);
        let environment = Environment::open(stack, settings).await.unwrap();
        let (url, dns) = (environment.listeners()[0].url.clone(), environment.dns_address());
        let (status, stop) = (environment.status(), StopSignal::default());
        let (sender, notices) = mpsc::unbounded_channel();
        let (output, lines) = mpsc::channel(1000);
        let commands = HashMap::from([("WebService".to_owned(), command)]);
        let network = Network::lease().unwrap();
        let run = environment.run(
            move |events| {
                ProcessLauncher::new(commands, dns, "us-west-2".into(), network, events, output)
            },
            sender,
            stop.clone(),
        );
        let ended = tokio::task::spawn_local(async { run.await.unwrap() });
        Self { url, status, notices, lines, stop, ended }
    }

    async fn until(&mut self, what: &str, ready: impl FnMut(&Status) -> bool) -> Vec<TaskStatus> {
        let status = timeout(PATIENCE, self.status.wait_for(ready)).await;
        let status = status.unwrap_or_else(|_| panic!("never came: {what}")).unwrap();
        status.services[0].tasks.clone()
    }

    async fn steady(&mut self) -> Vec<TaskStatus> {
        self.until("a steady state", Status::is_steady).await
    }

    /// The environment of the task that answers.
    async fn ask(&self) -> String {
        let response = client().get(format!("{}/web", self.url)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    }

    async fn stopped(self) -> Vec<Notice> {
        timeout(PATIENCE, self.ended).await.expect("the environment ends").unwrap();
        let mut notices = self.notices;
        std::iter::from_fn(|| notices.try_recv().ok()).collect()
    }
}

/// Runs a test where tasks can be started.
async fn locally(test: impl Future<Output = ()>) {
    LocalSet::new().run_until(test).await;
}

fn variable<'a>(environment: &'a str, name: &str) -> &'a str {
    let find = |line: &'a str| line.strip_prefix(name)?.strip_prefix('=');
    environment.lines().find_map(find).unwrap_or_else(|| panic!("no {name} in {environment}"))
}

fn process_of(environment: &str) -> Pid {
    task::process_of(variable(environment, "ECS_TASK_ID")).expect("the task's process")
}

#[tokio::test]
async fn every_task_has_an_address_of_its_own_and_takes_its_turn() {
    locally(async {
        let mut running = Running::start(2, task::command("serve")).await;
        let tasks = running.steady().await;
        assert_ne!(tasks[0].address, tasks[1].address);
        let mut answered = BTreeSet::new();
        for _ in 0..4 {
            answered.insert(variable(&running.ask().await, "HOST").to_owned());
        }
        let expected = tasks.iter().map(|task| task.address.to_string()).collect();
        assert_eq!(answered, expected);
        running.stop.gently.cancel();
        running.stopped().await;
    })
    .await;
}

#[tokio::test]
async fn a_task_has_the_environment_of_its_definition_and_not_the_users() {
    locally(async {
        let mut command = task::command("serve");
        command.environment.push(("EXTRA".into(), "1".into()));
        let mut running = Running::start(1, command).await;
        running.steady().await;
        let environment = running.ask().await;
        for (name, value) in [
            ("GREETING", "hello"),
            ("PORT", "7071"),
            ("EXTRA", "1"),
            ("ECS_CLUSTER", "Services"),
            ("ECS_SERVICE", "Web"),
            ("ECS_TASK_FAMILY", "web-family"),
            ("AWS_REGION", "us-west-2"),
        ] {
            assert_eq!(variable(&environment, name), value, "{name}");
        }
        assert!(variable(&environment, "DNS_SERVER").starts_with("127.0.0.1:"));
        assert_eq!(variable(&environment, "ECS_TASK_ID").len(), 32);
        // Cargo sets this one for the tests themselves.
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        assert!(!environment.contains("CARGO_MANIFEST_DIR"), "{environment}");
        running.stop.gently.cancel();
        running.stopped().await;
    })
    .await;
}

#[tokio::test]
async fn a_killed_task_is_replaced_while_the_others_serve() {
    locally(async {
        let mut running = Running::start(2, task::command("serve")).await;
        let before = running.steady().await;
        let victim = running.ask().await;
        let gone = variable(&victim, "ECS_TASK_ID").to_owned();
        kill(process_of(&victim), Signal::SIGKILL).unwrap();
        let is_gone =
            |status: &Status| status.services[0].tasks.iter().all(|task| task.id.as_str() != gone);
        running.until("the task is gone", is_gone).await;
        for _ in 0..10 {
            assert_ne!(variable(&running.ask().await, "ECS_TASK_ID"), gone);
        }
        let after = running.steady().await;
        assert_eq!(after.len(), 2);
        assert!(before.iter().any(|task| after.contains(task)), "the other one stayed");
        running.stop.gently.cancel();
        let notices = running.stopped().await;
        let killed = |notice: &Notice| {
            matches!(notice, Notice::Stopped { why: Stopped::Signalled(9), expected: false, .. })
        };
        assert!(notices.iter().any(killed), "{notices:?}");
    })
    .await;
}

#[tokio::test]
async fn a_stop_ends_every_task_and_says_so() {
    locally(async {
        let mut running = Running::start(2, task::command("serve")).await;
        running.steady().await;
        let process = process_of(&running.ask().await);
        running.stop.gently.cancel();
        let notices = running.stopped().await;
        let ended = notices.iter().filter(|notice| {
            matches!(notice, Notice::Stopped { why: Stopped::Signalled(15), expected: true, .. })
        });
        assert_eq!(ended.count(), 2, "{notices:?}");
        assert!(kill(process, None).is_err(), "the process is still there");
    })
    .await;
}

#[tokio::test]
async fn what_a_task_says_is_passed_on_to_its_last_line() {
    locally(async {
        let mut running = Running::start(1, task::command("serve")).await;
        let id = running.steady().await[0].id.clone();
        running.stop.gently.cancel();
        let mut said = Vec::new();
        while let Some(line) = timeout(PATIENCE, running.lines.recv()).await.expect("the end") {
            assert_eq!(line.task.id, id);
            said.push(line.text);
        }
        assert!(said.iter().any(|line| line.ends_with("listening")), "{said:?}");
        running.stopped().await;
    })
    .await;
}

#[tokio::test]
async fn ecs_051_a_task_that_ignores_sigterm_is_killed_after_its_stop_timeout() {
    locally(async {
        let mut running = Running::start(1, task::command("deaf")).await;
        running.steady().await;
        running.stop.gently.cancel();
        let notices = running.stopped().await;
        let killed = |notice: &Notice| {
            matches!(notice, Notice::Stopped { why: Stopped::Signalled(9), expected: true, .. })
        };
        assert!(notices.iter().any(killed), "{notices:?}");
    })
    .await;
}

#[tokio::test]
async fn a_second_stop_waits_for_nobody() {
    locally(async {
        let mut running = Running::start(1, task::command("deaf")).await;
        running.steady().await;
        let process = process_of(&running.ask().await);
        running.stop.gently.cancel();
        running.stop.at_once.cancel();
        running.stopped().await;
        eventually("the process is gone", || async { kill(process, None).is_err() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_task_that_keeps_failing_is_started_again_and_its_code_told() {
    locally(async {
        let mut running = Running::start(1, task::command("fail")).await;
        let mut failures = 0;
        while failures < 2 {
            let notice = timeout(PATIENCE, running.notices.recv()).await.unwrap().unwrap();
            if let Notice::Stopped { why, .. } = notice {
                assert_eq!(why, Stopped::Exited(3));
                failures += 1;
            }
        }
        running.stop.gently.cancel();
        running.stopped().await;
    })
    .await;
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told_by_its_name() {
    locally(async {
        let command = Command { program: "/nowhere/web".into(), ..task::command("serve") };
        let mut running = Running::start(1, command).await;
        let notice = timeout(PATIENCE, running.notices.recv()).await.unwrap().unwrap();
        let Notice::Stopped { why: Stopped::FailedToStart(why), .. } = notice else {
            panic!("{notice:?}");
        };
        assert!(why.starts_with("/nowhere/web cannot be run: "), "{why}");
        running.stop.gently.cancel();
        running.stopped().await;
    })
    .await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_before_anything_is_started() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        clock: Clock::DESK,
        scale: BTreeMap::new(),
        publish: BTreeMap::from([(80, taken.local_addr().unwrap().port())]),
        addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        failing: Failing::IsTold,
        dns: "127.0.0.1:0".parse().unwrap(),
        dns_upstream: None,
        discovery: None,
        access_log: None,
        metrics: None,
        explain: false,
        data_folder: folder.path().to_owned(),
    };
    let stack = model::stack_with_web(7071, 1);
    let error = Environment::open(stack, settings).await.err().expect("an error");
    let expected = format!("cannot listen on {}", taken.local_addr().unwrap());
    assert_eq!(Arc::new(error).to_string(), expected);
}
