//! Rolling deployments under load: constant requests through the load balancer, of which none fails.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use clock::Clock;
use local_env::{Process, Status};
use stack::Stack;
use tokio::task::JoinSet;

use test_support::{client, model, running::Running, task::command};

/// Clients that ask as fast as they are answered.
const CLIENTS: usize = 8;

/// Constant requests, and what became of them.
struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    clients: JoinSet<Vec<String>>,
}

impl Load {
    fn start(url: &str) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            clients.spawn(ask(url.to_owned(), Arc::clone(&stop), Arc::clone(&answered)));
        }
        Self { stop, answered, clients }
    }

    /// How many were answered, and what went wrong.
    async fn end(self) -> (usize, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        let failed = self.clients.join_all().await.concat();
        (self.answered.load(Ordering::Relaxed), failed)
    }
}

async fn ask(url: String, stop: Arc<AtomicBool>, answered: Arc<AtomicUsize>) -> Vec<String> {
    let (client, mut failed) = (client(), Vec::new());
    while !stop.load(Ordering::Relaxed) {
        let answer = client.get(&url).timeout(Duration::from_secs(10)).send().await;
        let body = match answer.and_then(reqwest::Response::error_for_status) {
            Ok(answer) => answer.bytes().await,
            Err(error) => Err(error),
        };
        match body {
            Ok(_) => drop(answered.fetch_add(1, Ordering::Relaxed)),
            Err(error) => failed.push(format!("{error:?}")),
        }
    }
    failed
}

fn stack(count: u32, minimum: u32, maximum: u32) -> Stack {
    let mut stack = model::stack_with_web(7071, count);
    stack.services[0].minimum_healthy_percent = minimum;
    stack.services[0].maximum_percent = maximum;
    let attributes = &mut stack.target_groups[0].attributes;
    attributes.deregistration_delay = Duration::from_secs(30);
    stack
}

fn version(number: u32) -> Process {
    command("serve").env("VERSION", number.to_string())
}

async fn rolls_without_a_failure(stack: Stack) {
    let count = stack.services[0].desired_count as usize;
    let mut running = Running::of(Clock::DESK, stack, &[("web", version(1))]).await;
    let mut old = running.steady().await;
    let load = Load::start(&format!("{}/web", running.url));
    for revision in 2..5 {
        running.roll(&version(revision));
        let rolled = |status: &Status| {
            let tasks = &status.services[0].tasks;
            status.is_steady()
                && tasks.len() == count
                && tasks.iter().all(|task| old.iter().all(|before| before.id != task.id))
        };
        old = running.until("all tasks are new", rolled).await;
        let answer = running.ask().await;
        assert!(answer.contains(&format!("VERSION={revision}")), "{answer}");
    }
    let (answered, failed) = load.end().await;
    assert!(failed.is_empty(), "{} of {answered} failed: {:?}", failed.len(), failed.first());
    assert!(answered > 100, "{answered}");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tasks_are_rolled_and_no_request_fails() {
    rolls_without_a_failure(stack(2, 50, 200)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tasks_are_rolled_one_by_one_and_no_request_fails() {
    rolls_without_a_failure(stack(2, 50, 100)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_task_is_rolled_beside_the_old_one_and_no_request_fails() {
    rolls_without_a_failure(stack(1, 100, 200)).await;
}
