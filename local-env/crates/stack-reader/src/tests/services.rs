//! ECS services and task definitions.

use super::*;
use stack::{Arn, CircuitBreaker, ClientAlias, Threshold};

#[test]
fn task_definitions_are_checked() {
    let task = "NetworkMode: awsvpc";
    let with = |property: &str| format!("{task}\n      {property}");
    each_is_told(
        "Task",
        &[
            (
                "Memory: 512",
                "Memory: 4096",
                "`@.Memory` is 4096 with 256 CPU units: no Fargate configuration exists for given values",
            ),
            ("Cpu: 256", "Cpu: 300", "`@.Cpu` is 300: no Fargate task has that"),
            ("Cpu: 256", "Cpu: much", "`@.Cpu` is `much`"),
            ("Memory: 512", "X: 512", "`@.Memory` is absent"),
            ("NetworkMode: awsvpc", "NetworkMode: host", "`@.NetworkMode` is `host`"),
            ("NetworkMode: awsvpc", "X: y", "`@.NetworkMode` is absent"),
            (
                task,
                &with("EphemeralStorage: {SizeInGiB: 20}"),
                "`@.EphemeralStorage.SizeInGiB` is 20",
            ),
            (task, &with("PidMode: host"), "`@.PidMode` is `host`"),
            (task, &with("IpcMode: task"), "`@.IpcMode` is not valid for Fargate"),
            (
                task,
                &with("PlacementConstraints: [{Type: memberOf}]"),
                "`@.PlacementConstraints` is not valid for Fargate",
            ),
        ],
    );
}

#[test]
fn services_are_checked() {
    let balancer = "ContainerName: web, ContainerPort: 8080, Target";
    let registry = "[{RegistryArn: !GetAtt Names.Arn}]";
    let launch = "LaunchType: FARGATE";
    each_is_told(
        "Web",
        &[
            (
                balancer,
                "ContainerName: api, ContainerPort: 8080, Target",
                "`@.LoadBalancers[0].ContainerName` is `api`, which does not exist in the task definition",
            ),
            (
                balancer,
                "ContainerName: web, ContainerPort: 80, Target",
                "`@.LoadBalancers[0].ContainerPort` is 80, which the container `web` does not map",
            ),
            (
                balancer,
                "ContainerName: web, Target",
                "`@.LoadBalancers[0].ContainerPort` is absent",
            ),
            (
                "TaskDefinition: !Ref Task",
                "TaskDefinition: other",
                "`@.TaskDefinition` is `other`, which is no task definition of this template",
            ),
            (
                registry,
                "[{RegistryArn: arn}]",
                "`@.ServiceRegistries[0].RegistryArn` is `arn`, which is no Cloud Map service of this template",
            ),
            (
                registry,
                "[{RegistryArn: !GetAtt Names.Arn, ContainerPort: 8080}]",
                "`@.ServiceRegistries[0]` names its port in two ways or by half",
            ),
            (launch, "DesiredCount: -1", "`@.DesiredCount` must be a whole number, and is `-1`"),
            (launch, "SchedulingStrategy: DAEMON", "`@.SchedulingStrategy` is `DAEMON`"),
            (
                launch,
                "ServiceConnectConfiguration: {Enabled: true}",
                "`@.ServiceConnectConfiguration` has no namespace",
            ),
            (
                launch,
                "ServiceConnectConfiguration: {Enabled: true, Namespace: n, Services: [{PortName: web}]}",
                "`@.ServiceConnectConfiguration.Services[0].PortName` is `web`, which no port mapping is called",
            ),
            (
                launch,
                "DeploymentController: {Type: EXTERNAL}",
                "`@.DeploymentController.Type` asks for deployments by `EXTERNAL`, which is not emulated",
            ),
        ],
    );
    for family in ["shop", "shop:1"] {
        changed("TaskDefinition: !Ref Task", &format!("TaskDefinition: {family}"));
    }
}

