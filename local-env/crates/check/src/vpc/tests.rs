//! The answer against a plain reading of the rules, and what must hold of any.

use std::{net::IpAddr, ops::RangeInclusive, sync::Arc};

use proptest::prelude::*;

use super::{End, Passage, Protocol, Reach};
use stack::{
    Container, Coverage, Direction, IcmpKind, RulePlace, SecurityGroup, SecurityGroupId,
    SecurityGroupPeer, SecurityGroupRule, Service, Stack, TaskDefinition, Traffic,
};

const SERVICES: [&str; 3] = ["A", "B", "C"];
const GROUPS: [&str; 3] = ["sg-a", "sg-b", "sg-c"];

fn rule(direction: Direction, traffic: Traffic, peer: SecurityGroupPeer) -> SecurityGroupRule {
    let (logical_id, place) = ("Rule".to_owned(), RulePlace::StandAlone);
    SecurityGroupRule { logical_id: logical_id.into(), place, direction, traffic, peer }
}

fn group(
    id: &str,
    ingress: Vec<SecurityGroupRule>,
    egress: Vec<SecurityGroupRule>,
) -> SecurityGroup {
    let (logical_id, description) = (id.to_owned(), String::new());
    SecurityGroup { logical_id: logical_id.into(), id: id.into(), description, ingress, egress }
}

/// A stack in 10.0.0.0/16 of services that are in these groups.
fn stack(security_groups: Vec<SecurityGroup>, members: &[Vec<SecurityGroupId>]) -> Stack {
    let definition =
        Arc::new(TaskDefinition::new("family", vec![Container::new("web", "team/web")]));
    let service = |(name, groups): (&&str, &Vec<SecurityGroupId>)| Service {
        security_groups: groups.clone(),
        ..Service::new(name, definition.clone())
    };
    Stack {
        name: "test".into(),
        region: "us-west-2".into(),
        account: "000000000000".into(),
        load_balancers: Vec::new(),
        target_groups: Vec::new(),
        services: SERVICES.iter().zip(members).map(service).collect(),
        namespaces: Vec::new(),
        security_groups,
        networks: vec!["10.0.0.0/16".parse().unwrap()],
        coverage: Coverage::default(),
    }
}

/// One service in each of the groups, of which `A` lets this out.
fn lets_out(egress: Vec<SecurityGroupRule>) -> Reach {
    let all = rule(Direction::Ingress, Traffic::All, v4("0.0.0.0/0"));
    let groups = vec![group("sg-a", vec![], egress), group("sg-b", vec![all], vec![])];
    Reach::new(&stack(groups, &[vec!["sg-a".into()], vec!["sg-b".into()]]))
}

fn out(traffic: Traffic, peer: SecurityGroupPeer) -> Vec<SecurityGroupRule> {
    vec![rule(Direction::Egress, traffic, peer)]
}

fn v4(range: &str) -> SecurityGroupPeer {
    SecurityGroupPeer::V4(range.parse().unwrap())
}

fn task(service: &str) -> End {
    End::Task(service.into())
}

fn address(address: &str) -> End {
    End::Address(address.parse().unwrap())
}

fn reaches(reach: &Reach, to: &End, protocol: Protocol, port: u16) -> bool {
    reach.may(&task("A"), to, protocol, port).is_allowed()
}

#[test]
fn a_range_means_tasks_where_it_overlaps_the_vpc() {
    for (range, expected) in [
        ("0.0.0.0/0", true),
        ("10.0.0.0/8", true),
        ("10.0.128.0/24", true),
        ("10.1.0.0/16", false),
        ("255.255.255.255/32", false),
    ] {
        let reach = lets_out(out(Traffic::All, v4(range)));
        assert_eq!(reaches(&reach, &task("B"), Protocol::Tcp, 80), expected, "{range}");
    }
    let v6 = SecurityGroupPeer::V6("::/0".parse().unwrap());
    assert!(!reaches(&lets_out(out(Traffic::All, v6)), &task("B"), Protocol::Tcp, 80));
}

#[test]
fn without_a_vpc_any_private_range_may_be_its() {
    let mut stack = stack(vec![group("sg-a", vec![], out(Traffic::All, v4("172.31.0.0/16")))], &[]);
    stack.networks.clear();
    let a = Service::new("A", Arc::new(TaskDefinition::new("family", vec![])));
    let b = Service { logical_id: "B".into(), ..a.clone() };
    stack.services = vec![Service { security_groups: vec!["sg-a".into()], ..a }, b];
    let reach = Reach::new(&stack);
    let (from, to) = (task("A"), task("B"));
    let Passage::Denied { side, groups, .. } = reach.may(&from, &to, Protocol::Tcp, 80) else {
        panic!("the default group lets its own members in only")
    };
    assert_eq!(
        (side, groups[0].id.clone()),
        (Direction::Ingress, SecurityGroupId::default_of_vpc())
    );
    assert!(reach.may(&to, &to, Protocol::Tcp, 80).is_allowed());
}

