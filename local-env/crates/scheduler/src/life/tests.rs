//! A task's life, step by step.

use std::time::Duration;

use super::*;
use stack::{ContainerHealthCheck, Dependency, DependencyCondition, HealthCommand, RestartPolicy};

const SECOND: Duration = Duration::from_secs(1);

struct World {
    life: TaskLife,
    now: Instant,
}

impl World {
    fn new(containers: Vec<Container>) -> Self {
        let definition = Arc::new(TaskDefinition::new("web", containers));
        Self { life: TaskLife::new(definition, Clock::REAL, |_| false), now: Instant::now() }
    }

    /// One container, running.
    fn one(change: impl FnOnce(&mut Container)) -> Self {
        let mut container = Container::new("web", "web");
        change(&mut container);
        let mut world = Self::new(vec![container]);
        world.advance();
        world
    }

    /// What is to be done; containers that are to start do so at once.
    fn advance(&mut self) -> Vec<Order> {
        let mut orders = Vec::new();
        loop {
            let next = self.life.advance(self.now);
            if next.is_empty() {
                return orders;
            }
            for order in &next {
                if let Order::Start(index) = order {
                    self.life.note(ContainerEvent::Started(*index), self.now);
                }
            }
            orders.extend(next);
        }
    }

    fn exit(&mut self, index: usize, code: i32) -> Vec<Order> {
        self.life.note(ContainerEvent::Exited(index, Exit { code, reason: None }), self.now);
        self.advance()
    }

    fn check(&mut self, index: usize, passed: bool) -> Vec<Order> {
        self.life.note(ContainerEvent::Checked(index, passed), self.now);
        self.advance()
    }

    /// Goes to when the next thing is due; how long that took.
    fn wake(&mut self) -> Duration {
        let wake = self.life.next_wake().unwrap();
        let waited = wake - self.now;
        self.now = wake;
        waited
    }

    fn code(orders: &[Order]) -> Option<StopCode> {
        orders.iter().find_map(|order| match order {
            Order::TellStopped(stopped) => Some(stopped.code),
            _ => None,
        })
    }
}

fn container(name: &str, essential: bool, depends_on: &[(&str, DependencyCondition)]) -> Container {
    let dependency = |&(container, condition): &(&str, DependencyCondition)| Dependency {
        container: container.to_owned(),
        condition,
    };
    Container {
        essential,
        depends_on: depends_on.iter().map(dependency).collect(),
        ..Container::new(name, name)
    }
}

fn checked(mut container: Container, start_period: u64) -> Container {
    container.health_check = Some(ContainerHealthCheck {
        command: HealthCommand::Shell("true".into()),
        interval: 30 * SECOND,
        timeout: 5 * SECOND,
        retries: 3,
        start_period: Duration::from_secs(start_period),
    });
    container
}

#[test]
fn a_task_runs_once_all_its_containers_have_started() {
    let mut world = World::new(vec![
        container("a", true, &[]),
        container("b", true, &[("a", DependencyCondition::Start)]),
    ]);
    let expected = [Order::Start(0), Order::Start(1), Order::TellRunning];
    assert_eq!(world.advance(), expected);
}

#[test]
fn ecs_051_a_process_that_ignores_the_signal_is_killed_after_its_stop_timeout() {
    for (timeout, expected) in [(None, 30), (Some(5), 5)] {
        let mut world = World::one(|container| {
            if let Some(timeout) = timeout {
                container.stop_timeout = Duration::from_secs(timeout);
            }
        });
        world.life.stop(StopReason::new(StopCode::UserInitiated, "Task stopped by user"));
        assert_eq!(world.advance(), [Order::Signal(0)]);
        assert_eq!(world.wake(), Duration::from_secs(expected));
        assert_eq!(world.advance(), [Order::Kill(0)]);
        let orders = world.exit(0, 137);
        let [Order::TellStopped(stopped)] = orders.as_slice() else { panic!("{orders:?}") };
        assert_eq!(stopped.reason, "Task stopped by user");
        assert_eq!(stopped.containers[0].exit_code, Some(137));
    }
}

#[test]
fn ecs_053_an_essential_container_ends_its_task_whatever_its_exit_code() {
    let containers = || vec![container("a", true, &[]), container("b", true, &[])];
    for code in [0, 1] {
        let mut world = World::new(containers());
        world.advance();
        assert_eq!(world.exit(0, code), [Order::Signal(1)]);
        let orders = world.exit(1, 143);
        assert_eq!(World::code(&orders), Some(StopCode::EssentialContainerExited));
    }
}

#[test]
fn ecs_053_a_container_that_is_not_essential_just_ends() {
    let mut world = World::new(vec![container("a", true, &[]), container("b", false, &[])]);
    world.advance();
    assert_eq!(world.exit(1, 1), []);
    assert_eq!(world.life.containers()[1].exit_code, Some(1));
}

#[test]
fn ecs_054_what_needs_the_success_of_a_container_that_fails_never_starts() {
    let depends = [("a", DependencyCondition::Success)];
    let mut world = World::new(vec![container("a", false, &[]), container("b", true, &depends)]);
    assert_eq!(world.advance(), [Order::Start(0)]);
    let orders = world.exit(0, 1);
    assert_eq!(World::code(&orders), Some(StopCode::TaskFailedToStart));
    assert_eq!(world.life.containers()[1].exit_code, None);

    let mut world = World::new(vec![container("a", false, &[]), container("b", true, &depends)]);
    world.advance();
    assert_eq!(world.exit(0, 0), [Order::Start(1), Order::TellRunning]);
}

