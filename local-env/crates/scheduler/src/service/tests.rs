//! The scheduler, step by step.

use std::{sync::Arc, time::Duration};

use super::*;
use stack::{
    Arn, CircuitBreaker, Container, Service, ServiceLoadBalancer, TaskDefinition, Threshold,
};

/// AWS's own.
fn pace() -> Pace {
    Pace::of(|aws| aws)
}

/// A service, its scheduler, and the time.
struct World {
    service: Service,
    scheduler: Scheduler,
    now: Instant,
    told: Vec<Happening>,
}

impl World {
    /// A service behind a load balancer.
    fn new(desired: u32, minimum: u32, maximum: u32) -> Self {
        Self::of(|service| {
            service.desired_count = desired;
            service.minimum_healthy_percent = minimum;
            service.maximum_percent = maximum;
        })
    }

    fn of(change: impl FnOnce(&mut Service)) -> Self {
        let definition = TaskDefinition::new("web", vec![Container::new("web", "web")]);
        let mut service = Service::new("web", Arc::new(definition));
        let (target_group, container_name) = (Arn::from("web"), "web".to_owned());
        let entry = ServiceLoadBalancer { target_group, container_name, container_port: 80 };
        service.load_balancers.push(entry);
        change(&mut service);
        let policy = ServicePolicy::of(&service, pace());
        let scheduler = Scheduler::new(policy, Revision(1), DeploymentId::of(1));
        Self { service, scheduler, now: Instant::now(), told: Vec::new() }
    }

    fn decide(&mut self) -> Plan {
        let plan = self.scheduler.decide(self.now, TaskId::random);
        self.told.extend(&plan.happenings);
        plan
    }

    /// Starts what is to be started, all of it running at once.
    fn start(&mut self) -> Vec<TaskId> {
        let started: Vec<_> = self.decide().start.into_iter().map(|it| it.task).collect();
        for id in &started {
            self.scheduler.note_running(id, self.now);
        }
        started
    }

    fn healthy(&mut self, tasks: &[TaskId]) {
        for id in tasks {
            self.scheduler.note_target_health(id, HealthStatus::Healthy);
        }
    }

    fn unhealthy(&mut self, tasks: &[TaskId]) {
        for id in tasks {
            self.scheduler.note_target_health(id, HealthStatus::Unhealthy);
        }
    }

    /// What is to be stopped now; it ends at once.
    fn stop(&mut self) -> Vec<TaskId> {
        let stopped: Vec<_> = self.decide().stop.into_iter().map(|it| it.task).collect();
        for id in &stopped {
            assert!(self.scheduler.note_stopped(id, self.now));
        }
        stopped
    }

    /// A service that has come up.
    fn steady(mut self) -> (Self, Vec<TaskId>) {
        let tasks = self.start();
        self.healthy(&tasks);
        self.decide();
        assert!(self.scheduler.is_steady());
        (self, tasks)
    }

    fn breaker(rollback: bool, desired: u32) -> Self {
        let threshold = Threshold::BoundedPercent(50);
        Self::of(|service| {
            service.desired_count = desired;
            service.circuit_breaker =
                Some(CircuitBreaker { rollback, reset_on_healthy_task: true, threshold });
        })
    }

    /// Lets tasks fail to start until no more are started; how many there were.
    fn fail_until_given_up(&mut self) -> u32 {
        let mut failed = 0;
        loop {
            let plan = self.decide();
            let Some(PlannedStart { task: id, .. }) = plan.start.first() else {
                match plan.wake {
                    Some(wake) => self.now = wake,
                    None => return failed,
                }
                continue;
            };
            for other in &plan.start[1..] {
                self.scheduler.tasks.remove(&other.task);
            }
            self.scheduler.note_stopped(id, self.now);
            failed += 1;
        }
    }
}

#[test]
fn a_new_service_starts_its_desired_count_at_once() {
    let mut world = World::new(3, 100, 200);
    assert_eq!(world.start().len(), 3);
    assert_eq!(world.decide(), Plan::default());
}