#[test]
fn an_address_is_in_a_range_or_not() {
    let reach = lets_out(out(Traffic::All, v4("192.0.2.0/24")));
    assert!(reaches(&reach, &address("192.0.2.7"), Protocol::Tcp, 80));
    assert!(reaches(&reach, &address("::ffff:192.0.2.7"), Protocol::Tcp, 80));
    assert!(!reaches(&reach, &address("198.51.100.7"), Protocol::Tcp, 80));
    let v6 = SecurityGroupPeer::V6("2001:db8::/32".parse().unwrap());
    let reach = lets_out(out(Traffic::All, v6));
    assert!(reaches(&reach, &address("2001:db8::1"), Protocol::Tcp, 80));
    assert!(!reaches(&reach, &address("2001:db9::1"), Protocol::Tcp, 80));
}

#[test]
fn a_protocol_lets_no_other_through() {
    let icmp = Traffic::Icmp(IcmpKind { kind: None, code: None });
    for (traffic, tcp, udp) in [
        (Traffic::Tcp(80..=80), true, false),
        (Traffic::Udp(80..=80), false, true),
        (Traffic::Tcp(81..=90), false, false),
        (Traffic::Other(17), false, true),
        (Traffic::Other(50), false, false),
        (icmp, false, false),
    ] {
        let reach = lets_out(out(traffic.clone(), v4("0.0.0.0/0")));
        assert_eq!(reaches(&reach, &task("B"), Protocol::Tcp, 80), tcp, "{traffic}");
        assert_eq!(reaches(&reach, &task("B"), Protocol::Udp, 80), udp, "{traffic}");
    }
}

#[test]
fn the_vpcs_own_services_need_no_rule() {
    let reach = lets_out(vec![]);
    assert!(reaches(&reach, &address("10.0.0.2"), Protocol::Udp, 53));
    assert!(reaches(&reach, &address("fd00:ec2::253"), Protocol::Tcp, 53));
    assert!(reaches(&reach, &address("169.254.170.2"), Protocol::Tcp, 80));
    assert!(!reaches(&reach, &address("10.0.0.2"), Protocol::Tcp, 80));
    assert!(!reaches(&reach, &address("10.0.0.3"), Protocol::Udp, 53));
}

#[test]
fn a_group_from_outside_the_template_lets_everything_through() {
    let reach = Reach::new(&stack(
        vec![group("sg-a", vec![], vec![])],
        &[vec!["sg-a".into(), "sg-elsewhere".into()], vec!["sg-a".into()]],
    ));
    let (a, b) = (task("A"), task("B"));
    let allowed = Passage::Allowed { egress: None, ingress: None };
    assert_eq!(reach.may(&a, &a, Protocol::Tcp, 80), allowed);
    assert_eq!(allowed.to_string(), "needs no rule");
    assert!(!reach.may(&b, &a, Protocol::Tcp, 80).is_allowed());
}

#[test]
fn who_is_not_in_the_stack_is_told() {
    let reach = lets_out(vec![]);
    let nobody = End::LoadBalancer("Nobody".into());
    let a = task("A");
    for passage in
        [reach.may(&nobody, &a, Protocol::Tcp, 80), reach.may(&a, &nobody, Protocol::Tcp, 80)]
    {
        assert!(!passage.is_allowed());
        assert_eq!(passage.to_string(), "there is no `Nobody` in this stack");
    }
}

#[test]
fn a_passage_names_the_rule_or_the_groups_without_one() {
    let reach = lets_out(out(Traffic::Tcp(7071..=7071), SecurityGroupPeer::Group("sg-b".into())));
    let (a, b) = (task("A"), task("B"));
    assert_eq!(
        reach.may(&a, &b, Protocol::Tcp, 7071).to_string(),
        "let out by `Rule` (tcp 7071 to `sg-b`) and in by `Rule` (everything from 0.0.0.0/0)"
    );
    assert_eq!(
        reach.may(&a, &b, Protocol::Tcp, 7072).to_string(),
        "`sg-a` does not let tcp 7072 out to `B`; `sg-a` lets out tcp 7071 to `sg-b`"
    );
    let groups = vec![group("sg-a", vec![], vec![]), group("sg-b", vec![], vec![])];
    let reach = Reach::new(&stack(groups, &[vec!["sg-a".into(), "sg-b".into()]]));
    assert_eq!(
        reach.may(&address("192.0.2.1"), &a, Protocol::Udp, 9).to_string(),
        "`sg-a` and `sg-b` do not let udp 9 in from 192.0.2.1; \
         `sg-a` lets in nothing, `sg-b` lets in nothing"
    );
}