#[test]
fn what_needs_the_end_of_a_container_starts_after_any_exit() {
    let depends = [("a", DependencyCondition::Complete)];
    let mut world = World::new(vec![container("a", false, &[]), container("b", true, &depends)]);
    assert_eq!(world.advance(), [Order::Start(0)]);
    assert_eq!(world.exit(0, 1), [Order::Start(1), Order::TellRunning]);
}

#[test]
fn ecs_055_what_needs_a_healthy_container_starts_after_its_first_passing_check() {
    let depends = [("a", DependencyCondition::Healthy)];
    let mut world =
        World::new(vec![checked(container("a", true, &[]), 0), container("b", true, &depends)]);
    assert_eq!(world.advance(), [Order::Start(0)]);
    world.wake();
    assert_eq!(world.advance(), [Order::Check(0)]);
    assert_eq!(world.check(0, false), []);
    world.wake();
    world.advance();
    let orders = world.check(0, true);
    assert!(orders.contains(&Order::Start(1)), "{orders:?}");
    world.life.stop(StopReason::new(StopCode::UserInitiated, "enough"));
    assert_eq!(world.advance(), [Order::Signal(1)], "b before a");
    assert_eq!(world.exit(1, 0), [Order::Signal(0)]);
}

#[test]
fn a_container_that_is_not_healthy_in_time_ends_the_task() {
    let depends = [("a", DependencyCondition::Healthy)];
    let mut first = checked(container("a", true, &[]), 0);
    first.start_timeout = Some(20 * SECOND);
    let mut world = World::new(vec![first, container("b", true, &depends)]);
    world.advance();
    assert_eq!(world.wake(), 20 * SECOND);
    assert_eq!(world.advance(), [Order::Signal(0)]);
    let orders = world.exit(0, 143);
    assert_eq!(World::code(&orders), Some(StopCode::TaskFailedToStart));
}

#[test]
fn ecs_056_a_check_every_thirty_seconds_and_unhealthy_after_three_failures_in_a_row() {
    let mut world = World::new(vec![checked(container("a", true, &[]), 0)]);
    world.advance();
    for passed in [false, false, true, false, false] {
        assert_eq!(world.wake(), 30 * SECOND);
        assert_eq!(world.advance(), [Order::Check(0)]);
        assert_eq!(world.life.next_wake(), None, "one check at a time");
        let told = world.check(0, passed);
        assert!(!told.contains(&Order::TellHealth(HealthStatus::Unhealthy)), "{told:?}");
    }
    world.wake();
    world.advance();
    assert_eq!(world.check(0, false), [Order::TellHealth(HealthStatus::Unhealthy)]);
}

#[test]
fn ecs_057_in_the_start_period_failures_do_not_count_until_a_check_has_passed() {
    let mut world = World::new(vec![checked(container("a", true, &[]), 600)]);
    world.advance();
    let step = |world: &mut World, passed| {
        world.wake();
        world.advance();
        world.check(0, passed)
    };
    for _ in 0..5 {
        assert_eq!(step(&mut world, false), []);
    }
    assert_eq!(step(&mut world, true), [Order::TellHealth(HealthStatus::Healthy)]);
    assert_eq!(step(&mut world, false), []);
    assert_eq!(step(&mut world, false), []);
    assert_eq!(step(&mut world, false), [Order::TellHealth(HealthStatus::Unhealthy)]);
}

#[test]
fn ecs_058_without_a_check_in_the_task_definition_health_is_unknown() {
    let mut world = World::new(vec![container("a", true, &[])]);
    assert_eq!(world.advance(), [Order::Start(0), Order::TellRunning]);
    assert_eq!(world.life.next_wake(), None);
    assert_eq!(world.life.containers()[0].health, None);
}

#[test]
fn ecs_059_a_container_that_ran_long_enough_restarts_in_its_task() {
    let restarting = |container: &mut Container| {
        let attempt_period = 60 * SECOND;
        container.restart_policy =
            Some(RestartPolicy { ignored_exit_codes: vec![0], attempt_period });
    };
    let mut world = World::one(restarting);
    world.now += 90 * SECOND;
    assert_eq!(world.exit(0, 1), [Order::Start(0)]);
    assert_eq!(world.life.containers()[0].restarts, Some(1));
    world.now += 10 * SECOND;
    let orders = world.exit(0, 1);
    assert_eq!(World::code(&orders), Some(StopCode::EssentialContainerExited));

    let mut world = World::one(restarting);
    world.now += 90 * SECOND;
    let orders = world.exit(0, 0);
    assert_eq!(World::code(&orders), Some(StopCode::EssentialContainerExited), "0 is ignored");
}

#[test]
fn a_container_that_cannot_start_ends_the_task_before_it_ran() {
    let mut world = World::new(vec![container("a", true, &[])]);
    assert_eq!(world.life.advance(world.now), [Order::Start(0)]);
    world.life.note(ContainerEvent::CannotStart(0, "no such file".into()), world.now);
    let orders = world.advance();
    let [Order::TellStopped(stopped)] = orders.as_slice() else { panic!("{orders:?}") };
    assert_eq!(stopped.code, StopCode::TaskFailedToStart);
    assert_eq!(stopped.to_string(), "CannotStartContainerError: no such file (a)");
}

#[test]
fn a_container_that_is_left_out_keeps_nobody_waiting() {
    let depends = [("a", DependencyCondition::Healthy)];
    let containers = vec![container("a", false, &[]), container("b", true, &depends)];
    let definition = Arc::new(TaskDefinition::new("web", containers));
    let mut world = World {
        life: TaskLife::new(definition, Clock::REAL, |it| it.name == "a"),
        now: Instant::now(),
    };
    assert_eq!(world.advance(), [Order::Start(1), Order::TellRunning]);
    world.life.stop(StopReason::new(StopCode::UserInitiated, "enough"));
    assert_eq!(world.advance(), [Order::Signal(1)]);
}
