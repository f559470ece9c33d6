//! Who has to reach whom through security groups, and cannot (cloudmap-ecs §5.1).

use super::{Severity, code, subject::Subject, value};
use crate::vpc::{End, Passage, Protocol, Reach};
use stack::{
    Action, Arn, Direction, HealthCheckPort, LoadBalancer, SecurityGroup, SecurityGroupId,
    SecurityGroupPeer, Service, ServiceLoadBalancer, TargetGroup, Traffic,
};
use stack_reader::resource_type::{SECURITY_GROUP_EGRESS, SECURITY_GROUP_INGRESS};

const TCP: u8 = 6;
const HTTPS: u16 = 443;

pub(super) fn check(subject: &Subject<'_>) {
    let reach = Reach::new(subject.stack);
    for service in subject.stack.services.iter().filter(|it| subject.has_groups(it)) {
        for (index, entry) in service.load_balancers.iter().enumerate() {
            for balancer in balancers(subject, &entry.target_group) {
                from_balancer(subject, &reach, service, (index, entry), balancer);
            }
        }
        let resource = subject.resource(&service.logical_id);
        if resource.is_some_and(|it| subject.is_on_fargate(it)) {
            egress(subject, service);
        }
    }
    for balancer in &subject.stack.load_balancers {
        listeners(subject, balancer);
    }
}

/// Returns the load balancers that forward to a target group.
fn balancers<'a>(subject: &Subject<'a>, group: &Arn) -> impl Iterator<Item = &'a LoadBalancer> {
    let forwards = |balancer: &&LoadBalancer| {
        let actions = balancer.listeners.iter().flat_map(|listener| {
            let rules = listener.rules.iter().map(|rule| &rule.action);
            rules.chain([&listener.default_action])
        });
        actions.into_iter().any(|action| forwards_to(action, group))
    };
    subject.stack.load_balancers.iter().filter(forwards).collect::<Vec<_>>().into_iter()
}

/// Returns whether an action sends requests to a target group, however few.
pub(super) fn forwards_to(action: &Action, group: &Arn) -> bool {
    match action {
        Action::Forward(forward) => {
            forward.target_groups.iter().any(|it| it.target_group == *group)
        }
        Action::Unauthenticated(_, action) => forwards_to(action, group),
        Action::Redirect(_) | Action::FixedResponse(_) => false,
    }
}

fn from_balancer(
    subject: &Subject<'_>,
    reach: &Reach,
    service: &Service,
    (index, entry): (usize, &ServiceLoadBalancer),
    balancer: &LoadBalancer,
) {
    let (from, to) =
        (End::LoadBalancer(balancer.logical_id.clone()), End::Task(service.logical_id.clone()));
    let port = entry.container_port;
    let passage = reach.may(&from, &to, Protocol::Tcp, port);
    if let Passage::Denied { side, .. } = passage {
        let id = &service.logical_id;
        let place = subject.at_id(id, &value::item("LoadBalancers", index).key("ContainerPort"));
        let message = format!("{from} cannot reach the tasks of `{id}` on port {port}: {passage}");
        let mend = rule(side, &balancer.security_groups, &service.security_groups, port);
        subject.tell(&code::BALANCER_TO_TASK, place, message, mend);
    }
    if let Some(group) = subject.stack.target_group(&entry.target_group)
        && let HealthCheckPort::Port(checked) = group.health_check.port
        && checked != port
    {
        let passage = reach.may(&from, &to, Protocol::Tcp, checked);
        health_check_port(subject, service, group, (checked, &passage));
    }
}

