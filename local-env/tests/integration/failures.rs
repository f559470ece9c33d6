//! What goes wrong with tasks, with real processes: each failure ends as ECS ends it, is told in its
//! words, and is mended.

use std::{net::TcpListener, sync::Arc};

use clock::Clock;
use local_env::{Notice, Process, Status};
use nix::sys::signal::{Signal, kill};
use scheduler::StopCode;
use stack::{Stack, TaskDefinition};

use test_support::{
    eventually, model,
    running::{Running, process_of, variable},
    task::{self, command},
};

fn stack_with(change: impl FnOnce(&mut Stack)) -> Stack {
    let mut stack = model::stack_with_web(7071, 1);
    change(&mut stack);
    stack
}

fn change_definition(stack: &mut Stack, change: impl FnOnce(&mut TaskDefinition)) {
    let mut definition = (*stack.services[0].task_definition).clone();
    change(&mut definition);
    stack.services[0].task_definition = Arc::new(definition);
}

#[tokio::test]
async fn a_task_that_is_killed_is_told_with_its_code_and_replaced() {
    let mut running = Running::start_at(Clock::DESK, 1, command("serve")).await;
    let before = running.steady().await;
    kill(process_of(&running.ask().await), Signal::SIGKILL).unwrap();
    let why = running.next_end().await;
    assert_eq!(why.code, StopCode::EssentialContainerExited);
    assert_eq!(why.to_string(), "Essential container in task exited (web: exit code 137, SIGKILL)");
    running.until_replaced(&before[0]).await;
    running.end().await;
}

#[tokio::test]
async fn a_task_that_hangs_is_replaced_once_its_health_check_times_out() {
    let stack = stack_with(|stack| {
        let check = &mut stack.target_groups[0].health_check;
        check.timeout = std::time::Duration::from_millis(300);
        check.unhealthy_threshold = 2;
        stack.services[0].health_check_grace_period = std::time::Duration::ZERO;
    });
    let run = &[("web", command("serve"))];
    let mut running = Running::of(Clock::DESK, stack, run).await;
    let before = running.steady().await;
    let hanging = process_of(&running.ask().await);
    kill(hanging, Signal::SIGSTOP).unwrap();
    running.until_event("due to (reason Request timed out)").await;
    let replaced = |status: &Status| {
        let tasks = &status.services[0].tasks;
        tasks.iter().any(|task| task.id != before[0].id && task.is_healthy())
    };
    running.until("a replacement", replaced).await;
    assert_eq!(running.ask().await.lines().filter(|it| it.starts_with("HOST=")).count(), 1);
    // A stopped process hears SIGTERM only when it goes on, so that it takes SIGKILL to end it.
    let why = running.next_end().await;
    assert!(why.reason.starts_with("Task failed ELB health checks in (target-group "), "{why}");
    assert_eq!(why.containers[0].exit_code, Some(137));
    eventually("the process is gone", || async { kill(hanging, None).is_err() }).await;
    running.end().await;
}

