//! What AWS would refuse, or what cannot be run here, is told with its place.

use crate::{
    cloudformation::{Inputs, Source, Template},
    stack::{
        Action, Arn, Condition, Forward, HealthCheckPort, ListenerProtocol, Patterns,
        RoutingPolicy, Stack, StackError,
    },
};

const TEMPLATE: &str = "
Resources:
  Lb: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Type: application}}
  Http:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Lb
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: '404'}}]
  Rule:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Http
      Priority: 10
      Conditions: [{Field: path-pattern, Values: [/a, /a/*]}]
      Actions: [{Type: forward, TargetGroupArn: !Ref Group}]
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      Port: 80
      Protocol: HTTP
      TargetType: ip
      HealthCheckPath: /a
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: shop
      Cpu: 256
      Memory: 512
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      ContainerDefinitions:
        - {Name: web, Image: team/web, PortMappings: [{ContainerPort: 8080}]}
  Web:
    Type: AWS::ECS::Service
    Properties:
      LaunchType: FARGATE
      TaskDefinition: !Ref Task
      LoadBalancers: [{ContainerName: web, ContainerPort: 8080, TargetGroupArn: !Ref Group}]
      ServiceRegistries: [{RegistryArn: !GetAtt Names.Arn}]
  Space: {Type: AWS::ServiceDiscovery::PrivateDnsNamespace, Properties: {Name: local, Vpc: v}}
  Names:
    Type: AWS::ServiceDiscovery::Service
    Properties:
      Name: web
      NamespaceId: !Ref Space
      DnsConfig: {DnsRecords: [{Type: A, TTL: 10}]}
";

/// The template with one part in another's place.
fn read(part: &str, other: &str) -> Result<Stack, StackError> {
    assert_eq!(TEMPLATE.matches(part).count(), 1, "`{part}` is in the template once");
    let source = Source::new("test.yaml", &TEMPLATE.replace(part, other));
    let resolved = Template::parse(&source).and_then(|it| it.resolve(&Inputs::new("Shop")));
    Stack::read(&resolved.unwrap_or_else(|error| panic!("{error}")))
}

fn changed(part: &str, other: &str) -> Stack {
    read(part, other).unwrap_or_else(|error| panic!("{other}: {error}"))
}

/// Each change makes exactly this problem, in the resource `id`.
#[track_caller]
fn each_is_told(id: &str, changes: &[(&str, &str, &str)]) {
    for (part, other, expected) in changes {
        let error = read(part, other).expect_err(other);
        let told: Vec<_> = error.problems().iter().map(ToString::to_string).collect();
        let expected = expected.replace('@', &format!("Resources.{id}.Properties"));
        assert_eq!(told, [expected], "{other}");
    }
}

#[test]
fn the_template_itself_is_right() {
    let stack = changed("/a, /a/*", "/a, /a/*");
    let rule = &stack.load_balancers[0].listeners[0].rules[0];
    assert_eq!(
        rule.conditions,
        [Condition::PathPattern(Patterns::Wildcards(vec!["/a".into(), "/a/*".into()]))]
    );
    assert_eq!(rule.action, Action::Forward(Forward::to(stack.target_groups[0].arn.clone())));
    let names: Vec<_> = stack
        .coverage
        .ignored
        .iter()
        .map(|it| (it.logical_id.as_str(), it.property.as_deref()))
        .collect();
    assert_eq!(names, [("Space", Some("Vpc"))]);
}

#[test]
fn load_balancers_are_checked() {
    let properties = "{Type: application}";
    each_is_told(
        "Lb",
        &[
            (
                properties,
                "{Type: network}",
                "`@.Type` asks for a load balancer of type `network`, which is not emulated",
            ),
            (properties, "{Name: not_legal}", "`@.Name` is `not_legal`"),
            (
                properties,
                "{LoadBalancerAttributes: [{Key: idle_timeout.timeout_seconds, Value: 0}]}",
                "`@.LoadBalancerAttributes[0].Value` is 0",
            ),
            (
                properties,
                "{LoadBalancerAttributes: x}",
                "`@.LoadBalancerAttributes` must be a list, and is a text",
            ),
        ],
    );
}

#[test]
fn listeners_are_checked() {
    let action = "{Type: fixed-response, FixedResponseConfig: {StatusCode: '404'}}";
    let redirect = |config: &str| {
        format!("{{Type: redirect, RedirectConfig: {{StatusCode: HTTP_301, {config}}}}}")
    };
    let nothing =
        "`@.DefaultActions[0].RedirectConfig` redirects to the address that was asked for";
    let body = format!(
        "{{Type: fixed-response, FixedResponseConfig: {{StatusCode: 200, MessageBody: {}}}}}",
        "x".repeat(1025)
    );
    each_is_told(
        "Http",
        &[
            (
                "Protocol: HTTP\n      Def",
                "Protocol: TCP\n      Def",
                "`@.Protocol` asks for the protocol `TCP`, which is not emulated",
            ),
            (
                "Protocol: HTTP\n      Def",
                "Protocol: HTTPS\n      Def",
                "`@.Certificates` is absent",
            ),
            (
                "Port: 80\n      Protocol: HTTP\n      Def",
                "Port: 0\n      Protocol: HTTP\n      Def",
                "`@.Port` is 0",
            ),
            (
                "Port: 80\n      Protocol: HTTP\n      Def",
                "Port: x\n      Protocol: HTTP\n      Def",
                "`@.Port` must be a whole number, and is `x`",
            ),
            (
                "LoadBalancerArn: !Ref Lb",
                "LoadBalancerArn: !Ref Group",
                &format!(
                    "`@.LoadBalancerArn` is `{}`, which is no load balancer of this template",
                    changed("/a, /a/*", "/a").target_groups[0].arn
                ),
            ),
            (action, "", "`@.DefaultActions` has 0 actions that answer a request"),
            (action, "{Type: forward}", "`@.DefaultActions[0].TargetGroupArn` is absent"),
            (
                action,
                "{Type: forwards}",
                "`@.DefaultActions[0].Type` is `forwards`, which is no action",
            ),
            (
                action,
                "{Type: authenticate-oidc}",
                "`@.DefaultActions[0]` asks for the action `authenticate-oidc`, which is not emulated",
            ),
            (
                action,
                "{Type: forward, ForwardConfig: {TargetGroups: [{}, {}]}}",
                "`@.DefaultActions[0].ForwardConfig.TargetGroups` asks for a forward to several target groups, which is not emulated",
            ),
            (
                action,
                "{Type: forward, TargetGroupArn: elsewhere}",
                "`@.DefaultActions[0].TargetGroupArn` is `elsewhere`, which is no target group of this template",
            ),
            (action, &redirect(""), nothing),
            (action, &redirect("Query: a=b"), nothing),
            (action, &redirect("Path: x"), "`@.DefaultActions[0].RedirectConfig.Path` is `x`"),
            (action, &redirect("Port: 0"), "`@.DefaultActions[0].RedirectConfig.Port` is `0`"),
            (
                action,
                "{Type: redirect, RedirectConfig: {StatusCode: 301}}",
                "`@.DefaultActions[0].RedirectConfig.StatusCode` is `301`",
            ),
            (
                action,
                "{Type: fixed-response, FixedResponseConfig: {StatusCode: 302}}",
                "`@.DefaultActions[0].FixedResponseConfig.StatusCode` is 302",
            ),
            (
                action,
                &body,
                "`@.DefaultActions[0].FixedResponseConfig.MessageBody` has 1025 characters",
            ),
            (
                action,
                "{Type: fixed-response, FixedResponseConfig: {StatusCode: 200, ContentType: text}}",
                "`@.DefaultActions[0].FixedResponseConfig.ContentType` is `text`",
            ),
        ],
    );
}

#[test]
fn a_listeners_certificate_gives_its_names() {
    let listener = |certificate: &str| {
        let protocol = format!(
            "Protocol: HTTPS\n      Certificates: [{{CertificateArn: {certificate}}}]\n      Def"
        );
        changed("Protocol: HTTP\n      Def", &protocol).load_balancers[0].listeners[0]
            .protocol
            .clone()
    };
    let arn = "arn:aws:acm:us-west-2:1:certificate/x";
    let ListenerProtocol::Https { certificates, .. } = listener(arn) else { panic!("no TLS") };
    assert_eq!(certificates[0].arn, Arn::from(arn));
    assert!(certificates[0].domain_names.is_empty());
}

#[test]
fn a_redirect_never_leads_from_https_to_http() {
    let part = "Protocol: HTTP\n      DefaultActions: [{Type: fixed-response, FixedResponseConfig: \
                {StatusCode: '404'}}]";
    let redirect = |from: &str, to: &str| {
        let other = format!(
            "Protocol: {from}\n      Certificates: [{{CertificateArn: x}}]
      DefaultActions:
        - Type: redirect
          RedirectConfig: {{StatusCode: HTTP_302, Host: other, Protocol: {to}}}"
        );
        read(part, &other).map_err(|error| error.problems()[0].to_string())
    };
    let why =
        "`Resources.Http.Properties.DefaultActions[0].RedirectConfig` redirects from HTTPS to HTTP";
    assert_eq!(redirect("HTTPS", "HTTP").unwrap_err(), why);
    redirect("HTTPS", "HTTPS").unwrap();
    redirect("HTTP", "HTTP").unwrap();
}

#[test]
fn rules_are_checked() {
    let condition = "{Field: path-pattern, Values: [/a, /a/*]}";
    let values = |values: &str| format!("{{Field: path-pattern, Values: [{values}]}}");
    let long = format!("/{}", "x".repeat(128));
    each_is_told(
        "Rule",
        &[
            ("Priority: 10", "Priority: 50001", "`@.Priority` is 50001"),
            ("Priority: 10", "X: 10", "`@.Priority` is absent"),
            (
                "Priority: 10",
                "Priority: 10\n      Transforms: [{}]",
                "`@.Transforms` asks for a rewritten request, which is not emulated",
            ),
            (condition, "", "`@.Conditions` is empty"),
            (condition, &values("/1, /2, /3, /4, /5, /6"), "`@.Conditions` has 6 values"),
            (condition, &values("'/*/*/*/*', '/*/*/?'"), "`@.Conditions` has 7 wildcards"),
            (condition, &values("/a b"), "`@.Conditions[0].Values[0]` is `/a b`, with a ` `"),
            (condition, &values("/%20"), "`@.Conditions[0].Values[0]` is `/%20`, with a `%`"),
            (condition, &values("''"), "`@.Conditions[0].Values[0]` has 0 characters"),
            (condition, &values(&long), "`@.Conditions[0].Values[0]` has 129 characters"),
            (
                condition,
                "{Field: path-pattern}",
                "`@.Conditions[0].PathPatternConfig.Values` is absent",
            ),
            (
                condition,
                "{Field: host-header, Values: [a.b]}",
                "`@.Conditions[0].Field` asks for a condition on `host-header`, which is not emulated",
            ),
            (
                condition,
                "{Field: path-pattern, PathPatternConfig: {RegexValues: [a]}}",
                "`@.Conditions[0].PathPatternConfig.RegexValues` asks for regular expressions, which is not emulated",
            ),
            (
                condition,
                "{Field: path, Values: [/a]}",
                "`@.Conditions[0].Field` is `path`, which is no condition",
            ),
        ],
    );
}

