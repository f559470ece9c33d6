//! What AWS would refuse, or what cannot be run here, is told with its place.

mod actions;
mod conditions;
mod containers;
mod listeners;
mod load_balancers;
mod namespaces;
mod rules;
mod security_groups;
mod services;
mod target_groups;
mod transforms;

use crate::StackError;
use cloudformation::{Inputs, Source, Template};
use stack::{Action, Allowed, Condition, Forward, Patterns, Rule, Stack};

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

/// The listener's protocol, and what makes it another.
const HTTP: &str = "Protocol: HTTP\n      Def";
const HTTPS: &str = "Protocol: HTTPS\n      Certificates: [{CertificateArn: x}]\n      Def";
/// What the listener and the rule do.
const DEFAULT_ACTION: &str = "{Type: fixed-response, FixedResponseConfig: {StatusCode: '404'}}";
const ACTION: &str = "{Type: forward, TargetGroupArn: !Ref Group}";
/// Something in the target group that others may stand in place of.
const IN_GROUP: &str = "HealthCheckPath: /a";

/// The template with parts in others' places.
fn read_with(changes: &[(&str, &str)], allowed: Allowed) -> Result<Stack, StackError> {
    read_changed(TEMPLATE, changes, allowed)
}

/// A template with parts, each of which it has once, in others' places.
pub(super) fn read_changed(
    template: &str,
    changes: &[(&str, &str)],
    allowed: Allowed,
) -> Result<Stack, StackError> {
    let mut text = template.to_owned();
    for (part, other) in changes {
        assert_eq!(text.matches(part).count(), 1, "`{part}` is in the template once");
        text = text.replace(part, other);
    }
    let source = Source::new("test.yaml", &text);
    let resolved = Template::parse(&source).and_then(|it| it.resolve(&Inputs::new("Shop")));
    crate::read(&resolved.unwrap_or_else(|error| panic!("{error}")), allowed)
}

/// The template with one part in another's place.
fn read(part: &str, other: &str) -> Result<Stack, StackError> {
    read_with(&[(part, other)], Allowed::default())
}

/// The only problem that there is.
#[track_caller]
fn problem(read: Result<Stack, StackError>) -> String {
    let error = read.expect_err("a problem");
    let told: Vec<_> = error.problems().iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    told.concat()
}

/// The rule of a stack that has one.
fn rule(stack: &Stack) -> Rule {
    stack.load_balancers[0].listeners[0].rules[0].clone()
}

/// What is listed as ignored, without what the template itself has of that.
fn ignored(part: &str, other: &str) -> Vec<String> {
    let ignored = changed(part, other).coverage.ignored;
    let of = |it: &stack::Ignored| {
        let part = if it.part.is_whole() { "*".to_owned() } else { it.part.to_string() };
        format!("{}.{part}", it.logical_id)
    };
    ignored.iter().map(of).filter(|name| name != "Space.Vpc").collect()
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
        .map(|it| (it.logical_id.as_str(), it.part.to_string()))
        .collect();
    assert_eq!(names, [("Space", "Vpc".to_owned())]);
}

#[test]
fn what_changes_nothing_is_listed() {
    let launch = "LaunchType: FARGATE";
    assert_eq!(ignored(launch, "Tags: [{Key: a, Value: b}]"), [""; 0]);
    assert_eq!(
        ignored(launch, "ServiceConnectConfiguration: {Enabled: false, Namespace: x}"),
        [""; 0]
    );
    assert_eq!(
        ignored(launch, "DeploymentConfiguration: {Alarms: {Enable: true, AlarmNames: [a]}}"),
        ["Web.DeploymentConfiguration.Alarms"]
    );
    assert_eq!(
        ignored(
            "HealthCheckPath: /a",
            "TargetGroupAttributes: [{Key: load_balancing.cross_zone.enabled, Value: 'false'}, {Key: load_balancing.algorithm.type, Value: round_robin}]"
        ),
        ["Group.TargetGroupAttributes.load_balancing.cross_zone.enabled"]
    );
    let queue = "  Queue: {Type: AWS::SQS::Queue}\n  Space:";
    assert_eq!(ignored("  Space:", queue), ["Queue.*"]);
}

#[test]
fn types_that_would_change_the_routing_are_refused() {
    let error =
        read("  Space:", "  Other: {Type: AWS::CloudFormation::Macro}\n  Space:").unwrap_err();
    let told = error.problems()[0].to_string();
    assert_eq!(told, "`Resources.Other` asks for a macro, which is not emulated");
}

#[test]
fn a_web_acl_in_front_of_a_load_balancer_is_refused() {
    let association = |arn: &str| {
        format!(
            "  Wall:\n    Type: AWS::WAFv2::WebACLAssociation\n    \
             Properties: {{WebACLArn: a, ResourceArn: {arn}}}\n  Space:"
        )
    };
    let told = problem(read("  Space:", &association("!Ref Lb")));
    assert_eq!(told, "`Resources.Wall` asks for a web ACL, which is not emulated");
    let other = association("'arn:aws:apigateway:us-west-2::/restapis/a/stages/b'");
    assert_eq!(ignored("  Space:", &other), ["Wall.*"]);
}

#[test]
fn all_resources_with_problems_are_told_at_once() {
    let other = TEMPLATE
        .replace("Priority: 10", "Priority: 0")
        .replace("TargetType: ip", "TargetType: alb");
    let source = Source::new("test.yaml", &other);
    let resolved = Template::parse(&source).unwrap().resolve(&Inputs::new("Shop")).unwrap();
    let error = crate::read(&resolved, Allowed::default()).unwrap_err();
    assert_eq!(error.problems().len(), 2);
    assert_eq!(error.to_string(), "test.yaml has 2 problems");
}
