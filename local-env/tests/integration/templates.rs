//! Templates as users have them: what CDK writes is read exactly, JSON and YAML are the same, and
//! nothing that can be typed makes the readers panic.

use std::{fmt::Write, time::Duration};

use cloudformation::{Inputs, Source, Template, TemplateError};
use proptest::prelude::*;
use stack::{
    Action, Allowed, Condition, DnsRecord, FixedResponse, HealthCheck, HealthCheckPort,
    ListenerProtocol, Matcher, Patterns, RecordKind, Redirect, RoutingPolicy, Service, Stack,
    TargetProtocol,
};

const V1: &str = include_str!("../../../infra/tests/data/cdk-v1.json");
const V2: &str = include_str!("../../../infra/tests/data/cdk-v2.json");

const SMALL_JSON: &str = r#"{
  "Parameters": {"Tag": {"Type": "String", "Default": "v1"}, "Count": {"Type": "Number", "Default": 2}},
  "Resources": {
    "Lb": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {
      "LoadBalancerAttributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "90"}]}},
    "Http": {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {
      "LoadBalancerArn": {"Ref": "Lb"}, "Port": 80, "Protocol": "HTTP",
      "DefaultActions": [{"Type": "forward", "TargetGroupArn": {"Ref": "Group"}}]}},
    "Group": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {
      "Port": "80", "Protocol": "HTTP", "TargetType": "ip", "HealthCheckPath": "/ok",
      "Matcher": {"HttpCode": "200-299"}}},
    "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {
      "Cpu": ".5 vCPU", "Memory": "1 GB", "NetworkMode": "awsvpc",
      "ContainerDefinitions": [{"Name": "web", "Image": {"Fn::Sub": "team/web:${Tag}"},
        "PortMappings": [{"ContainerPort": 8080}]}]}},
    "Web": {"Type": "AWS::ECS::Service", "Properties": {
      "TaskDefinition": {"Ref": "Task"}, "DesiredCount": {"Ref": "Count"},
      "LoadBalancers": [{"ContainerName": "web", "ContainerPort": 8080, "TargetGroupArn": {"Ref": "Group"}}],
      "ServiceRegistries": [{"RegistryArn": {"Fn::GetAtt": ["Names", "Arn"]}}]}},
    "Space": {"Type": "AWS::ServiceDiscovery::PrivateDnsNamespace", "Properties": {"Name": "local", "Vpc": "vpc-1"}},
    "Names": {"Type": "AWS::ServiceDiscovery::Service", "Properties": {
      "Name": "web", "NamespaceId": {"Fn::GetAtt": ["Space", "Id"]},
      "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": "10"}]}}}
  }
}"#;

const SMALL_YAML: &str = "
Parameters:
  Tag: {Type: String, Default: v1}
  Count:
    Type: Number
    Default: 2
Resources:
  Lb:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      LoadBalancerAttributes:
        - {Key: idle_timeout.timeout_seconds, Value: '90'}
  Http:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Lb
      Port: 80
      Protocol: HTTP
      DefaultActions:
        - Type: forward
          TargetGroupArn: !Ref Group
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      Port: '80'
      Protocol: HTTP
      TargetType: ip
      HealthCheckPath: /ok # comments are no content
      Matcher: {HttpCode: 200-299}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Cpu: .5 vCPU
      Memory: 1 GB
      NetworkMode: awsvpc
      ContainerDefinitions:
        - Name: web
          Image: !Sub 'team/web:${Tag}'
          PortMappings: [{ContainerPort: 8080}]
  Web:
    Type: AWS::ECS::Service
    Properties:
      TaskDefinition: !Ref Task
      DesiredCount: !Ref Count
      LoadBalancers:
        - {ContainerName: web, ContainerPort: 8080, TargetGroupArn: !Ref Group}
      ServiceRegistries:
        - RegistryArn: !GetAtt Names.Arn
  Space: {Type: 'AWS::ServiceDiscovery::PrivateDnsNamespace', Properties: {Name: local, Vpc: vpc-1}}
  Names:
    Type: AWS::ServiceDiscovery::Service
    Properties:
      Name: web
      NamespaceId: !GetAtt Space.Id
      DnsConfig:
        DnsRecords: [{Type: A, TTL: '10'}]
