//! What is more than AWS gives an account to begin with (alb §2.1, cloudmap-ecs §1.1, §5.1).

use super::{code, reachability::forwards_to, subject::Subject};
use stack::{
    Action, Arn, Direction, Listener, ListenerProtocol, LoadBalancer, LogicalId, Namespace,
    RulePlace, Service,
};

const RULES: usize = 100;
const LISTENERS: usize = 50;
const CERTIFICATES: usize = 25;
const TARGET_GROUPS: usize = 100;
const TARGETS: usize = 1000;
const NAMESPACES: usize = 50;
const INSTANCES_OF_SERVICE: usize = 1000;
const INSTANCES_OF_NAMESPACE: usize = 2000;
const RULES_OF_GROUP: usize = 60;

pub(super) fn check(subject: &Subject<'_>) {
    let stack = subject.stack;
    for balancer in &stack.load_balancers {
        load_balancer(subject, balancer);
    }
    for group in &stack.target_groups {
        let registered = stack.services.iter().filter(|it| is_in(it, &group.arn));
        let most = (TARGETS, "targets in one target group");
        tell(subject, &group.logical_id, most, registered.map(tasks).sum());
    }
    for service in stack.services.iter().filter(|it| it.registry.is_some()) {
        let most = (INSTANCES_OF_SERVICE, "tasks under one Cloud Map name");
        tell(subject, &service.logical_id, most, tasks(service));
    }
    for namespace in &stack.namespaces {
        let registered = stack.services.iter().filter(|it| is_named_in(subject, it, namespace));
        let most = (INSTANCES_OF_NAMESPACE, "instances in one namespace");
        tell(subject, &namespace.logical_id, most, registered.map(tasks).sum());
    }
    if let Some(surplus) = stack.namespaces.get(NAMESPACES) {
        let most = (NAMESPACES, "namespaces in a region");
        tell(subject, &surplus.logical_id, most, stack.namespaces.len());
    }
    for group in &stack.security_groups {
        for direction in [Direction::Ingress, Direction::Egress] {
            let rules = group.rules(direction).iter().filter(|it| it.place != RulePlace::Implied);
            let most = (RULES_OF_GROUP, "rules for one direction in a security group");
            tell(subject, &group.logical_id, most, rules.count());
        }
    }
}

fn load_balancer(subject: &Subject<'_>, balancer: &LoadBalancer) {
    let sum = |count: fn(&Listener) -> usize| balancer.listeners.iter().map(count).sum();
    let groups = subject
        .stack
        .target_groups
        .iter()
        .filter(|group| actions(balancer).any(|action| forwards_to(action, &group.arn)));
    let groups: Vec<_> = groups.map(|group| &group.arn).collect();
    let targets = groups
        .iter()
        .flat_map(|group| subject.stack.services.iter().filter(|it| is_in(it, group)).map(tasks));
    for (most, what, found) in [
        (RULES, "rules in one load balancer", sum(|it| it.rules.len())),
        (LISTENERS, "listeners in one load balancer", sum(|_| 1)),
        (CERTIFICATES, "further certificates in one load balancer", sum(further_certificates)),
        (TARGET_GROUPS, "target groups of one load balancer", groups.len()),
        (TARGETS, "targets of one load balancer", targets.sum()),
    ] {
        tell(subject, &balancer.logical_id, (most, what), found);
    }
}

/// Returns all that the listeners of a load balancer do.
fn actions(balancer: &LoadBalancer) -> impl Iterator<Item = &Action> {
    balancer.listeners.iter().flat_map(|listener| {
        listener.rules.iter().map(|rule| &rule.action).chain([&listener.default_action])
    })
}

/// Returns how many certificates a listener has beside its default one.
fn further_certificates(listener: &Listener) -> usize {
    match &listener.protocol {
        ListenerProtocol::Https { certificates, .. } => certificates.len().saturating_sub(1),
        ListenerProtocol::Http => 0,
    }
}

fn is_in(service: &Service, group: &Arn) -> bool {
    service.load_balancers.iter().any(|it| it.target_group == *group)
}

fn is_named_in(subject: &Subject<'_>, service: &Service, namespace: &Namespace) -> bool {
    let registry = service.registry.as_ref();
    let found = registry.and_then(|it| subject.stack.discovery_service(&it.service));
    found.is_some_and(|(its, _)| its.arn == namespace.arn)
}

fn tasks(service: &Service) -> usize {
    usize::try_from(service.desired_count).unwrap_or(usize::MAX)
}

fn tell(subject: &Subject<'_>, id: &LogicalId, (most, what): (usize, &str), found: usize) {
    if found > most {
        let message = format!("`{id}` makes {found} {what}; AWS's default quota is {most}");
        let mend = "# ask for more in Service Quotas before you deploy, or make it two stacks";
        subject.tell(&code::QUOTA, subject.whole(id), message, mend);
    }
}