#[tokio::test]
async fn a_task_that_exits_at_once_is_started_again_for_ever_without_a_growing_wait() {
    let mut running = Running::start_at(Clock::DESK, 1, command("fail")).await;
    for _ in 0..4 {
        let why = running.next_end().await;
        assert_eq!(why.containers[0].exit_code, Some(3));
    }
    running.end().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_who_has_it() {
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let stack = model::stack_with_web(port, 1);
    let run = &[("web", command("serve"))];
    let mut running = Running::of(Clock::DESK, stack, run).await;
    let why = running.next_end().await;
    assert_eq!(why.code, StopCode::TaskFailedToStart);
    assert!(why.reason.contains(&format!("port {port} is taken")), "{why}");
    drop(taken);
    running.steady().await;
    running.end().await;
}

#[tokio::test]
async fn a_program_that_is_missing_is_tried_ever_more_slowly_and_that_is_told() {
    let missing = Process::new("/nowhere/web");
    let mut running = Running::start_at(Clock::DESK, 1, missing).await;
    running.until_event("is unable to consistently start tasks successfully.").await;
    running.end().await;
}

#[tokio::test]
async fn the_circuit_breaker_rolls_back_a_revision_that_does_not_start() {
    let stack = stack_with(|stack| {
        stack.services[0].circuit_breaker = Some(stack::CircuitBreaker {
            rollback: true,
            reset_on_healthy_task: true,
            threshold: stack::Threshold::Count(2),
        });
    });
    let run = &[("web", command("serve"))];
    let mut running = Running::of(Clock::DESK, stack, run).await;
    let before = running.steady().await;
    let missing = Process::new("/nowhere/web");
    running.roll(&missing);
    running.until_event("deployment failed: tasks failed to start.").await;
    running.until_event("rolling back to deployment ").await;
    running.until_event("has reached a steady state").await;
    let after = running.steady().await;
    assert_ne!(after[0].id, before[0].id, "a rollback is a deployment of its own");
    running.ask().await;
    running.end().await;
}

#[tokio::test]
async fn a_task_that_takes_more_memory_than_it_may_is_killed_for_it() {
    let stack = stack_with(|stack| {
        change_definition(stack, |definition| definition.containers[0].memory = Some(64));
    });
    let run = &[("web", command("hog"))];
    let mut running = Running::of(Clock::DESK, stack, run).await;
    let why = running.next_end().await;
    assert_eq!(why.code, StopCode::EssentialContainerExited);
    let container = &why.containers[0];
    assert_eq!(container.exit_code, Some(137));
    let reason = "OutOfMemoryError: Container killed due to memory usage";
    assert_eq!(container.reason.as_deref(), Some(reason));
    running.end().await;
}

#[tokio::test]
async fn a_failing_container_check_replaces_the_task_though_its_target_is_healthy() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("unwell");
    let line = format!("test $HOST = $(cat {} 2>/dev/null) && exit 1; exit 0", marker.display());
    let stack = stack_with(|stack| {
        stack.services[0].health_check_grace_period = std::time::Duration::ZERO;
        change_definition(stack, |definition| {
            definition.containers[0].health_check = Some(model::shell_check(&line));
        });
    });
    let run = &[("web", command("serve"))];
    let mut running = Running::of(Clock::DESK, stack, run).await;
    running.steady().await;
    std::fs::write(&marker, variable(&running.ask().await, "HOST")).unwrap();
    let why = running.next_end().await;
    assert_eq!(why.reason, "Task failed container health checks");
    running.steady().await;
    running.end().await;
}

#[tokio::test]
async fn limits_reach_the_process_and_one_that_cannot_be_had_is_told() {
    let limited = |soft, hard| {
        stack_with(|stack| {
            change_definition(stack, |definition| {
                let name = "nofile".to_owned();
                definition.containers[0].ulimits = vec![stack::Ulimit { name, soft, hard }];
            });
        })
    };
    let say = task::shell("ulimit -Sn; ulimit -Hn; sleep 60");
    let run = &[("web", say)];
    let mut running = Running::of(Clock::DESK, limited(100, 200), run).await;
    let said = [running.lines.recv().await, running.lines.recv().await];
    assert_eq!(said.map(|line| line.unwrap().text), ["100", "200"]);
    running.end().await;

    let mut running = Running::of(Clock::DESK, limited(200, 100), run).await;
    let why = running.next_end().await;
    assert_eq!(why.code, StopCode::TaskFailedToStart);
    running.end().await;
}

#[tokio::test]
async fn a_stopped_environment_leaves_no_process_though_tasks_are_draining() {
    let mut running = Running::start_at(Clock::DESK, 2, command("serve")).await;
    running.steady().await;
    let process = process_of(&running.ask().await);
    running.roll(&command("serve"));
    running
        .until("a new task beside the old ones", |status| status.services[0].tasks.len() > 2)
        .await;
    running.stop.gently.cancel();
    let ended = running.stopped().await;
    let stopped = ended.iter().filter(|it| matches!(it, Notice::Stopped { .. })).count();
    assert!(stopped >= 3, "{ended:?}");
    assert!(kill(process, None).is_err(), "the process is still there");
}