";

fn inputs() -> Inputs {
    Inputs::new("EcsFargateMultipleServicesStack")
}

fn parse(text: &str) -> Result<Template, TemplateError> {
    Template::parse(&Source::new("template", text))
}

fn stack(text: &str) -> Stack {
    let resolved = parse(text).unwrap().resolve(&inputs()).unwrap();
    stack_reader::read(&resolved, Allowed::default()).unwrap()
}

/// Whatever becomes of it, it must not panic.
fn read(text: &str) -> Result<(), ()> {
    let resolved = parse(text).and_then(|template| template.resolve(&inputs())).map_err(drop)?;
    stack_reader::read(&resolved, Allowed::default()).map(drop).map_err(drop)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn cdks_listeners_and_rules_are_read() {
    for stack in [stack(V1), stack(V2)] {
        let [balancer] = stack.load_balancers.as_slice() else { panic!("one load balancer") };
        assert_eq!(balancer.name, "ServicesLB");
        assert_eq!(balancer.dns_name, "localhost");
        assert_eq!(balancer.attributes.idle_timeout, seconds(60));
        let [http, https] = balancer.listeners.as_slice() else { panic!("two listeners") };

        assert_eq!((http.port, &http.protocol), (80, &ListenerProtocol::Http));
        assert!(http.rules.is_empty());
        let redirect = Redirect {
            status: 301,
            protocol: "HTTPS".into(),
            host: "#{host}".into(),
            port: "443".into(),
            path: "/#{path}".into(),
            query: "#{query}".into(),
        };
        assert_eq!(http.default_action, Action::Redirect(redirect));

        assert_eq!(https.port, 443);
        let ListenerProtocol::Https { certificates, .. } = &https.protocol else {
            panic!("no TLS")
        };
        let names = ["services.gritts.dev", "*.services.gritts.dev"];
        assert_eq!(certificates[0].domain_names, names);
        let base = FixedResponse {
            status: 200,
            content_type: Some("application/json".into()),
            body: r#"{ "msg": "base route" }"#.into(),
        };
        assert_eq!(https.default_action, Action::FixedResponse(base));

        assert_eq!(https.rules.len(), 3);
        for (number, rule) in (1..).zip(&https.rules) {
            assert_eq!(rule.priority, number);
            let pattern =
                Condition::PathPattern(Patterns::Wildcards(vec![format!("/service{number}*")]));
            assert_eq!(rule.conditions, [pattern]);
            let Action::Forward(forward) = &rule.action else { panic!("{:?}", rule.action) };
            let group = stack.target_group(&forward.target_groups[0].target_group).unwrap();
            let id = format!("ALBListenerservice{number}Group");
            assert!(group.logical_id.as_str().starts_with(&id), "{}", group.logical_id);
        }
    }
}

#[test]
fn cdks_target_groups_are_read() {
    for stack in [stack(V1), stack(V2)] {
        let names: Vec<_> = stack.target_groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["ServiceOneTarget", "ServiceTwoTarget", "ServiceThreeTarget"]);
        for (number, group) in (1..).zip(&stack.target_groups) {
            assert_eq!(group.attributes.deregistration_delay, seconds(300));
            let expected = HealthCheck {
                protocol: TargetProtocol::Http,
                path: format!("/service{number}"),
                port: HealthCheckPort::Traffic,
                interval: seconds(60),
                timeout: seconds(5),
                healthy_threshold: 5,
                unhealthy_threshold: 2,
                matcher: Matcher::Http(vec![200..=200]),
            };
            assert_eq!(group.health_check, expected);
        }
    }
}

#[test]
fn cdks_services_are_read() {
    for stack in [stack(V1), stack(V2)] {
        assert_eq!(stack.services.len(), 3);
        let peers =
            [Some("http://service2.services:7072"), Some("http://service1.services:7071"), None];
        for ((number, service), peer) in (1..).zip(&stack.services).zip(peers) {
            check_service(&stack, number, service, peer);
        }
    }
}