/// What a task of `from` may do by the letter of the rules, without a thought for anything else.
fn by_the_letter(stack: &Stack, from: usize, to: usize, protocol: Protocol, port: u16) -> bool {
    let groups = |service: usize| &stack.services[service].security_groups;
    let side = |own: usize, other: usize, direction: Direction| {
        let mut passes = false;
        for group in &stack.security_groups {
            for rule in group.rules(direction) {
                let ports = match (&rule.traffic, protocol) {
                    (Traffic::All, _) => 0..=65535,
                    (Traffic::Tcp(ports), Protocol::Tcp) | (Traffic::Udp(ports), Protocol::Udp) => {
                        ports.clone()
                    }
                    _ => continue,
                };
                let peer = match &rule.peer {
                    SecurityGroupPeer::Group(id) => groups(other).contains(id),
                    // Those that are drawn are in the VPC, around it, or apart.
                    SecurityGroupPeer::V4(range) => {
                        let first: IpAddr = range.network().into();
                        range.prefix_len() == 0 || first.to_string().starts_with("10.0.")
                    }
                    _ => false,
                };
                let is_member = groups(own).contains(&group.id);
                passes |= is_member && peer && *ports.start() <= port && port <= *ports.end();
            }
        }
        passes
    };
    side(from, to, Direction::Egress) && side(to, from, Direction::Ingress)
}

fn ports() -> impl Strategy<Value = RangeInclusive<u16>> {
    (0_u16..6, 0_u16..6).prop_map(|(one, other)| one.min(other)..=one.max(other))
}

fn traffics() -> impl Strategy<Value = Traffic> {
    prop_oneof![
        Just(Traffic::All),
        ports().prop_map(Traffic::Tcp),
        ports().prop_map(Traffic::Udp),
        Just(Traffic::Other(50)),
    ]
}

fn peers() -> impl Strategy<Value = SecurityGroupPeer> {
    prop_oneof![
        prop::sample::select(&GROUPS[..]).prop_map(|id| SecurityGroupPeer::Group(id.into())),
        prop::sample::select(&["0.0.0.0/0", "10.0.0.0/8", "10.0.7.0/24", "10.7.0.0/16"][..])
            .prop_map(v4),
        Just(SecurityGroupPeer::PrefixList("pl-1".into())),
        Just(SecurityGroupPeer::Nobody),
    ]
}

fn rules(direction: Direction) -> impl Strategy<Value = Vec<SecurityGroupRule>> {
    let one = (traffics(), peers()).prop_map(move |(traffic, peer)| rule(direction, traffic, peer));
    prop::collection::vec(one, 0..4)
}

/// Three groups, and three services that are each in some of them.
fn stacks() -> impl Strategy<Value = Stack> {
    let group = |id: &'static str| {
        (rules(Direction::Ingress), rules(Direction::Egress))
            .prop_map(move |(ingress, egress)| group(id, ingress, egress))
    };
    let members = || {
        prop::sample::subsequence(&GROUPS[..], 1..=3)
            .prop_map(|ids| ids.into_iter().map(SecurityGroupId::from).collect::<Vec<_>>())
    };
    (GROUPS.map(group), [members(), members(), members()])
        .prop_map(|(groups, members)| stack(groups.into(), &members))
}

fn protocols() -> impl Strategy<Value = Protocol> {
    prop_oneof![Just(Protocol::Tcp), Just(Protocol::Udp)]
}

/// Of every service to every other and from outside, whether it may.
fn everything(stack: &Stack, protocol: Protocol, port: u16) -> Vec<bool> {
    let reach = Reach::new(stack);
    let ends: Vec<_> =
        SERVICES.into_iter().map(task).chain([address("10.0.7.9"), address("192.0.2.9")]).collect();
    let pairs = ends.iter().flat_map(|from| ends.iter().map(move |to| (from, to)));
    pairs.map(|(from, to)| reach.may(from, to, protocol, port).is_allowed()).collect()
}

proptest! {
    #[test]
    fn the_answer_is_what_the_rules_say(
        stack in stacks(),
        from in 0_usize..3,
        to in 0_usize..3,
        protocol in protocols(),
        port in 0_u16..7,
    ) {
        let reach = Reach::new(&stack);
        let (one, other) = (task(SERVICES[from]), task(SERVICES[to]));
        let passage = reach.may(&one, &other, protocol, port);
        let expected = by_the_letter(&stack, from, to, protocol, port);
        prop_assert_eq!(passage.is_allowed(), expected, "{}", passage);
        if let Passage::Allowed { egress, ingress } = passage {
            prop_assert!(egress.is_some() && ingress.is_some());
        }
    }

    #[test]
    fn one_rule_less_never_allows_more(
        stack in stacks(),
        group in 0_usize..3,
        which in any::<prop::sample::Index>(),
        protocol in protocols(),
        port in 0_u16..7,
    ) {
        let mut fewer = stack.clone();
        let group = &mut fewer.security_groups[group];
        for rules in [&mut group.ingress, &mut group.egress] {
            if !rules.is_empty() {
                rules.remove(which.index(rules.len()));
            }
        }
        let (with, without) = (everything(&stack, protocol, port), everything(&fewer, protocol, port));
        prop_assert!(without.iter().zip(&with).all(|(without, with)| without <= with));
    }

    #[test]
    fn one_more_group_never_denies_more(
        stack in stacks(),
        service in 0_usize..3,
        group in 0_usize..3,
        protocol in protocols(),
        port in 0_u16..7,
    ) {
        let mut more = stack.clone();
        more.services[service].security_groups.push(GROUPS[group].into());
        let (with, without) = (everything(&more, protocol, port), everything(&stack, protocol, port));
        prop_assert!(without.iter().zip(&with).all(|(without, with)| without <= with));
    }
}
