//! What is more than AWS gives an account to begin with (alb §2.1, cloudmap-ecs §1.1).

use super::{code, subject::Subject};
use crate::stack::{Action, LoadBalancer};

const RULES: usize = 100;
const TARGET_GROUPS: usize = 100;
const TARGETS: u64 = 1000;
const INSTANCES: u32 = 1000;
const INSTANCES_OF_NAMESPACE: u64 = 2000;
const NAMESPACES: usize = 50;
const LISTENERS: usize = 50;
const CERTIFICATES: usize = 25;

pub(super) fn check(subject: &Subject<'_>) {
    for balancer in &subject.stack.load_balancers {
        of_balancer(subject, balancer);
    }
    for service in subject.stack.services.iter().filter(|it| it.desired_count > INSTANCES) {
        if service.registry.is_some() {
            let id = &service.logical_id;
            tell(
                subject,
                id,
                "DesiredCount",
                "tasks with a Cloud Map name",
                service.desired_count.into(),
                INSTANCES.into(),
            );
        }
    }
    for namespace in &subject.stack.namespaces {
        let registered = subject.stack.services.iter().filter(|service| {
            let of = service
                .registry
                .as_ref()
                .and_then(|it| subject.stack.discovery_service(&it.service));
            of.is_some_and(|(its, _)| its.arn == namespace.arn)
        });
        let instances: u64 = registered.map(|it| u64::from(it.desired_count)).sum();
        tell(
            subject,
            &namespace.logical_id,
            "",
            "instances in a namespace",
            instances,
            INSTANCES_OF_NAMESPACE,
        );
    }
    if let Some(surplus) = subject.stack.namespaces.get(NAMESPACES) {
        let found = count(subject.stack.namespaces.len());
        tell(
            subject,
            &surplus.logical_id,
            "",
            "namespaces in a region",
            found,
            self::count(NAMESPACES),
        );
    }
}

fn of_balancer(subject: &Subject<'_>, balancer: &LoadBalancer) {
    let rules = balancer.listeners.iter().map(|it| it.rules.len()).sum();
    let mut groups: Vec<_> = subject
        .stack
        .target_groups
        .iter()
        .filter(|group| {
            let actions = balancer.listeners.iter().flat_map(|listener| {
                listener.rules.iter().map(|it| &it.action).chain([&listener.default_action])
            });
            let mut actions: std::vec::IntoIter<&Action> = actions.collect::<Vec<_>>().into_iter();
            actions.any(|action| super::reachability::forwards_to(action, &group.arn))
        })
        .map(|group| &group.arn)
        .collect();
    groups.dedup();
    let targets = subject
        .stack
        .services
        .iter()
        .flat_map(|service| {
            service
                .load_balancers
                .iter()
                .filter(|it| groups.contains(&&it.target_group))
                .map(|_| u64::from(service.desired_count))
        })
        .sum();
    let certificates = balancer
        .listeners
        .iter()
        .map(|listener| match &listener.protocol {
            crate::stack::ListenerProtocol::Https { certificates, .. } => {
                certificates.len().saturating_sub(1)
            }
            crate::stack::ListenerProtocol::Http => 0,
        })
        .sum();
    let id = &balancer.logical_id;
    for (what, found, most) in [
        ("rules in a load balancer", count(rules), count(RULES)),
        ("listeners in a load balancer", count(balancer.listeners.len()), count(LISTENERS)),
        ("target groups of a load balancer", count(groups.len()), count(TARGET_GROUPS)),
        (
            "certificates in a load balancer, besides the default ones",
            count(certificates),
            count(CERTIFICATES),
        ),
        ("targets of a load balancer", targets, TARGETS),
    ] {
        tell(subject, id, "", what, found, most);
    }
}

fn tell(subject: &Subject<'_>, id: &str, path: &str, what: &str, found: u64, most: u64) {
    if found > most {
        let message = format!("{found} {what}, and AWS gives {most}");
        let mend = "ask for more in Service Quotas before you deploy, or make it two stacks";
        subject.tell(&code::QUOTA, subject.at_id(id, path), message, mend);
    }
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