fn check_service(stack: &Stack, number: u16, service: &Service, peer: Option<&str>) {
    let name = ["ServiceOne", "ServiceTwo", "ServiceThree"][usize::from(number) - 1];
    let port = 7070 + number;
    assert_eq!(service.name, name);
    assert_eq!(service.cluster, "Services");
    let arn = format!("arn:aws:ecs:us-west-2:000000000000:service/Services/{name}");
    assert_eq!(service.arn.as_str(), arn);
    assert_eq!(service.desired_count, 1);
    assert_eq!((service.minimum_healthy_percent, service.maximum_percent), (50, 200));
    assert_eq!(service.health_check_grace_period, seconds(60));

    let [binding] = service.load_balancers.as_slice() else { panic!("one target group") };
    assert_eq!(stack.target_group(&binding.target_group).unwrap().name, format!("{name}Target"));
    assert_eq!(binding.container_name, format!("{name}Container"));
    assert_eq!(binding.container_port, port);

    let registry = service.registry.as_ref().unwrap();
    let (namespace, discovery) = stack.discovery_service(&registry.service).unwrap();
    assert_eq!((namespace.name.as_str(), registry.port), ("services", None));
    assert_eq!(discovery.name, format!("service{number}"));

    let task = &service.task_definition;
    assert!(task.family.starts_with(&format!("EcsFargateMultipleServicesStack{name}TaskDef")));
    assert_eq!((task.revision, task.cpu, task.memory), (1, 256, 512));
    let [container] = task.containers.as_slice() else { panic!("one container") };
    assert_eq!(container.repository(), format!("service{number}"));
    let image = format!("123456789012.dkr.ecr.us-west-2.amazonaws.com/service{number}:latest");
    assert_eq!(container.image, image);
    assert_eq!(container.ports, [port]);
    assert_eq!((container.essential, container.stop_timeout), (true, seconds(30)));
    let environment: Vec<_> =
        peer.map(|url| ("SERVICE_URL".into(), url.into())).into_iter().collect();
    assert_eq!(container.environment, environment);
}

#[test]
fn cdks_namespace_is_read() {
    for stack in [stack(V1), stack(V2)] {
        let [namespace] = stack.namespaces.as_slice() else { panic!("one namespace") };
        assert_eq!((namespace.name.as_str(), namespace.soa_ttl), ("services", 15));
        let names: Vec<_> = namespace.services.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["service1", "service2", "service3"]);
        for service in &namespace.services {
            assert_eq!(service.records, [DnsRecord { kind: RecordKind::A, ttl: 60 }]);
            assert_eq!(service.routing_policy, RoutingPolicy::Multivalue);
        }
    }
}

#[test]
fn both_versions_of_cdk_mean_the_same_stack() {
    assert_eq!(stack(V1), stack(V2));
}