#[test]
fn ecs_060_a_service_is_one_task_unless_it_says_so_and_scaling_is_no_deployment() {
    let mut world = World::of(|_| {});
    let first = world.start();
    assert_eq!(first.len(), 1);
    world.healthy(&first);
    let deployments = world.scheduler.deployments().to_vec();
    world.scheduler.scale(3);
    assert_eq!(world.start().len(), 2);
    assert_eq!(world.scheduler.deployments()[0].id, deployments[0].id);
    assert_eq!(world.scheduler.deployments().len(), 1);
}

#[test]
fn ecs_061_one_task_is_replaced_by_a_second_that_is_healthy_first() {
    let (mut world, old) = World::new(1, 100, 200).steady();
    world.scheduler.deploy(Revision(2));
    let new = world.start();
    assert_eq!(new.len(), 1);
    assert_eq!(world.stop(), []);
    world.healthy(&new);
    assert_eq!(world.stop(), old);
}

#[test]
fn ecs_061_without_room_for_a_second_the_old_task_stops_before_the_new_one_starts() {
    let (mut world, old) = World::new(1, 0, 100).steady();
    world.scheduler.deploy(Revision(2));
    let plan = world.decide();
    assert_eq!(plan.start, []);
    assert_eq!(plan.stop[0].task, old[0]);
    assert_eq!(world.start().len(), 0, "the old one still runs");
    world.scheduler.note_stopped(&old[0], world.now);
    assert_eq!(world.start().len(), 1);
}

#[test]
fn ecs_062_four_tasks_are_replaced_two_by_two() {
    let (mut world, _) = World::new(4, 50, 100).steady();
    world.scheduler.deploy(Revision(2));
    assert_eq!(world.stop().len(), 2);
    let new = world.start();
    assert_eq!(new.len(), 2);
    assert_eq!(world.stop(), [], "only two are healthy");
    world.healthy(&new);
    assert_eq!(world.stop().len(), 2);
    assert_eq!(world.start().len(), 2);
}

#[test]
fn ecs_062_bounds_that_leave_no_room_are_told_of_once() {
    let (mut world, _) = World::new(2, 75, 100).steady();
    world.scheduler.deploy(Revision(2));
    world.told.clear();
    for _ in 0..3 {
        assert_eq!(world.decide().stop, []);
    }
    assert_eq!(world.told, [Happening::Stuck]);
}

#[test]
fn ecs_063_a_task_that_nothing_checks_counts_as_healthy_after_forty_seconds() {
    let mut world = World::of(|service| service.load_balancers.clear());
    world.start();
    let plan = world.decide();
    assert_eq!(plan.wake, Some(world.now + Duration::from_secs(40)));
    assert!(!world.scheduler.is_steady());
    world.now += Duration::from_secs(40);
    world.decide();
    assert!(world.scheduler.is_steady());
}

#[test]
fn ecs_065_an_unhealthy_task_stops_once_its_replacement_is_healthy() {
    let (mut world, tasks) = World::new(2, 100, 200).steady();
    world.unhealthy(&tasks[..1]);
    let replacement = world.start();
    assert_eq!(replacement.len(), 1);
    assert_eq!(world.stop(), []);
    world.healthy(&replacement);
    let plan = world.decide();
    assert_eq!(
        plan.stop,
        [PlannedStop { task: tasks[0].clone(), cause: StopCause::TargetUnhealthy }]
    );
}

#[test]
fn ecs_065_for_each_healthy_replacement_one_unhealthy_task_stops() {
    let (mut world, tasks) = World::new(2, 100, 200).steady();
    world.unhealthy(&tasks);
    let replacements = world.start();
    assert_eq!(replacements.len(), 2);
    world.healthy(&replacements[..1]);
    assert_eq!(world.stop().len(), 1);
    assert_eq!(world.stop(), []);
    world.healthy(&replacements[1..]);
    assert_eq!(world.stop().len(), 1);
}