fn health_check_port(
    subject: &Subject<'_>,
    service: &Service,
    group: &TargetGroup,
    (port, passage): (u16, &Passage<'_>),
) {
    let mut containers = service.task_definition.containers.iter();
    let (severity, why) = if !passage.is_allowed() {
        (Severity::Error, passage.to_string())
    } else if !containers.any(|it| it.ports.contains(&port)) {
        (Severity::Warning, "no container maps it".to_owned())
    } else {
        return;
    };
    let id = &service.logical_id;
    let message = format!("the health check asks the tasks of `{id}` on port {port}: {why}");
    let place = subject.at_id(&group.logical_id, &value::key("HealthCheckPort"));
    let mend = "HealthCheckPort: traffic-port";
    subject.tell_as(severity, &code::HEALTH_CHECK_PORT, place, message, mend);
}

/// Returns a rule that lets `from` reach `to`, on the side that lacks one.
pub(super) fn rule(
    side: Direction,
    from: &[SecurityGroupId],
    to: &[SecurityGroupId],
    port: u16,
) -> String {
    let (name, kind) = match side {
        Direction::Ingress => ("Ingress", SECURITY_GROUP_INGRESS),
        Direction::Egress => ("Egress", SECURITY_GROUP_EGRESS),
    };
    let (own, key, peer) = match side {
        Direction::Ingress => (reference(to), "SourceSecurityGroupId", reference(from)),
        Direction::Egress => (reference(from), "DestinationSecurityGroupId", reference(to)),
    };
    format!(
        "Port{port}{name}:\n  Type: {kind}\n  Properties:\n    \
         GroupId: {own}\n    {key}: {peer}\n    IpProtocol: tcp\n    FromPort: {port}\n    ToPort: {port}"
    )
}

/// Returns how a template refers to the first of some groups.
fn reference(groups: &[SecurityGroupId]) -> String {
    let group = groups.first().filter(|group| **group != SecurityGroupId::default_of_vpc());
    let Some(group) = group else { return "!GetAtt Vpc.DefaultSecurityGroup".to_owned() };
    match group.logical_id() {
        Some(logical_id) => format!("!GetAtt {logical_id}.GroupId"),
        // Of one from outside nothing else is known.
        None => group.as_str().to_owned(),
    }
}

/// Tells where tasks cannot get at images, secrets and logs, all of which come and go over the
/// task's own address (cloudmap-ecs §3.11).
fn egress(subject: &Subject<'_>, service: &Service) {
    let Some(groups) = known(subject, &service.security_groups) else { return };
    if groups.iter().any(|group| lets(group, Direction::Egress, HTTPS)) {
        return;
    }
    let id = &service.logical_id;
    let names: Vec<_> = groups.iter().map(ToString::to_string).collect();
    let path = value::network().key("SecurityGroups");
    let message = format!(
        "the tasks of `{id}` cannot pull their image or write logs: {} lets no tcp 443 out",
        names.join(" and ")
    );
    let mend = "SecurityGroupEgress:\n  - \
                {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}";
    subject.tell(&code::TASK_EGRESS, subject.at_id(id, &path), message, mend);
}

/// Returns the groups, if something is known of each.
fn known<'a>(subject: &Subject<'a>, ids: &[SecurityGroupId]) -> Option<Vec<&'a SecurityGroup>> {
    let default = [SecurityGroupId::default_of_vpc()];
    let ids = if ids.is_empty() { &default } else { ids };
    let groups = &subject.stack.security_groups;
    ids.iter().map(|id| groups.iter().find(|group| group.id == *id)).collect()
}

/// Returns whether a group lets somebody through at this port.
fn lets(group: &SecurityGroup, direction: Direction, port: u16) -> bool {
    group.rules(direction).iter().any(|rule| {
        rule.peer != SecurityGroupPeer::Nobody
            && match &rule.traffic {
                Traffic::All => true,
                Traffic::Tcp(ports) => ports.contains(&port),
                Traffic::Other(number) => *number == TCP,
                Traffic::Udp(_) | Traffic::Icmp(_) | Traffic::Icmpv6(_) => false,
            }
    })
}

fn listeners(subject: &Subject<'_>, balancer: &LoadBalancer) {
    let Some(groups) = known(subject, &balancer.security_groups) else { return };
    // Clients may be let into the VPC's own group from outside the template.
    if groups.iter().any(|group| group.id == SecurityGroupId::default_of_vpc()) {
        return;
    }
    for listener in &balancer.listeners {
        let port = listener.port;
        if groups.iter().any(|group| lets(group, Direction::Ingress, port)) {
            continue;
        }
        let names: Vec<_> = groups.iter().map(ToString::to_string).collect();
        let message = format!(
            "clients cannot reach `{}` on port {port}: {} lets nobody in",
            listener.logical_id,
            names.join(" and ")
        );
        let mend = format!(
            "SecurityGroupIngress:\n  - \
             {{IpProtocol: tcp, FromPort: {port}, ToPort: {port}, CidrIp: 0.0.0.0/0}}"
        );
        let place = subject.at_id(&listener.logical_id, &value::key("Port"));
        subject.tell(&code::CLOSED_LISTENER, place, message, mend);
    }
}
