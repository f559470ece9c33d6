//! Tasks of several containers, with real processes.

use std::{path::Path, sync::Arc, time::Duration};

use clock::Clock;
use local_env::Process;
use scheduler::StopCode;
use stack::{Container, Dependency, DependencyCondition, Stack, TaskDefinition};

use test_support::{
    model,
    running::Running,
    task::{command, shell},
};

/// The stack with one task of the container `web` and these.
fn stack_with(sidecars: Vec<Container>, depends_on: &[(&str, DependencyCondition)]) -> Stack {
    let mut stack = model::stack_with_web(7071, 1);
    let mut definition = TaskDefinition::clone(&stack.services[0].task_definition);
    definition.containers[0].depends_on = depends_on
        .iter()
        .map(|&(container, condition)| Dependency { container: container.into(), condition })
        .collect();
    definition.containers.extend(sidecars);
    stack.services[0].task_definition = Arc::new(definition);
    stack
}

fn sidecar(name: &str) -> Container {
    Container {
        essential: false,
        stop_timeout: Duration::from_secs(1),
        ..Container::new(name, name)
    }
}

/// What the containers have written into a file, one line each.
fn written(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Writes into the file when it starts and when it gets SIGTERM.
fn chronicler(name: &str, file: &Path) -> Process {
    let file = file.display();
    shell(&format!(
        "echo {name} starts >>{file}; trap 'echo {name} ends >>{file}; exit 0' TERM; \
         while :; do sleep 0.02; done"
    ))
}

#[tokio::test]
async fn containers_start_after_those_that_they_depend_on_and_stop_before_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chronicle");
    let mut first = sidecar("first");
    let ready = folder.path().join("ready");
    let mut check = model::shell_check(&format!("test -e {}", ready.display()));
    check.retries = 10_000;
    first.health_check = Some(check);
    let stack = stack_with(vec![first], &[("first", DependencyCondition::Healthy)]);
    let run = [("web", chronicler("web", &file)), ("first", chronicler("first", &file))];
    let running = Running::of(Clock::DESK, stack, &run).await;
    test_support::eventually("the first starts", || async { !written(&file).is_empty() }).await;
    assert_eq!(written(&file), ["first starts"]);
    std::fs::write(ready, "").unwrap();
    test_support::eventually("the other starts", || async { written(&file).len() == 2 }).await;
    running.end().await;
    assert_eq!(written(&file), ["first starts", "web starts", "web ends", "first ends"]);
}

#[tokio::test]
async fn a_container_that_prepares_the_others_ends_before_they_start() {
    let folder = tempfile::tempdir().unwrap();
    let prepared = folder.path().join("prepared");
    let stack = stack_with(vec![sidecar("prepare")], &[("prepare", DependencyCondition::Success)]);
    let prepare = shell(&format!("sleep 0.1; touch {}", prepared.display()));
    let run = [("web", command("serve")), ("prepare", prepare)];
    let mut running = Running::of(Clock::DESK, stack, &run).await;
    running.steady().await;
    assert!(prepared.exists());
    running.ask().await;
    running.end().await;
}

#[tokio::test]
async fn a_task_whose_preparation_fails_never_runs() {
    let stack = stack_with(vec![sidecar("prepare")], &[("prepare", DependencyCondition::Success)]);
    let run = [("web", command("serve")), ("prepare", shell("exit 1"))];
    let mut running = Running::of(Clock::DESK, stack, &run).await;
    let why = running.next_end().await;
    assert_eq!(why.code, StopCode::TaskFailedToStart);
    assert!(why.reason.contains("prepare did not come to be SUCCESS"), "{why}");
    let codes: Vec<_> = why.containers.iter().map(|it| it.exit_code).collect();
    assert_eq!(codes, [None, Some(1)]);
    running.end().await;
}

#[tokio::test]
async fn the_end_of_an_essential_container_ends_the_others_and_the_task_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let end = folder.path().join("end");
    let mut watchdog = sidecar("watchdog");
    watchdog.essential = true;
    let stack = stack_with(vec![watchdog], &[]);
    let wait = shell(&format!("while ! test -e {}; do sleep 0.02; done", end.display()));
    let run = [("web", command("serve")), ("watchdog", wait)];
    let mut running = Running::of(Clock::DESK, stack, &run).await;
    let before = running.steady().await;
    std::fs::write(&end, "").unwrap();
    let why = running.next_end().await;
    assert_eq!(why.code, StopCode::EssentialContainerExited);
    let codes: Vec<_> = why.containers.iter().map(|it| it.exit_code).collect();
    assert_eq!(codes, [Some(143), Some(0)]);
    std::fs::remove_file(end).unwrap();
    running.until_replaced(&before[0]).await;
    running.end().await;
}

#[tokio::test]
async fn the_end_of_another_container_changes_nothing() {
    let stack = stack_with(vec![sidecar("greeter")], &[]);
    let run = [("web", command("serve")), ("greeter", shell("echo hello; exit 1"))];
    let mut running = Running::of(Clock::DESK, stack, &run).await;
    let tasks = running.steady().await;
    let line = loop {
        let line = running.lines.recv().await.unwrap();
        if line.container == 1 {
            break line;
        }
    };
    assert_eq!((line.text.as_str(), &line.task.id), ("hello", &tasks[0].id));
    running.ask().await;
    assert_eq!(running.steady().await, tasks);
    running.end().await;
}