#[test]
fn what_a_task_has_for_its_containers_is_listed() {
    let task = "NetworkMode: awsvpc";
    let storage = "EphemeralStorage: {SizeInGiB: 21}\n      PidMode: task";
    let roles = "ExecutionRoleArn: e\n      TaskRoleArn: t\n      Volumes: [{Name: a}]";
    assert_eq!(
        ignored(task, &format!("{task}\n      {storage}\n      {roles}")),
        ["Task.Volumes", "Task.ExecutionRoleArn", "Task.PidMode", "Task.EphemeralStorage"]
    );
}

#[test]
fn a_tasks_role_is_read() {
    let stack = changed("Family: shop", "TaskRoleArn: 'arn:aws:iam::1:role/shop'");
    let role = stack.services[0].task_definition.task_role.as_ref().map(Arn::as_str);
    assert_eq!(role, Some("arn:aws:iam::1:role/shop"));
}

#[test]
fn ecs_069_a_circuit_breaker_goes_by_half_the_desired_count_unless_it_says_otherwise() {
    let breaker = |text: &str| {
        let config = format!("DeploymentConfiguration: {{DeploymentCircuitBreaker: {{{text}}}}}");
        changed("LaunchType: FARGATE", &config).services[0].circuit_breaker
    };
    let expected = |rollback, reset_on_healthy_task, threshold| {
        Some(CircuitBreaker { rollback, reset_on_healthy_task, threshold })
    };
    let percent = Threshold::BoundedPercent(50);
    assert_eq!(breaker("Enable: false, Rollback: true"), None);
    assert_eq!(breaker("Enable: true, Rollback: false"), expected(false, true, percent));
    assert_eq!(
        breaker("Enable: true, Rollback: true, ResetOnHealthyTask: false"),
        expected(true, false, percent)
    );
    for (kind, threshold) in [
        ("BOUNDED_PERCENT", Threshold::BoundedPercent(7)),
        ("UNBOUNDED_PERCENT", Threshold::UnboundedPercent(7)),
        ("COUNT", Threshold::Count(7)),
    ] {
        let text = format!("ThresholdConfiguration: {{Type: {kind}, Value: 7}}");
        assert_eq!(
            breaker(&format!("Enable: true, Rollback: true, {text}")),
            expected(true, true, threshold)
        );
    }
}

#[test]
fn circuit_breakers_are_checked() {
    let changes = [
        ("{Enable: true}", "`@.Rollback` is absent"),
        (
            "{Enable: true, Rollback: maybe}",
            "`@.Rollback` must be `true` or `false`, and is `maybe`",
        ),
        (
            "{Enable: true, Rollback: true, ThresholdConfiguration: {Type: NONE, Value: 1}}",
            "`@.ThresholdConfiguration.Type` is `NONE`",
        ),
        (
            "{Enable: true, Rollback: true, ThresholdConfiguration: {Type: COUNT, Value: 0}}",
            "`@.ThresholdConfiguration.Value` is 0",
        ),
        (
            "{Enable: true, Rollback: true, ThresholdConfiguration: {Type: COUNT}}",
            "`@.ThresholdConfiguration.Value` is absent",
        ),
    ];
    for (text, expected) in changes {
        let config = format!("DeploymentConfiguration: {{DeploymentCircuitBreaker: {text}}}");
        let path = "Resources.Web.Properties.DeploymentConfiguration.DeploymentCircuitBreaker";
        let told = problem(read("LaunchType: FARGATE", &config));
        assert_eq!(told, expected.replace('@', path));
    }
}

/// The template's task, its size and launch type left out, as one of EC2's.
fn on_instances(container: &str, task: &str) -> Result<Stack, StackError> {
    let container = format!("{{Name: web, {container} ");
    let changes = [
        ("Cpu: 256", "Tags: []"),
        ("Memory: 512", task),
        ("[FARGATE]", "[EC2]"),
        ("LaunchType: FARGATE", "LaunchType: EC2"),
        ("{Name: web, ", container.as_str()),
    ];
    read_with(&changes, Allowed::default())
}

