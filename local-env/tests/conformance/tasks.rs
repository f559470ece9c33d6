//! Tasks of ECS in their environment: their way from start to end, and what is told and registered on
//! it (cloudmap-ecs §3, alb §4.1).

use std::{sync::Arc, time::Duration};

use alb::TargetState;
use local_env::{Notice, Status, Task};
use scheduler::{HealthStatus, LastStatus, StopCode};
use stack::{ContainerHealthCheck, HealthCommand, Stack, TaskDefinition};
use tokio::time::timeout;

use test_support::{
    PATIENCE, Target, eventually,
    fleet::{Asked, Fleet, names, wait},
    setup, tls,
};

const BALANCED: &str = "
  Lb: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Type: application}}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Lb
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref Web}]
  Web:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      Port: 80
      Protocol: HTTP
      TargetType: ip
      UnhealthyThresholdCount: 2
      TargetGroupAttributes: [{Key: deregistration_delay.timeout_seconds, Value: '30'}]
";
const DISCOVERED: &str = "
  Services:
    Type: AWS::ServiceDiscovery::PrivateDnsNamespace
    Properties: {Name: services, Vpc: vpc-1}
  Discovery:
    Type: AWS::ServiceDiscovery::Service
    Properties:
      Name: web
      DnsConfig: {NamespaceId: !Ref Services, DnsRecords: [{Type: A, TTL: 60}]}
      HealthCheckCustomConfig: {FailureThreshold: 1}
";
const SERVICE: &str = "
  Definition:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web
      Cpu: 256
      Memory: 512
      NetworkMode: awsvpc
      ContainerDefinitions: [{Name: web, Image: web, PortMappings: [{ContainerPort: 7071}]}]
  Service:
    Type: AWS::ECS::Service
    Properties:
      LaunchType: FARGATE
      TaskDefinition: !Ref Definition
";
const BEHIND_LB: &str =
    "      LoadBalancers: [{ContainerName: web, ContainerPort: 7071, TargetGroupArn: !Ref Web}]\n";
const IN_CLOUD_MAP: &str = "      ServiceRegistries: [{RegistryArn: !GetAtt Discovery.Arn}]\n";

fn balanced() -> Stack {
    setup::read(&format!("Resources:{BALANCED}{SERVICE}{BEHIND_LB}"))
}

fn discovered() -> Stack {
    setup::read(&format!("Resources:{DISCOVERED}{SERVICE}{IN_CLOUD_MAP}"))
}

fn both() -> Stack {
    let resources = format!("{BALANCED}{DISCOVERED}{SERVICE}");
    setup::read(&format!("Resources:{resources}{BEHIND_LB}{IN_CLOUD_MAP}"))
}

/// In two target groups.
fn twice_balanced() -> Stack {
    let second = "
  Other:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {Port: 80, Protocol: HTTP, TargetType: ip}
  Rule:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Listener
      Priority: 1
      Conditions: [{Field: path-pattern, Values: [/other]}]
      Actions: [{Type: forward, TargetGroupArn: !Ref Other}]
";
    let entry = |group: &str| {
        format!("{{ContainerName: web, ContainerPort: 7071, TargetGroupArn: !Ref {group}}}")
    };
    let entries = format!("      LoadBalancers: [{}, {}]\n", entry("Web"), entry("Other"));
    setup::read(&format!("Resources:{BALANCED}{second}{SERVICE}{entries}"))
}

/// A container that checks itself.
fn checked(stack: &mut Stack) {
    let mut definition = (*stack.services[0].task_definition).clone();
    definition.containers[0].health_check = Some(ContainerHealthCheck {
        command: HealthCommand::Shell("true".into()),
        interval: Duration::from_secs(30),
        timeout: Duration::from_secs(5),
        retries: 3,
        start_period: Duration::ZERO,
    });
    stack.services[0].task_definition = Arc::new(definition);
}

fn change_definition(stack: &mut Stack, change: impl FnOnce(&mut TaskDefinition)) {
    let mut definition = (*stack.services[0].task_definition).clone();
    change(&mut definition);
    stack.services[0].task_definition = Arc::new(definition);
}

/// A fleet whose only task is healthy.
async fn healthy(stack: Stack) -> (Fleet, Task, Target) {
    let mut fleet = Fleet::start(stack).await;
    let task = fleet.started().await;
    let target = fleet.serves(&task).await;
    fleet.until_healthy(&task.id).await;
    (fleet, task, target)
}