#[test]
fn ecs_065_without_room_the_unhealthy_task_stops_first() {
    let (mut world, tasks) = World::new(2, 50, 100).steady();
    world.unhealthy(&tasks);
    assert_eq!(world.decide().stop.len(), 1, "one by one");
    let plan = world.decide();
    assert_eq!((plan.start.len(), plan.stop.len()), (0, 0), "the first has not ended");
    let first = tasks.iter().find(|id| world.scheduler.tasks[*id].stopping).unwrap();
    world.scheduler.note_stopped(first, world.now);
    assert_eq!(world.start().len(), 1);
}

#[test]
fn ecs_066_in_the_grace_period_failing_checks_stop_nothing() {
    let mut world = World::of(|service| {
        service.health_check_grace_period = Duration::from_secs(60);
    });
    let tasks = world.start();
    world.unhealthy(&tasks);
    let plan = world.decide();
    assert_eq!((plan.start.len(), plan.stop.len()), (0, 0));
    assert_eq!(plan.wake, Some(world.now + Duration::from_secs(60)));
    world.now += Duration::from_secs(60);
    assert_eq!(world.start().len(), 1, "a replacement");
}

#[test]
fn ecs_067_tasks_that_never_run_are_started_ever_more_slowly() {
    let mut world = World::new(1, 100, 200);
    let mut waits = Vec::new();
    for _ in 0..13 {
        let id = world.decide().start[0].task.clone();
        world.scheduler.note_stopped(&id, world.now);
        let wake = world.decide().wake.unwrap();
        waits.push((wake - world.now).as_secs());
        world.now = wake;
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1620, 1620]);
    assert_eq!(world.told, [Happening::CannotStart]);
    let id = world.decide().start[0].task.clone();
    world.scheduler.note_stopped(&id, world.now);
    world.scheduler.deploy(Revision(2));
    assert_eq!(world.start().len(), 1, "a new deployment waits for nothing");
}

#[test]
fn ecs_068_a_task_that_exits_at_once_is_restarted_without_throttle() {
    let mut world = World::new(1, 100, 200);
    for _ in 0..100 {
        let [id] = world.start().try_into().unwrap();
        world.scheduler.note_stopped(&id, world.now);
        let wake = world.decide().wake.unwrap();
        assert_eq!(wake - world.now, pace().start_up);
        world.now = wake;
    }
    assert_eq!(world.told, []);
}

#[test]
fn a_task_that_lived_longer_than_one_takes_to_start_is_replaced_at_once() {
    let (mut world, tasks) = World::new(1, 100, 200).steady();
    world.now += pace().start_up;
    assert!(!world.scheduler.note_stopped(&tasks[0], world.now));
    assert_eq!(world.start().len(), 1);
}

#[test]
fn ecs_069_a_deployment_is_given_up_after_so_many_tasks_that_never_ran() {
    for (desired, expected) in [(1, 3), (25, 13), (800, 200)] {
        let mut world = World::breaker(false, desired);
        assert_eq!(world.fail_until_given_up(), expected);
        let given_up = &world.scheduler.deployments()[0];
        assert_eq!(given_up.rollout, Rollout::Failed);
        assert_eq!(given_up.reason(), "ECS deployment circuit breaker: tasks failed to start.");
    }
}

#[test]
fn ecs_070_a_task_that_turns_healthy_starts_the_count_anew() {
    let mut world = World::breaker(false, 2);
    for _ in 0..10 {
        let [first, second] = world.start().try_into().unwrap();
        world.scheduler.note_stopped(&first, world.now);
        world.healthy(std::slice::from_ref(&second));
        world.decide();
        world.scheduler.note_stopped(&second, world.now);
        world.now += pace().start_up;
    }
    assert_eq!(world.scheduler.deployments()[0].rollout, Rollout::InProgress);
}