#[test]
fn priorities_and_ports_are_unique() {
    let rule = "  Group:\n    Type: AWS::ElasticLoadBalancingV2::TargetGroup";
    let second = format!(
        "  Second:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Http
      Priority: '10'
      Conditions: [{{Field: path-pattern, Values: [/b]}}]
      Actions: [{{Type: forward, TargetGroupArn: !Ref Group}}]
{rule}"
    );
    let error = read(rule, &second).unwrap_err();
    assert_eq!(
        error.problems()[0].to_string(),
        "`Rule` (line 11) and `Second` both have priority 10 in one listener"
    );
    let rules =
        &changed(rule, &second.replace("'10'", "9")).load_balancers[0].listeners[0].rules.clone();
    assert_eq!(rules.iter().map(|rule| rule.priority).collect::<Vec<_>>(), [9, 10]);

    let second = format!("  Second:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Lb
      Port: 80
      Protocol: HTTP
      DefaultActions: [{{Type: forward, ForwardConfig: {{TargetGroups: [{{TargetGroupArn: !Ref Group}}]}}}}]
{rule}");
    let error = read(rule, &second).unwrap_err();
    assert_eq!(
        error.problems()[0].to_string(),
        "`Http` (line 4) and `Second` both have port 80 of one load balancer"
    );
}

#[test]
fn target_groups_are_checked() {
    let path = "HealthCheckPath: /a";
    each_is_told(
        "Group",
        &[
            ("TargetType: ip", "X: ip", "`@.TargetType` is absent"),
            (
                "TargetType: ip",
                "TargetType: lambda",
                "`@.TargetType` asks for targets of type `lambda`, which is not emulated",
            ),
            (
                "Protocol: HTTP\n      Target",
                "Protocol: HTTPS\n      Target",
                "`@.Protocol` asks for targets that speak `HTTPS`, which is not emulated",
            ),
            (
                path,
                "ProtocolVersion: GRPC",
                "`@.ProtocolVersion` asks for targets that speak `GRPC`, which is not emulated",
            ),
            (
                path,
                "HealthCheckProtocol: HTTPS",
                "`@.HealthCheckProtocol` asks for health checks over `HTTPS`, which is not emulated",
            ),
            (path, "HealthCheckEnabled: false", "`@.HealthCheckEnabled` is false"),
            (path, "HealthCheckPath: a", "`@.HealthCheckPath` is `a`"),
            (path, "HealthCheckIntervalSeconds: 301", "`@.HealthCheckIntervalSeconds` is 301"),
            (
                path,
                "HealthCheckTimeoutSeconds: 30",
                "`@.HealthCheckTimeoutSeconds` makes a timeout of 30 s in an interval of 30 s",
            ),
            (path, "HealthyThresholdCount: 11", "`@.HealthyThresholdCount` is 11"),
            (path, "HealthCheckPort: 99999", "`@.HealthCheckPort` is 99999"),
            (path, "Matcher: {HttpCode: 2xx}", "`@.Matcher.HttpCode` is `2xx`"),
            (
                path,
                "Targets: [{Id: 10.0.0.1}]",
                "`@.Targets` asks for targets that are no tasks, which is not emulated",
            ),
            (
                path,
                "TargetGroupAttributes: [{Key: stickiness.enabled, Value: 'true'}]",
                "`@.TargetGroupAttributes[0].Value` asks for sessions that stick to a target, which is not emulated",
            ),
            (
                path,
                "TargetGroupAttributes: [{Key: deregistration_delay.timeout_seconds, Value: '3601'}]",
                "`@.TargetGroupAttributes[0].Value` is 3601",
            ),
        ],
    );
    let group = |other: &str| changed(path, other).target_groups.remove(0);
    assert_eq!(group("HealthCheckPort: '8081'").health_check.port, HealthCheckPort::Port(8081));
    assert_eq!(group("Targets: []").health_check.path, "/");
}

#[test]
fn task_definitions_are_checked() {
    let ports = "PortMappings: [{ContainerPort: 8080}]";
    let mapping = |mapping: &str| format!("PortMappings: [{{ContainerPort: 8080, {mapping}}}]");
    let container = "- {Name: web, ";
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
            (
                "NetworkMode: awsvpc",
                "NetworkMode: host",
                "`@.NetworkMode` asks for network mode `host`, which is not emulated",
            ),
            ("NetworkMode: awsvpc", "X: y", "`@.NetworkMode` is absent"),
            (
                container,
                "- {Name: other, Image: x}\n        - {Name: web, ",
                "`@.ContainerDefinitions[1]` asks for a second container, which is not emulated",
            ),
            (
                container,
                "- {Name: web, Secrets: [{Name: A}], ",
                "`@.ContainerDefinitions[0].Secrets` asks for secrets, which is not emulated",
            ),
            (
                container,
                "- {Name: web, EnvironmentFiles: [{}], ",
                "`@.ContainerDefinitions[0].EnvironmentFiles` asks for environment files, which is not emulated",
            ),
            (
                container,
                "- {Name: web, Essential: 'false', ",
                "`@.ContainerDefinitions[0].Essential` is false for the only container",
            ),
            (
                container,
                "- {Name: web, Memory: 1024, ",
                "`@.ContainerDefinitions[0].Memory` is 1024 MiB, more than the whole task's 512",
            ),
            (
                container,
                "- {Name: web, StopTimeout: 121, ",
                "`@.ContainerDefinitions[0].StopTimeout` is 121",
            ),
            (
                ports,
                &(mapping("HostPort: 80") + ", Environment: []"),
                "`@.ContainerDefinitions[0].PortMappings[0].HostPort` is 80 for container port 8080",
            ),
            (
                ports,
                &mapping("Protocol: udp"),
                "`@.ContainerDefinitions[0].PortMappings[0].Protocol` asks for a port of another protocol, which is not emulated",
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
            (
                launch,
                "SchedulingStrategy: DAEMON",
                "`@.SchedulingStrategy` asks for the scheduling strategy `DAEMON`, which is not emulated",
            ),
            (
                launch,
                "ServiceConnectConfiguration: {Enabled: true}",
                "`@.ServiceConnectConfiguration` asks for Service Connect, which is not emulated",
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
fn what_changes_nothing_is_listed() {
    let ignored = |part: &str, other: &str| {
        let ignored = changed(part, other).coverage.ignored;
        let of = |it: &crate::stack::Ignored| {
            format!("{}.{}", it.logical_id, it.property.as_deref().unwrap_or("*"))
        };
        ignored.iter().map(of).filter(|name| name != "Space.Vpc").collect::<Vec<_>>()
    };
    let launch = "LaunchType: FARGATE";
    assert_eq!(ignored(launch, "LaunchType: EC2"), ["Web.LaunchType"]);
    assert_eq!(ignored(launch, "Tags: [{Key: a, Value: b}]"), [""; 0]);
    assert_eq!(
        ignored(launch, "ServiceConnectConfiguration: {Enabled: false, Namespace: x}"),
        [""; 0]
    );
    assert_eq!(
        ignored(
            launch,
            "DeploymentConfiguration: {DeploymentCircuitBreaker: {Enable: true, Rollback: false}}"
        ),
        ["Web.DeploymentConfiguration.DeploymentCircuitBreaker"]
    );
    assert_eq!(
        ignored("- {Name: web, ", "- {Name: web, Command: [a], EntryPoint: [b], "),
        ["Task.ContainerDefinitions[0].Command", "Task.ContainerDefinitions[0].EntryPoint"]
    );
    assert_eq!(
        ignored(
            "HealthCheckPath: /a",
            "TargetGroupAttributes: [{Key: slow_start.duration_seconds, Value: 30}, {Key: load_balancing.algorithm.type, Value: round_robin}]"
        ),
        ["Group.TargetGroupAttributes.slow_start.duration_seconds"]
    );
    let queue = "  Queue: {Type: AWS::SQS::Queue}\n  Space:";
    assert_eq!(ignored("  Space:", queue), ["Queue.*"]);
}

#[test]
fn cloud_map_services_are_checked() {
    let record = "{Type: A, TTL: 10}";
    each_is_told(
        "Names",
        &[
            (
                record,
                "{Type: SRV, TTL: 10}",
                "`@.DnsConfig.DnsRecords[0].Type` asks for DNS records of type `SRV`, which is not emulated",
            ),
            (record, "{Type: A}", "`@.DnsConfig.DnsRecords[0].TTL` is absent"),
            (record, "", "`@.DnsConfig.DnsRecords` is empty"),
            (
                "NamespaceId: !Ref Space",
                "NamespaceId: ns-1",
                "`@.NamespaceId` is `ns-1`, which is no private DNS namespace of this template",
            ),
            ("NamespaceId: !Ref Space", "X: y", "`@.NamespaceId` is absent"),
            (
                "NamespaceId: !Ref Space",
                "NamespaceId: !Ref Space\n      HealthCheckConfig: {Type: HTTP}",
                "`@.HealthCheckConfig` is given in a private namespace",
            ),
            ("Name: web\n      Name", "Name: -web\n      Name", "`@.Name` is `-web`"),
        ],
    );
    let service =
        |part: &str, other: &str| changed(part, other).namespaces.remove(0).services.remove(0);
    let weighted = service("DnsConfig: {", "DnsConfig: {RoutingPolicy: WEIGHTED, ");
    assert_eq!(weighted.routing_policy, RoutingPolicy::Weighted);
    assert!(
        service("NamespaceId: !Ref Space", "NamespaceId: !Ref Space\n      Type: HTTP")
            .records
            .is_empty()
    );
    let namespace = |vpc: &str| changed("Vpc: v", vpc).namespaces.remove(0);
    let own = "Vpc: v, Properties: {DnsProperties: {SOA: {TTL: '60'}}}";
    assert_eq!((namespace("Vpc: v").soa_ttl, namespace(own).soa_ttl), (15, 60));
    let twice = "  Space:";
    let second = "  Again:
    Type: AWS::ServiceDiscovery::Service
    Properties: {Name: WEB, DnsConfig: {NamespaceId: !GetAtt Space.Id, DnsRecords: [{Type: A, TTL: 1}]}}
  Space:";
    let error = read(twice, second).unwrap_err();
    assert_eq!(
        error.problems()[0].to_string(),
        "`Again` (line 42) and `Names` both have the name `web` in one namespace"
    );
}

#[test]
fn types_that_would_change_the_routing_are_refused() {
    let error = read("  Space:", "  Other: {Type: AWS::ServiceDiscovery::HttpNamespace}\n  Space:")
        .unwrap_err();
    let told = error.problems()[0].to_string();
    assert_eq!(told, "`Resources.Other` asks for a namespace without DNS, which is not emulated");
}

#[test]
fn all_resources_with_problems_are_told_at_once() {
    let other = TEMPLATE.replace("Priority: 10", "Priority: 0").replace("TargetType: ip", "X: ip");
    let source = Source::new("test.yaml", &other);
    let resolved = Template::parse(&source).unwrap().resolve(&Inputs::new("Shop")).unwrap();
    let error = Stack::read(&resolved).unwrap_err();
    assert_eq!(error.problems().len(), 2);
    assert_eq!(error.to_string(), "test.yaml has 2 problems");
}
