//! The environment with real processes for tasks.

use std::{collections::BTreeSet, net::Ipv4Addr};

use clock::Clock;
use local_env::{Notice, Process, Status};
use nix::sys::signal::{Signal, kill};
use scheduler::StopCode;
use tokio::time::timeout;

use test_support::{
    PATIENCE, eventually, model,
    running::{Running, builder, process_of, variable},
    task,
};

/// Whether a task's only container ended with this code, and as it was asked to or not.
fn ended_with(notice: &Notice, code: i32, asked: bool) -> bool {
    let Notice::Stopped { why, expected, .. } = notice else { return false };
    why.containers[0].exit_code == Some(code) && *expected == asked
}

#[tokio::test]
async fn every_task_has_an_address_of_its_own_and_takes_its_turn() {
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
}

#[tokio::test]
async fn a_task_has_the_environment_of_its_definition_and_not_the_users() {
    let command = task::command("serve").env("EXTRA", "1");
    let mut running = Running::start(1, command).await;
    running.steady().await;
    let environment = running.ask().await;
    for (name, value) in
        [("GREETING", "hello"), ("PORT", "7071"), ("EXTRA", "1"), ("AWS_REGION", "us-west-2")]
    {
        assert_eq!(variable(&environment, name), value, "{name}");
    }
    assert!(variable(&environment, "DNS_SERVER").starts_with("127.0.0.1:"));
    // Cargo sets this one for the tests themselves.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    assert!(!environment.contains("CARGO_MANIFEST_DIR"), "{environment}");
    running.stop.gently.cancel();
    running.stopped().await;
}

#[tokio::test]
async fn a_killed_task_is_replaced_while_the_others_serve() {
    let mut running = Running::start_at(Clock::DESK, 2, task::command("serve")).await;
    let before = running.steady().await;
    let victim = running.ask().await;
    let gone: Ipv4Addr = variable(&victim, "HOST").parse().unwrap();
    kill(process_of(&victim), Signal::SIGKILL).unwrap();
    let is_gone =
        |status: &Status| status.services[0].tasks.iter().all(|task| task.address != gone);
    running.until("the task is gone", is_gone).await;
    for _ in 0..10 {
        assert_ne!(variable(&running.ask().await, "HOST"), gone.to_string());
    }
    let after = running.steady().await;
    assert_eq!(after.len(), 2);
    assert!(before.iter().any(|task| after.contains(task)), "the other one stayed");
    running.stop.gently.cancel();
    let notices = running.stopped().await;
    let killed = |notice: &Notice| ended_with(notice, 137, false);
    assert!(notices.iter().any(killed), "{notices:?}");
}

#[tokio::test]
async fn a_stop_ends_every_task_and_says_so() {
    let mut running = Running::start(2, task::command("serve")).await;
    running.steady().await;
    let process = process_of(&running.ask().await);
    running.stop.gently.cancel();
    let notices = running.stopped().await;
    let ended = notices.iter().filter(|notice| ended_with(notice, 143, true));
    assert_eq!(ended.count(), 2, "{notices:?}");
    assert!(kill(process, None).is_err(), "the process is still there");
}

#[tokio::test]
async fn what_a_task_says_is_passed_on_to_its_last_line() {
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
}

#[tokio::test]
async fn ecs_051_a_task_that_ignores_sigterm_is_killed_after_its_stop_timeout() {
    let mut running = Running::start(1, task::command("deaf")).await;
    running.steady().await;
    running.stop.gently.cancel();
    let notices = running.stopped().await;
    let killed = |notice: &Notice| ended_with(notice, 137, true);
    assert!(notices.iter().any(killed), "{notices:?}");
}

#[tokio::test]
async fn a_second_stop_waits_for_nobody() {
    let mut running = Running::start(1, task::command("deaf")).await;
    running.steady().await;
    let process = process_of(&running.ask().await);
    running.stop.gently.cancel();
    running.stop.at_once.cancel();
    running.stopped().await;
    eventually("the process is gone", || async { kill(process, None).is_err() }).await;
}

#[tokio::test]
async fn a_task_that_keeps_failing_is_started_again_and_its_code_told() {
    let mut running = Running::start_at(Clock::DESK, 1, task::command("fail")).await;
    let mut failures = 0;
    while failures < 2 {
        let notice = timeout(PATIENCE, running.notices.recv()).await.unwrap().unwrap();
        if let Notice::Stopped { why, .. } = notice {
            assert_eq!(why.code, StopCode::EssentialContainerExited);
            assert_eq!(why.containers[0].exit_code, Some(3));
            failures += 1;
        }
    }
    running.stop.gently.cancel();
    running.stopped().await;
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told_by_its_name() {
    let mut running = Running::start(1, Process::new("/nowhere/web")).await;
    let why = loop {
        let notice = timeout(PATIENCE, running.notices.recv()).await.unwrap().unwrap();
        if let Notice::Stopped { why, .. } = notice {
            break why;
        }
    };
    assert_eq!(why.code, StopCode::TaskFailedToStart);
    let expected = "CannotStartContainerError: /nowhere/web cannot be run: ";
    assert!(why.reason.starts_with(expected), "{why}");
    running.stop.gently.cancel();
    running.stopped().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_before_anything_is_started() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let builder = builder(model::stack_with_web(7071, 1), folder.path());
    let builder = builder.run("web", task::command("serve"));
    let port = taken.local_addr().unwrap().port();
    let error = builder.publish(80, port).open().await.err().expect("an error");
    assert_eq!(error.to_string(), format!("cannot listen on 127.0.0.1:{port}"));
}

#[tokio::test]
async fn the_listeners_of_two_load_balancers_have_a_port_each() {
    let folder = tempfile::tempdir().unwrap();
    let mut stack = model::stack_with_web(7071, 1);
    stack.load_balancers.push(stack.load_balancers[0].clone());
    // Somebody may take the port, or the one behind it, at any moment.
    for _ in 0..20 {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let builder = builder(stack.clone(), folder.path()).run("web", task::command("serve"));
        let Ok(opened) = builder.publish(80, free).open().await else { continue };
        let urls: Vec<_> = opened.addresses().listeners.iter().map(|it| it.url.clone()).collect();
        let expected = [free, free + 1].map(|port| format!("http://localhost:{port}"));
        assert_eq!(urls, expected);
        return;
    }
    panic!("it never had two ports in a row");
}
