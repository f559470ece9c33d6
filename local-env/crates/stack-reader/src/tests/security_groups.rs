//! Security groups, their rules and their members.

use super::*;
use stack::{
    Direction, IcmpKind, RulePlace, SecurityGroup, SecurityGroupId, SecurityGroupPeer, Traffic,
    Warning,
};

const SPACE: &str = "  Space:";
const LAUNCH: &str = "LaunchType: FARGATE";

/// Resources beside those of the template.
fn with(resources: &str) -> String {
    format!("{resources}\n{SPACE}")
}

/// A group with these properties.
fn group(properties: &str) -> String {
    with(&format!(
        "  Web1: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: d, {properties}}}}}"
    ))
}

/// A group with this rule in.
fn ingress(rule: &str) -> String {
    group(&format!("SecurityGroupIngress: [{{{rule}}}]"))
}

fn groups(resources: &str) -> Vec<SecurityGroup> {
    changed(SPACE, resources).security_groups
}

/// What the only rule in of the only group of a template lets through.
fn traffic(rule: &str) -> Traffic {
    groups(&ingress(rule))[0].ingress[0].traffic.clone()
}

#[test]
fn rules_are_checked() {
    let told = |rule: &str, expected: &str| {
        let expected = expected.replace('@', "Resources.Web1.Properties.SecurityGroupIngress[0]");
        assert_eq!(problem(read(SPACE, &ingress(rule))), expected, "{rule}");
    };
    told("CidrIp: 0.0.0.0/0", "`@.IpProtocol` is absent");
    told("IpProtocol: tpc", "`@.IpProtocol` is `tpc`");
    told("IpProtocol: 256", "`@.IpProtocol` is `256`");
    told("IpProtocol: tcp, FromPort: 80", "`@.ToPort` is absent");
    told("IpProtocol: udp, FromPort: 80, ToPort: 65536", "`@.ToPort` is 65536");
    told(
        "IpProtocol: tcp, FromPort: -1, ToPort: -1",
        "`@.FromPort` must be a whole number, and is `-1`",
    );
    told("IpProtocol: tcp, FromPort: 80, ToPort: 79", "`@.ToPort` is 79, below the `FromPort` 80");
    told("IpProtocol: icmp, FromPort: 256, ToPort: -1", "`@.FromPort` is 256");
    told("IpProtocol: icmp, FromPort: -1, ToPort: 3", "`@.ToPort` is the code 3 of all types");
    told("IpProtocol: -1, CidrIp: 10.0.0.1", "`@.CidrIp` is `10.0.0.1`");
    told("IpProtocol: -1, CidrIp: '::/0'", "`@.CidrIp` is `::/0`");
    told("IpProtocol: -1, CidrIpv6: 0.0.0.0/0", "`@.CidrIpv6` is `0.0.0.0/0`");
    told(
        "IpProtocol: -1, CidrIp: 0.0.0.0/0, SourceSecurityGroupId: sg-1",
        "`@.SourceSecurityGroupId` is a second peer beside `CidrIp`",
    );
    told(
        "IpProtocol: -1, SourceSecurityGroupName: web",
        "`@.SourceSecurityGroupName` asks for a group by its name, which is not emulated",
    );
}

#[test]
fn groups_and_their_members_are_checked() {
    let nameless = "  Web1: {Type: AWS::EC2::SecurityGroup}";
    assert_eq!(
        problem(read(SPACE, &with(nameless))),
        "`Resources.Web1.Properties.GroupDescription` is absent"
    );
    let rule = "  In: {Type: AWS::EC2::SecurityGroupIngress, Properties: {IpProtocol: -1}}";
    assert_eq!(problem(read(SPACE, &with(rule))), "`Resources.In.Properties.GroupId` is absent");
    let six = "NetworkConfiguration: {AwsvpcConfiguration: {SecurityGroups: [a, b, c, d, e, f]}}";
    each_is_told(
        "Web",
        &[(
            LAUNCH,
            six,
            "`@.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups[5]` is one security group too many",
        )],
    );
    let vpc = "  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0}}";
    assert_eq!(
        problem(read(SPACE, &with(vpc))),
        "`Resources.Vpc.Properties.CidrBlock` is `10.0.0.0`"
    );
}

#[test]
fn a_protocol_has_a_name_or_a_number() {
    assert_eq!(traffic("IpProtocol: TCP, FromPort: '80', ToPort: 90"), Traffic::Tcp(80..=90));
    assert_eq!(traffic("IpProtocol: 17, FromPort: 53, ToPort: 53"), Traffic::Udp(53..=53));
    assert_eq!(traffic("IpProtocol: '-1', FromPort: 80, ToPort: 80"), Traffic::All);
    assert_eq!(traffic("IpProtocol: 50, FromPort: 80, ToPort: 80"), Traffic::Other(50));
    let all = IcmpKind { kind: None, code: None };
    assert_eq!(traffic("IpProtocol: icmpv6"), Traffic::Icmpv6(all));
    assert_eq!(
        traffic("IpProtocol: icmp, FromPort: 252, ToPort: 86"),
        Traffic::Icmp(IcmpKind { kind: Some(252), code: Some(86) })
    );
}