async fn locally(test: impl Future<Output = ()>) {
    timeout(3 * PATIENCE, test).await.expect("it ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn alb_074_requests_and_checks_go_to_the_container_port() {
    locally(async {
        let (fleet, _, target) = healthy(balanced()).await;
        assert_eq!(fleet.get("/").await, 200);
        assert_eq!(target.count(), 1);
        assert!(target.checks() >= 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ecs_045_a_task_passes_all_states_that_are_seen_of_it() {
    let before = ["PROVISIONING", "PENDING"];
    for (stack, activating) in
        [(discovered(), true), (balanced(), false), (both(), true), (twice_balanced(), true)]
    {
        locally(async {
            let mut fleet = Fleet::start(stack).await;
            let task = fleet.started().await;
            let _target = fleet.serves(&task).await;
            fleet.until_status(&task.id, LastStatus::Running).await;
            let mut expected = before.to_vec();
            expected.extend(activating.then_some("ACTIVATING"));
            expected.push("RUNNING");
            assert_eq!(fleet.statuses(&task.id), expected);
            fleet.update(|stack| stack.services[0].desired_count = 0);
            assert_eq!(fleet.stopping().await.task, task.id);
            fleet.ends(&task);
            fleet.until_status(&task.id, LastStatus::Stopped).await;
            expected.extend(activating.then_some("DEACTIVATING"));
            expected.extend(["STOPPING", "DEPROVISIONING", "STOPPED"]);
            assert_eq!(fleet.statuses(&task.id), expected);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ecs_047_a_target_is_the_tasks_address_with_the_container_port() {
    locally(async {
        // The target group's own port is 80.
        let (fleet, _, target) = healthy(balanced()).await;
        assert_eq!(fleet.get("/").await, 200);
        assert_eq!((target.address.port(), target.count()), (7071, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ecs_048_a_task_runs_before_it_listens_and_its_target_turns_healthy_after() {
    locally(async {
        let mut fleet = Fleet::start(balanced()).await;
        let task = fleet.started().await;
        let address = fleet.runs(&task);
        fleet.until_status(&task.id, LastStatus::Running).await;
        let runs = |it: &Status| it.services.iter().any(|it| !it.tasks.is_empty());
        let state = fleet.status.wait_for(runs).await.unwrap().services[0].tasks[0].target.clone();
        assert_eq!(state, Some(TargetState::Initial));
        assert_eq!(fleet.get("/").await, 503, "nobody is there to be asked");
        let _target = Target::at((address, 7071).into()).await;
        fleet.until_healthy(&task.id).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ecs_049_the_stop_signal_comes_once_the_target_has_drained() {
    locally(async {
        let (mut fleet, _, target) = healthy(balanced()).await;
        let begun = tokio::time::Instant::now();
        fleet.update(|stack| stack.services[0].desired_count = 0);
        fleet
            .until("a draining target", |notice| {
                matches!(notice, Notice::Target { state: TargetState::Draining, .. })
            })
            .await;
        let before = target.count();
        assert_eq!(fleet.get("/").await, 503, "nobody takes new requests");
        let asking = fleet.stopping().await;
        assert!(asking.at - begun >= wait(Duration::from_secs(30)));
        assert_eq!(target.count(), before);
        fleet
            .until("a target that is no more", |notice| {
                matches!(notice, Notice::Target { state: TargetState::Unused(_), .. })
            })
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ecs_050_a_task_that_is_stopped_by_hand_gets_its_signal_at_once() {
    locally(async {
        let mut stack = both();
        // As long as it may be: a minute here, for which no test waits.
        stack.target_groups[0].attributes.deregistration_delay = Duration::from_secs(3600);
        assert!(wait(Duration::from_secs(3600)) > PATIENCE);
        let (mut fleet, task, _target) = healthy(stack).await;
        fleet.stop.gently.cancel();
        let asking = fleet.stopping().await;
        assert_eq!(asking.code, StopCode::UserInitiated);
        assert_eq!(asking.reason, "Task stopped by user");
        assert_eq!(asking.names, (3, 0), "no name leads to it");
        fleet.ends(&task);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ecs_052_a_task_is_out_of_dns_before_it_gets_its_signal() {
    locally(async {
        let (mut fleet, _, _target) = healthy(both()).await;
        assert_eq!(names(fleet.dns), (0, 1));
        fleet.update(|stack| stack.services[0].desired_count = 0);
        assert_eq!(fleet.stopping().await.names, (3, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ecs_060_a_service_without_a_count_is_one_task_and_scaling_is_no_deployment() {
    locally(async {
        let mut fleet = Fleet::start(discovered()).await;
        let first = fleet.started().await;
        let _target = fleet.serves(&first).await;
        fleet.until_event("has reached a steady state").await;
        let deployments = |fleet: &mut Fleet| {
            let status = fleet.status.borrow_and_update();
            let deployments = status.services[0].deployments.iter();
            deployments.map(|it| it.id.to_string()).collect::<Vec<_>>()
        };
        let before = deployments(&mut fleet);
        assert_eq!(before.len(), 1);
        fleet.update(|stack| stack.services[0].desired_count = 3);
        let others = [fleet.started().await, fleet.started().await];
        for task in &others {
            fleet.runs(task);
            fleet.until_status(&task.id, LastStatus::Running).await;
        }
        assert_eq!(deployments(&mut fleet), before);
        // Three is what there is: nothing else was asked in between.
        fleet.update(|stack| stack.services[0].desired_count = 0);
        for _ in 0..3 {
            fleet.stopping().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ecs_066_in_the_grace_period_the_load_balancer_leaves_a_failing_task_alone_that_stays() {
    locally(async {
        let mut stack = balanced();
        stack.services[0].desired_count = 2;
        // No room for a replacement before the failing one has stopped.
        stack.services[0].minimum_healthy_percent = 50;
        stack.services[0].maximum_percent = 100;
        stack.services[0].health_check_grace_period = Duration::from_secs(600);
        let mut fleet = Fleet::start(stack).await;
        let (failing, other) = (fleet.started().await, fleet.started().await);
        let (target, fine) = (fleet.serves(&failing).await, fleet.serves(&other).await);
        for task in [&failing, &other] {
            fleet.until_status(&task.id, LastStatus::Running).await;
        }
        eventually("both are asked", async || {
            fleet.get("/").await;
            target.count() > 0 && fine.count() > 0
        })
        .await;
        target.set_health(500);
        fleet
            .until("a failing target", |notice| {
                matches!(notice, Notice::Target { task, state: TargetState::Unhealthy(_), .. }
                    if *task == failing.id)
            })
            .await;
        let before = target.count();
        for _ in 0..4 {
            assert_eq!(fleet.get("/").await, 200);
        }
        assert_eq!(target.count(), before, "the load balancer goes by its own view");
        // What is done next is done for another reason.
        fleet.update(|stack| stack.services[0].desired_count = 3);
        let third = fleet.started().await;
        let _third_target = fleet.serves(&third).await;
        fleet.until_healthy(&third.id).await;
        let drains =
            |notice: &Notice| matches!(notice, Notice::Target { state: TargetState::Draining, .. });
        assert!(!fleet.told.iter().any(drains), "{:?}", fleet.told);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ecs_064_an_old_task_is_stopped_only_after_the_new_target_is_healthy() {
    locally(async {
        let mut fleet = Fleet::start(balanced()).await;
        let old = fleet.started().await;
        let _old_target = fleet.serves(&old).await;
        fleet.until_event("has reached a steady state").await;
        fleet.update(|stack| {
            change_definition(stack, |definition| definition.containers[0].image = "web:2".into());
        });
        let new = fleet.started().await;
        assert_eq!(new.service.task_definition.revision, 2);
        let target = fleet.serves(&new).await;
        target.set_health(500);
        fleet
            .until("a failing target", |notice| {
                matches!(notice, Notice::Target { task, state: TargetState::Unhealthy(_), .. }
                    if *task == new.id)
            })
            .await;
        // A replacement of the failing task has no room before that has ended.
        let Asked::Stop(failed) = fleet.asked().await else { panic!("nothing else is to be done") };
        assert_eq!(failed.task, new.id, "and not the old one");
        fleet.ends(&new);
        let third = fleet.started().await;
        let _third_target = fleet.serves(&third).await;
        fleet.until_healthy(&third.id).await;
        assert_eq!(fleet.stopping().await.task, old.id);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ecs_074_a_task_replaced_for_its_target_says_so() {
    locally(async {
        let (mut fleet, task, target) = healthy(balanced()).await;
        target.set_health(500);
        let replacement = fleet.started().await;
        let _other = fleet.serves(&replacement).await;
        let asking = fleet.stopping().await;
        assert_eq!((asking.task, asking.code), (task.id, StopCode::ServiceSchedulerInitiated));
        let group = &fleet.stack.target_groups[0].arn;
        let expected = format!("Task failed ELB health checks in (target-group {group})");
        assert_eq!(asking.reason, expected);
        fleet.until_event("has begun draining connections on 1 tasks.").await;
        let told = |words: &str| {
            let mut told = fleet.told.iter();
            told.any(
                |notice| matches!(notice, Notice::Event { message, .. } if message.contains(words)),
            )
        };
        assert!(told("is unhealthy in (target-group"), "{:?}", fleet.told);
        assert!(told("Health checks failed with these codes: [500]"), "{:?}", fleet.told);
        assert!(told("registered 1 targets in"), "{:?}", fleet.told);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ecs_075_a_task_is_known_by_32_digits_and_started_by_its_deployment() {
    locally(async {
        let mut fleet = Fleet::start(discovered()).await;
        let task = fleet.started().await;
        let id = task.id.as_str();
        assert_eq!(id.len(), 32);
        assert!(id.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')), "{id}");
        let status = fleet.status.wait_for(|it| !it.services.is_empty()).await.unwrap();
        let deployment = status.services[0].deployments[0].clone();
        drop(status);
        let digits = deployment.id.to_string();
        let digits = digits.strip_prefix("ecs-svc/").unwrap();
        assert_eq!((digits.len(), digits.bytes().all(|it| it.is_ascii_digit())), (19, true));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cloudmap_005_without_a_routing_policy_an_answer_names_all_tasks() {
    locally(async {
        let mut stack = discovered();
        stack.services[0].desired_count = 3;
        let mut fleet = Fleet::start(stack).await;
        for _ in 0..3 {
            let task = fleet.started().await;
            fleet.runs(&task);
            fleet.until_status(&task.id, LastStatus::Running).await;
        }
        assert_eq!(names(fleet.dns), (0, 3));
    })
    .await;
}

/// What Cloud Map's API says of an instance's health.
async fn health_in_cloud_map(fleet: &Fleet) -> String {
    let service = fleet.stack.namespaces[0].services[0].id();
    let answer = tls::http_client()
        .build()
        .unwrap()
        .post(format!("http://{}/", fleet.discovery.unwrap()))
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "Route53AutoNaming_v20170314.GetInstancesHealthStatus")
        .body(serde_json::json!({ "ServiceId": service }).to_string())
        .send()
        .await
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let mut statuses = answer["Status"].as_object().unwrap().values();
    statuses.next().and_then(|status| status.as_str()).unwrap_or("none").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn cloudmap_018_a_failing_container_check_turns_its_instance_unhealthy() {
    locally(async {
        let mut stack = both();
        checked(&mut stack);
        stack.services[0].health_check_grace_period = Duration::from_secs(600);
        let (fleet, task, _target) = healthy(stack).await;
        assert_eq!(health_in_cloud_map(&fleet).await, "UNHEALTHY", "until a check has passed");
        fleet.health(&task, HealthStatus::Healthy);
        let fleet = &fleet;
        let says = async |wanted: &str| health_in_cloud_map(fleet).await == wanted;
        eventually("healthy", || says("HEALTHY")).await;
        fleet.health(&task, HealthStatus::Unhealthy);
        eventually("unhealthy", || says("UNHEALTHY")).await;
        assert_eq!(fleet.get("/").await, 200, "to the load balancer it is healthy");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cloudmap_019_what_the_load_balancer_thinks_is_not_told_to_cloud_map() {
    locally(async {
        let mut stack = both();
        stack.services[0].health_check_grace_period = Duration::from_secs(2);
        let mut fleet = Fleet::start(stack).await;
        let task = fleet.started().await;
        let target = fleet.serves(&task).await;
        target.set_health(500);
        fleet
            .until("a failing target", |notice| {
                matches!(notice, Notice::Target { state: TargetState::Unhealthy(_), .. })
            })
            .await;
        // Its grace period is over then, and with it any delay of a report.
        fleet.started().await;
        assert_eq!(health_in_cloud_map(&fleet).await, "HEALTHY");
        assert_eq!(names(fleet.dns), (0, 1));
    })
    .await;
}