#[test]
fn a_task_on_ec2_runs_with_the_sizes_of_its_containers_and_its_launch_type_is_told() {
    let stack = on_instances("Cpu: 100, Memory: 300,", "Volumes: []").unwrap();
    let definition = &stack.services[0].task_definition;
    assert_eq!((definition.cpu, definition.memory), (100, 300));
    assert_eq!(told(&stack), ["`Web.LaunchType` is EC2: its tasks run here as Fargate's do"]);
    let own = on_instances("Memory: 300,", "Memory: 700").unwrap();
    let definition = &own.services[0].task_definition;
    assert_eq!((definition.cpu, definition.memory), (0, 700));
    let reserved = on_instances("MemoryReservation: 300,", "Volumes: []").unwrap();
    assert_eq!(reserved.services[0].task_definition.memory, 0);
    let told = problem(on_instances("", "Volumes: []"));
    assert_eq!(told, "`Resources.Task.Properties.Memory` is absent");
}

/// What is told at the start.
fn told(stack: &Stack) -> Vec<String> {
    stack.coverage.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn tasks_on_bridges_have_addresses_of_their_own_here() {
    let bridge = [
        ("NetworkMode: awsvpc", "NetworkMode: bridge"),
        ("[FARGATE]", "[EC2]"),
        ("LaunchType: FARGATE", "LaunchType: EC2"),
        ("TargetType: ip", "TargetType: instance"),
        ("{ContainerPort: 8080}", "{ContainerPort: 8080, HostPort: 0}"),
    ];
    let stack = read_with(&bridge, Allowed::default()).unwrap();
    assert_eq!(stack.services[0].load_balancers[0].container_port, 8080);
    let mode =
        "`Task.NetworkMode` is `bridge`: each task has an address of its own here, as in `awsvpc`";
    assert!(told(&stack).contains(&mode.to_owned()), "{:?}", told(&stack));
    let own_port =
        "- {Name: log, Image: log, PortMappings: [{ContainerPort: 8080}]}\n        - {Name: web,";
    let mut two = bridge.to_vec();
    two.push(("- {Name: web,", own_port));
    let why = problem(read_with(&two, Allowed::default()));
    assert!(
        why.ends_with("asks for a second container at port 8080, which is not emulated"),
        "{why}"
    );
}

#[test]
fn a_target_groups_type_and_a_tasks_network_mode_go_together() {
    let why = "`Resources.Web.Properties.LoadBalancers[0].TargetGroupArn` is `Group`, a target group of type";
    assert_eq!(problem(read("TargetType: ip", "X: ip")), format!("{why} `instance`"));
    let bridge = [
        ("NetworkMode: awsvpc", "NetworkMode: bridge"),
        ("[FARGATE]", "[EC2]"),
        ("LaunchType: FARGATE", "LaunchType: EC2"),
    ];
    assert_eq!(problem(read_with(&bridge, Allowed::default())), format!("{why} `ip`"));
    let spare = "  Spare: {Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {Port: 80, Protocol: HTTP}}\n  Space:";
    assert_eq!(changed("  Space:", spare).target_groups.len(), 2);
}

#[test]
fn deployments_of_other_kinds_are_rolled() {
    let launch = "LaunchType: FARGATE";
    for (other, property) in [
        ("DeploymentController: {Type: CODE_DEPLOY}", "DeploymentController.Type` is CODE_DEPLOY"),
        (
            "DeploymentConfiguration: {Strategy: BLUE_GREEN, BakeTimeInMinutes: 5}",
            "DeploymentConfiguration.Strategy` is BLUE_GREEN",
        ),
    ] {
        let told = told(&changed(launch, other));
        assert_eq!(told, [format!("`Web.{property}: its tasks are rolled here, a few at a time")]);
    }
    let daemon = [("LaunchType: FARGATE", "LaunchType: EC2\n      SchedulingStrategy: DAEMON")];
    let stack = read_with(&daemon, Allowed::default()).unwrap();
    assert_eq!(stack.services[0].desired_count, 1);
}

#[test]
fn names_of_service_connect_stand_for_named_ports() {
    let named = "PortMappings: [{ContainerPort: 8080, Name: http, AppProtocol: http}]";
    let with = |connect: &str| {
        let launch = format!("LaunchType: FARGATE\n      ServiceConnectConfiguration: {connect}");
        let changes =
            [("PortMappings: [{ContainerPort: 8080}]", named), ("LaunchType: FARGATE", &launch)];
        read_with(&changes, Allowed::default()).unwrap().services.remove(0).connect.unwrap()
    };
    let connect = with("{Enabled: true, Namespace: !GetAtt Space.Arn}");
    assert_eq!((connect.namespace.as_str(), connect.endpoints.len()), ("local", 0));
    let connect = with("{Enabled: true, Namespace: n, Services: [{PortName: http}]}");
    let [endpoint] = &connect.endpoints[..] else { panic!("{connect:?}") };
    let alias = |name: &str, port| ClientAlias { name: name.to_owned(), port };
    assert_eq!(endpoint.aliases, [alias("http.n", 8080)]);
    assert!(endpoint.speaks_http);
    let connect = with(
        "{Enabled: true, Namespace: n, Services: [{PortName: http, DiscoveryName: web, \
         ClientAliases: [{Port: 80}, {Port: 81, DnsName: orders}]}]}",
    );
    let endpoint = &connect.endpoints[0];
    assert_eq!(endpoint.aliases, [alias("web.n", 80), alias("orders", 81)]);
    assert_eq!((endpoint.discovery_name.as_str(), endpoint.container_port), ("web", 8080));
}

#[test]
fn a_service_needs_no_load_balancer_and_no_name() {
    let balancer =
        "LoadBalancers: [{ContainerName: web, ContainerPort: 8080, TargetGroupArn: !Ref Group}]";
    let names = "ServiceRegistries: [{RegistryArn: !GetAtt Names.Arn}]";
    let changes = [(balancer, "DesiredCount: 2"), (names, "ServiceName: worker")];
    let stack = read_with(&changes, Allowed::default()).unwrap();
    let worker = &stack.services[0];
    assert_eq!((worker.name.as_str(), worker.desired_count), ("worker", 2));
    assert!(worker.load_balancers.is_empty() && worker.registry.is_none());
    assert_eq!(stack.local_name(worker), "worker");
}

#[test]
fn an_internal_load_balancer_is_one_like_others() {
    let stack = changed("{Type: application}", "{Type: application, Scheme: internal}");
    assert_eq!(stack.load_balancers[0].listeners[0].port, 80);
    assert_eq!(ignored("{Type: application}", "{Scheme: internal}"), [""; 0]);
}

#[test]
fn tasks_that_a_clock_or_an_event_starts_are_listed_and_are_no_services() {
    let target = "Arn: !Ref Web, RoleArn: r, EcsParameters: {TaskDefinitionArn: !Ref Task}";
    let rule = format!("Targets: [{{Id: a, {target}}}], ScheduleExpression: rate(1 hour)");
    let schedule = format!("Target: {{{target}}}, ScheduleExpression: rate(1 hour)");
    let both = format!(
        "  Hourly: {{Type: AWS::Events::Rule, Properties: {{{rule}}}}}\n  \
         Nightly: {{Type: AWS::Scheduler::Schedule, Properties: {{{schedule}}}}}\n  Space:"
    );
    assert_eq!(ignored("  Space:", &both), ["Hourly.*", "Nightly.*"]);
    assert_eq!(changed("  Space:", &both).services.len(), 1);
}
