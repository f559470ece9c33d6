//! Security groups: who may reach whom, read off a template (cloudmap-ecs §5). What becomes of a
//! connection that no rule lets through is not shown here.

use std::fmt::Write;

use check::vpc::{End, Protocol, Reach};
use cloudformation::PropertyPath;
use stack::{Stack, Warning};

use test_support::setup::read;

/// What CDK writes for the stack of this repository.
const CDK: &str = include_str!("../../../../infra/tests/data/cdk-v2.json");

/// A service on port 8080, two more that call it, and a load balancer, each in the group of its
/// name: `Web` in `WebSG`. Rules and groups are to be added.
const TEMPLATE: &str = "
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Lb: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {SecurityGroups: [!Ref LbSG]}}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Cpu: 256
      Memory: 512
      NetworkMode: awsvpc
      ContainerDefinitions: [{Name: web, Image: team/web, PortMappings: [{ContainerPort: 8080}]}]
";
const SERVICES: [&str; 2] = ["Web", "Caller"];
/// What every group is without rules of its own, and what CDK writes to let nothing out.
const NOTHING: &str = "";
const EVERYTHING_OUT: &str = "SecurityGroupEgress: [{CidrIp: 0.0.0.0/0, IpProtocol: '-1', \
                              Description: Allow all outbound traffic by default}]";
const PLACEHOLDER: &str = "SecurityGroupEgress: [{CidrIp: 255.255.255.255/32, IpProtocol: icmp, \
                           FromPort: 252, ToPort: 86, Description: Disallow all traffic}]";
const FROM_ANYONE: &str = "SecurityGroupIngress: [{CidrIp: 0.0.0.0/0, IpProtocol: tcp, \
                           FromPort: 80, ToPort: 80, Description: Allow from anyone on port 80}]";
const WEB_FROM_CALLER: &str = "{Type: AWS::EC2::SecurityGroupIngress, Properties: {\
    GroupId: !GetAtt WebSG.GroupId, IpProtocol: tcp, FromPort: 8080, ToPort: 8080, \
    SourceSecurityGroupId: !GetAtt CallerSG.GroupId}}";

/// Groups by name with their properties, and stand-alone rules by logical id.
fn stack(groups: &[(&str, &str)], rules: &[(&str, &str)]) -> Stack {
    let mut text = TEMPLATE.to_owned();
    for service in SERVICES {
        let network = format!("{{AwsvpcConfiguration: {{SecurityGroups: [!Ref {service}SG]}}}}");
        let properties = format!("{{TaskDefinition: !Ref Task, NetworkConfiguration: {network}}}");
        writeln!(text, "  {service}: {{Type: AWS::ECS::Service, Properties: {properties}}}")
            .unwrap();
    }
    for name in ["LbSG", "WebSG", "CallerSG"] {
        let found = groups.iter().find(|(group, _)| *group == name);
        let own = found.map_or(NOTHING, |(_, properties)| *properties);
        let properties = format!("{{GroupDescription: {name}, {own}}}");
        writeln!(text, "  {name}: {{Type: AWS::EC2::SecurityGroup, Properties: {properties}}}")
            .unwrap();
    }
    for (id, rule) in rules {
        writeln!(text, "  {id}: {rule}").unwrap();
    }
    read(&text)
}

fn task(service: &str) -> End {
    End::Task(service.into())
}

fn balancer(id: &str) -> End {
    End::LoadBalancer(id.into())
}

fn outside() -> End {
    End::Address("192.0.2.1".parse().unwrap())
}

/// Whether a connection over TCP may be made, and why.
fn asked(stack: &Stack, from: &End, to: &End, port: u16) -> (bool, String) {
    let reach = Reach::new(stack);
    let verdict = reach.may(from, to, Protocol::Tcp, port);
    (verdict.is_allowed(), verdict.to_string())
}

#[track_caller]
fn allowed(stack: &Stack, from: &End, to: &End, port: u16) {
    let (allowed, why) = asked(stack, from, to, port);
    assert!(allowed, "{why}");
}

/// It is not allowed, and the reason begins like this.
#[track_caller]
fn denied(stack: &Stack, from: &End, to: &End, port: u16, expected: &str) {
    let (allowed, why) = asked(stack, from, to, port);
    assert!(!allowed && why.starts_with(expected), "{why}");
}

#[test]
fn ecs_089_tasks_of_one_group_connect_by_a_rule_that_names_it_only() {
    let web = task("Web");
    let without = stack(&[], &[]);
    denied(&without, &web, &web, 8080, "`WebSG` does not let tcp 8080 in from `Web`");
    let own = "{Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !Ref WebSG, \
               IpProtocol: '-1', SourceSecurityGroupId: !Ref WebSG}}";
    let with = stack(&[], &[("Own", own)]);
    allowed(&with, &web, &web, 8080);
    denied(&with, &task("Caller"), &web, 8080, "`WebSG` does not let tcp 8080 in from `Caller`");
}

#[test]
fn ecs_090_answers_and_names_need_no_rule() {
    let stack =
        stack(&[("WebSG", PLACEHOLDER), ("CallerSG", EVERYTHING_OUT)], &[("In", WEB_FROM_CALLER)]);
    let (web, caller) = (task("Web"), task("Caller"));
    // Nothing lets an answer out of `WebSG`, nor into `CallerSG`, and nothing is asked for.
    allowed(&stack, &caller, &web, 8080);
    denied(&stack, &web, &caller, 8080, "`WebSG` does not let");
    let reach = Reach::new(&stack);
    let resolver = End::Address("10.0.0.2".parse().unwrap());
    for protocol in [Protocol::Udp, Protocol::Tcp] {
        assert_eq!(reach.may(&web, &resolver, protocol, 53).to_string(), "needs no rule");
        assert!(!reach.may(&web, &outside(), protocol, 53).is_allowed());
    }
}