#[test]
fn what_is_not_emulated_is_listed_once() {
    let stack = stack(V2);
    let ignored = &stack.coverage.ignored;
    let whole = |resource_type: &str| {
        let of_type = ignored.iter().filter(|it| it.resource_type == resource_type);
        let (whole, parts): (Vec<_>, Vec<_>) = of_type.partition(|it| it.part.is_whole());
        assert!(parts.is_empty(), "{parts:?}");
        whole.len()
    };
    let counts = [
        ("AWS::IAM::Role", 6),
        ("AWS::IAM::Policy", 3),
        ("AWS::Logs::LogGroup", 3),
        ("AWS::Route53::RecordSet", 1),
        ("AWS::EC2::VPC", 1),
        ("AWS::EC2::SecurityGroupIngress", 0),
        ("AWS::CDK::Metadata", 0),
        ("AWS::ECS::Cluster", 0),
    ];
    for (resource_type, count) in counts {
        assert_eq!(whole(resource_type), count, "{resource_type}");
    }
    let properties = |id: &str| {
        let of = ignored.iter().filter(|it| it.logical_id == id);
        of.map(|it| it.part.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(properties("ALBAEE750D2"), ["Subnets"]);
    assert_eq!(properties("ALBListener3B99FF85"), [""; 0]);
    assert_eq!(properties("ALBListenerservice1GroupA673C311"), ["VpcId"]);
    assert_eq!(
        properties("ServiceOneService5E70B011"),
        ["NetworkConfiguration.AwsvpcConfiguration.Subnets"]
    );
    assert_eq!(properties("ALBSecurityGroup8B8624F8"), ["VpcId"]);
    assert_eq!(properties("ServiceOneTaskDef7769F075"), ["ExecutionRoleArn"]);
    assert_eq!(properties("GrittsDev0196FEB0"), ["DomainValidationOptions", "ValidationMethod"]);
    let mut seen = std::collections::HashSet::new();
    assert!(ignored.iter().all(|it| seen.insert((&it.logical_id, &it.part))));
}

#[test]
fn json_and_yaml_are_the_same_stack() {
    let stack = stack(SMALL_JSON);
    assert_eq!(stack, self::stack(SMALL_YAML));
    assert_eq!(stack.services[0].desired_count, 2);
    assert_eq!(stack.services[0].cluster, "default");
    assert_eq!(
        (stack.services[0].task_definition.cpu, stack.services[0].task_definition.memory),
        (512, 1024)
    );
    assert_eq!(stack.services[0].task_definition.containers[0].image, "team/web:v1");
    assert_eq!(stack.load_balancers[0].attributes.idle_timeout, seconds(90));
    assert_eq!(stack.namespaces[0].services[0].records[0].ttl, 10);
    assert_eq!(stack.target_groups[0].health_check.matcher, Matcher::Http(vec![200..=299]));
}

#[test]
fn two_starts_give_the_same_values() {
    assert_eq!(stack(V2), stack(V2));
}

#[test]
fn every_beginning_of_a_template_is_an_error() {
    for end in 0..SMALL_JSON.len() {
        read(&SMALL_JSON[..end]).expect_err("a template cut short");
    }
    // A piece of YAML may be a smaller template; reading it must only end.
    for end in 0..SMALL_YAML.len() {
        read(&SMALL_YAML[..end]).ok();
    }
    for end in (0..V2.trim_end().len()).step_by(97) {
        read(&V2[..end]).expect_err("a template cut short");
    }
}

#[test]
fn hostile_templates_are_errors() {
    let mut aliases =
        String::from("Resources: {}\nMetadata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let ten = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(aliases, "  a{level}: &a{level} [{ten}]").unwrap();
    }
    let many = |part: &str| part.repeat(100_000);
    for hostile in [
        aliases,
        many("["),
        many("{\"a\":"),
        many("- "),
        many("? "),
        many("!Sub "),
        many("{\"Fn::Sub\":["),
        format!("{{\"Resources\": {}", many("[")),
        format!("a: {}", many("{a: ")),
        "\u{feff}{".to_owned(),
    ] {
        let start: String = hostile.chars().take(30).collect();
        assert!(parse(&hostile).is_err(), "{}", start.escape_debug());
    }
}

#[test]
fn a_reference_to_nothing_suggests_a_name() {
    let text = SMALL_YAML.replace("LoadBalancerArn: !Ref Lb", "LoadBalancerArn: !Ref Lbb");
    let error = parse(&text).unwrap().resolve(&inputs()).unwrap_err();
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert_eq!(help, "did you mean `Lb`?");
    let path = "`Resources.Http.Properties.LoadBalancerArn` names the parameter or resource `Lbb`";
    assert!(error.to_string().contains(path), "{error}");
}

/// A text that is nearly a template: one of its characters is another.
fn mistyped(template: &'static str) -> impl Strategy<Value = String> {
    (0..template.len(), "[\\[\\]{}:,!&*\"'#\n -]").prop_map(move |(at, other)| {
        let mut text = template.to_owned();
        text.replace_range(at..=at, &other);
        text
    })
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read(&String::from_utf8_lossy(&bytes)).ok();
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in "\\PC{0,200}") {
        read(&text).ok();
        read(&format!("{{{text}")).ok();
    }

    #[test]
    fn no_punctuation_makes_the_readers_panic(text in "[\\[\\]{}:,!&*\"'#|>?~%@\\\\a0 \n\t-]{0,200}") {
        read(&text).ok();
        read(&format!("{{\"Resources\":{text}")).ok();
    }

    #[test]
    fn no_slip_of_the_finger_makes_the_readers_panic(
        text in prop_oneof![mistyped(SMALL_JSON), mistyped(SMALL_YAML)]
    ) {
        read(&text).ok();
    }
}