#[test]
fn ecs_071_a_failed_deployment_is_rolled_back_to_the_last_completed_one() {
    let (mut world, old) = World::breaker(true, 1).steady();
    world.scheduler.deploy(Revision(2));
    for _ in 0..3 {
        let id = world.decide().start[0].task.clone();
        world.scheduler.note_stopped(&id, world.now);
        world.now += pace().longest;
    }
    let plan = world.decide();
    assert_eq!(plan.start[0].revision, Revision(1));
    let new = plan.start[0].task.clone();
    let primary = world.scheduler.deployments()[0].clone();
    assert!(primary.is_rollback);
    assert!(primary.reason().contains("rolling back to deploymentId"), "{}", primary.reason());
    world.scheduler.note_running(&new, world.now);
    world.healthy(&[new]);
    assert_eq!(world.stop(), old);
    world.decide();
    assert_eq!(world.scheduler.deployments()[0].rollout, Rollout::Completed);
}

#[test]
fn ecs_071_a_first_deployment_that_fails_launches_nothing_any_more() {
    let mut world = World::breaker(true, 1);
    world.fail_until_given_up();
    world.now += pace().longest;
    assert_eq!(world.decide(), Plan::default());
}

#[test]
fn ecs_072_a_deployment_of_the_same_revision_completes_when_the_old_tasks_are_gone() {
    let (mut world, old) = World::new(1, 100, 200).steady();
    let first = world.scheduler.deployments()[0].id;
    let second = world.scheduler.deploy(Revision(1));
    let new = world.start();
    let listed: Vec<_> = world.scheduler.deployments().iter().map(|it| it.id).collect();
    assert_eq!(listed, [second, first]);
    world.healthy(&new);
    assert_eq!(world.decide().stop[0].task, old[0]);
    world.decide();
    assert_eq!(world.scheduler.deployments().len(), 2, "its task still stops");
    world.told.clear();
    world.scheduler.note_stopped(&old[0], world.now);
    world.decide();
    assert_eq!(world.scheduler.deployments().len(), 1);
    assert_eq!(world.scheduler.deployments()[0].rollout, Rollout::Completed);
    assert_eq!(world.told, [Happening::Completed(second), Happening::SteadyState]);
}

#[test]
fn ecs_086_a_protected_task_is_spared_and_another_stops() {
    let (mut world, tasks) = World::new(2, 100, 200).steady();
    let until = world.now + Duration::from_secs(7200);
    world.scheduler.set_protection(&tasks[0], Some(until));
    world.scheduler.scale(1);
    assert_eq!(world.stop(), tasks[1..]);
    world.scheduler.scale(0);
    let plan = world.decide();
    assert_eq!((plan.stop.len(), plan.wake), (0, Some(until)));
    world.now = until;
    assert_eq!(world.stop(), tasks[..1]);
}

#[test]
fn scaling_in_stops_the_oldest() {
    let (mut world, oldest) = World::new(1, 100, 200).steady();
    world.now += Duration::from_secs(1);
    world.scheduler.scale(2);
    let newer = world.start();
    world.healthy(&newer);
    world.decide();
    world.scheduler.scale(1);
    assert_eq!(world.stop(), oldest);
    assert_eq!(world.decide().stop, []);
}

#[test]
fn failing_container_checks_replace_a_task_as_the_load_balancers_do() {
    let mut world = World::of(|service| {
        let mut container = Container::new("web", "web");
        container.health_check = Some(stack::ContainerHealthCheck {
            command: stack::HealthCommand::Shell("true".into()),
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            retries: 3,
            start_period: Duration::ZERO,
        });
        service.task_definition = Arc::new(TaskDefinition::new("web", vec![container]));
    });
    let tasks = world.start();
    world.healthy(&tasks);
    world.decide();
    assert!(!world.scheduler.is_steady(), "both have to pass");
    world.scheduler.note_container_health(&tasks[0], HealthStatus::Healthy);
    world.decide();
    assert!(world.scheduler.is_steady());
    world.scheduler.note_container_health(&tasks[0], HealthStatus::Unhealthy);
    let replacement = world.start();
    world.healthy(&replacement);
    world.scheduler.note_container_health(&replacement[0], HealthStatus::Healthy);
    let stop = world.decide().stop;
    let cause = StopCause::ContainersUnhealthy;
    assert_eq!(stop, [PlannedStop { task: tasks[0].clone(), cause }]);
    assert_eq!(world.service.name, "web");
}