#[test]
fn ecs_092_a_rule_without_a_peer_grants_nothing_and_is_told() {
    let inline = "SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 8080, ToPort: 8080}]";
    let alone = "{Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !Ref WebSG, \
                 IpProtocol: '-1'}}";
    let stack = stack(&[("WebSG", inline)], &[("Alone", alone)]);
    denied(&stack, &task("Caller"), &task("Web"), 8080, "`WebSG` does not let");
    denied(&stack, &outside(), &task("Web"), 8080, "`WebSG` does not let");
    let of = |logical_id: &str, property: PropertyPath| Warning::NoPeer {
        logical_id: logical_id.into(),
        property,
    };
    let warnings = [
        of("WebSG", PropertyPath::default().key("SecurityGroupIngress").index(0)),
        of("Alone", PropertyPath::default()),
    ];
    assert_eq!(stack.coverage.warnings, warnings);
    assert_eq!(
        stack.coverage.warnings[0].to_string(),
        "`WebSG.SecurityGroupIngress[0]` names no peer, so it lets nothing through; give it a CIDR \
         or a security group"
    );
}

#[test]
fn ecs_093_a_group_lets_out_everything_or_what_its_rules_say() {
    let (caller, web) = (task("Caller"), task("Web"));
    let rules = [("In", WEB_FROM_CALLER)];
    for everything in [NOTHING, "SecurityGroupEgress: []", EVERYTHING_OUT] {
        let stack = stack(&[("CallerSG", everything)], &rules);
        allowed(&stack, &caller, &web, 8080);
        allowed(&stack, &caller, &outside(), 443);
    }
    let nothing = stack(&[("CallerSG", PLACEHOLDER)], &rules);
    denied(&nothing, &caller, &web, 8080, "`CallerSG` does not let tcp 8080 out to `Web`");
    denied(&nothing, &caller, &outside(), 443, "`CallerSG` does not let tcp 443 out to 192.0.2.1");
    let alone = "{Type: AWS::EC2::SecurityGroupEgress, Properties: {GroupId: !Ref CallerSG, \
                 IpProtocol: tcp, FromPort: 8080, ToPort: 8080, DestinationSecurityGroupId: !Ref WebSG}}";
    let one = stack(&[], &[("In", WEB_FROM_CALLER), ("Out", alone)]);
    allowed(&one, &caller, &web, 8080);
    denied(
        &one,
        &caller,
        &outside(),
        443,
        "`CallerSG` does not let tcp 443 out to 192.0.2.1; `CallerSG` lets out tcp 8080 to `WebSG`",
    );
    assert_eq!(one.coverage.warnings, []);
}

#[test]
fn ecs_094_cdks_rules_let_a_load_balancer_to_its_targets_and_clients_to_open_listeners() {
    let cdk = read(CDK);
    let [lb] = cdk.load_balancers.as_slice() else { panic!("one load balancer") };
    let lb = balancer(lb.logical_id.as_str());
    let one = task("ServiceOneService5E70B011");
    allowed(&cdk, &lb, &one, 7071);
    denied(&cdk, &lb, &one, 7074, "`ALBSecurityGroup8B8624F8` does not let tcp 7074 out");
    denied(&cdk, &outside(), &one, 7071, "`servicesSecurityGroup2E91EED3` does not let");
    allowed(&cdk, &outside(), &lb, 80);
    allowed(&cdk, &outside(), &lb, 443);
    denied(&cdk, &outside(), &lb, 8080, "`ALBSecurityGroup8B8624F8` does not let tcp 8080 in");
    assert_eq!(cdk.coverage.warnings, []);

    let to_target =
        "Description: Load balancer to target, IpProtocol: tcp, FromPort: 8080, ToPort: 8080";
    let ingress = format!(
        "{{Type: AWS::EC2::SecurityGroupIngress, Properties: {{GroupId: !GetAtt WebSG.GroupId, \
         SourceSecurityGroupId: !GetAtt LbSG.GroupId, {to_target}}}}}"
    );
    let egress = format!(
        "{{Type: AWS::EC2::SecurityGroupEgress, Properties: {{GroupId: !GetAtt LbSG.GroupId, \
         DestinationSecurityGroupId: !GetAtt WebSG.GroupId, {to_target}}}}}"
    );
    let rules = [("In", ingress.as_str()), ("Out", egress.as_str())];
    let (web, lb) = (task("Web"), balancer("Lb"));
    for (listener, open) in [(FROM_ANYONE, true), (NOTHING, false)] {
        let stack = stack(&[("LbSG", listener), ("WebSG", EVERYTHING_OUT)], &rules);
        allowed(&stack, &lb, &web, 8080);
        denied(&stack, &lb, &web, 8081, "`LbSG` does not let tcp 8081 out to `Web`");
        denied(&stack, &lb, &task("Caller"), 8080, "`LbSG` does not let");
        assert_eq!(asked(&stack, &outside(), &lb, 80).0, open);
    }
}