#[test]
fn ports_that_mean_nothing_are_listed() {
    assert_eq!(
        ignored(SPACE, &ingress("IpProtocol: -1, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0")),
        ["Web1.SecurityGroupIngress[0].FromPort", "Web1.SecurityGroupIngress[0].ToPort"]
    );
    assert_eq!(
        ignored(SPACE, &ingress("IpProtocol: -1, FromPort: 0, ToPort: 65535, CidrIp: 0.0.0.0/0")),
        [""; 0]
    );
}

#[test]
fn inline_and_stand_alone_rules_of_a_group_go_together() {
    let groups = groups(&with(
        "  Out:
    Type: AWS::EC2::SecurityGroupEgress
    Properties: {GroupId: !Ref Web1, IpProtocol: tcp, FromPort: 1, ToPort: 2, DestinationSecurityGroupId: !GetAtt Web1.GroupId}
  Web1:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: of the web
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.1.2.3/16}]",
    ));
    let [web, default] = groups.as_slice() else { panic!("{groups:?}") };
    assert_eq!(*default, SecurityGroup::default_of_vpc());
    assert_eq!((web.logical_id.as_str(), web.description.as_str()), ("Web1", "of the web"));
    assert!(web.id.as_str().starts_with("sg-"), "{web:?}");
    let [inside] = web.ingress.as_slice() else { panic!("{web:?}") };
    assert_eq!(inside.to_string(), "`Web1.SecurityGroupIngress[0]` (tcp 80 from 10.1.0.0/16)");
    let [out] = web.egress.as_slice() else { panic!("{web:?}") };
    assert_eq!((out.place, out.direction), (RulePlace::StandAlone, Direction::Egress));
    assert_eq!(out.peer, SecurityGroupPeer::Group(web.id.clone()));
    assert_eq!(out.to_string(), "`Out` (tcp 1-2 to `Web1`)");
}

#[test]
fn members_are_named_by_id() {
    let resources = "  Web1: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d}}
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.9.0.0/16}}";
    let network = "NetworkConfiguration: {AwsvpcConfiguration: {AssignPublicIp: DISABLED, \
                   SecurityGroups: [!Ref Web1, sg-1, !GetAtt Vpc.DefaultSecurityGroup]}}";
    let balancer = "{Type: application}";
    let stack = read_with(
        &[(SPACE, &with(resources)), (LAUNCH, network), (balancer, "{SecurityGroups: [sg-2]}")],
        Allowed::default(),
    )
    .unwrap();
    let own = stack.security_groups[0].id.clone();
    let default = SecurityGroupId::default_of_vpc();
    assert_eq!(stack.services[0].security_groups, [own, "sg-1".into(), default]);
    assert_eq!(stack.load_balancers[0].security_groups, ["sg-2".into()]);
    assert_eq!(stack.networks, ["10.9.0.0/16".parse().unwrap()]);
    let told: Vec<_> = stack.coverage.ignored.iter().map(|it| it.part.to_string()).collect();
    let strangers =
        ["SecurityGroups[0]", "NetworkConfiguration.AwsvpcConfiguration.SecurityGroups[1]"];
    assert!(strangers.iter().all(|it| told.iter().any(|told| told == it)), "{told:?}");
}

#[test]
fn rules_of_a_group_from_elsewhere_are_listed() {
    let rule = "  In: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: sg-1, IpProtocol: -1, CidrIp: 0.0.0.0/0}}";
    assert_eq!(ignored(SPACE, &with(rule)), ["In.GroupId"]);
}

#[test]
fn the_default_group_takes_rules_as_any_other_does() {
    let rule = "  Vpc: {Type: AWS::EC2::VPC}
  Out: {Type: AWS::EC2::SecurityGroupEgress, Properties: {GroupId: !GetAtt Vpc.DefaultSecurityGroup, IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 0.0.0.0/0}}";
    let groups = groups(&with(rule));
    let out: Vec<_> = groups[0].egress.iter().map(ToString::to_string).collect();
    assert_eq!(out, ["`Out` (tcp 1 to 0.0.0.0/0)"]);
}

#[test]
fn an_inline_rule_for_everything_out_beside_a_stand_alone_one_is_warned_of() {
    let everything = "SecurityGroupEgress: [{IpProtocol: -1, CidrIp: 0.0.0.0/0}]";
    let out = "  Out: {Type: AWS::EC2::SecurityGroupEgress, Properties: {GroupId: !Ref Web1, IpProtocol: -1, CidrIp: 10.0.0.0/8}}\n";
    assert_eq!(changed(SPACE, &group(everything)).coverage.warnings, []);
    let stack = changed(SPACE, &format!("{out}{}", group(everything)));
    assert_eq!(
        stack.coverage.warnings,
        [Warning::LostEgress {
            logical_id: "Web1".into(),
            group: stack.security_groups[0].id.clone(),
            rule: "Out".into(),
        }]
    );
    assert_eq!(
        stack.coverage.warnings[0].to_string(),
        "`Web1` lets everything out by itself and has `Out` too: AWS may take the first away when \
         it adds the second; keep one of them"
    );
}
