//! How services, target groups and containers fit together (cloudmap-ecs §3.9).

use stack_reader::resource_type::{
    CLUSTER, CLUSTER_CAPACITY, LISTENER, LISTENER_RULE, SERVICE, TARGET_GROUP,
};
use std::collections::HashSet;

use super::{Place, Severity, code, subject::Subject, value};
use cloudformation::{Node, Resource};

/// Variables by which programs are told where to listen.
const PORTS: [&str; 8] = [
    "APP_PORT",
    "CONTAINER_PORT",
    "HTTP_PORT",
    "LISTEN_PORT",
    "PORT",
    "SERVER_PORT",
    "SERVICE_PORT",
    "WEB_PORT",
];

pub(super) fn check(subject: &Subject<'_>) {
    for service in subject.of_type(SERVICE) {
        for (index, entry) in value::items(&service.properties, "LoadBalancers").iter().enumerate()
        {
            let group = entry.get("TargetGroupArn").and_then(Node::text);
            let group = group.and_then(|arn| subject.named(TARGET_GROUP, &arn));
            if let Some(group) = group {
                target_group(subject, service, index, group);
            }
        }
        network_configuration(subject, service);
        launch_type(subject, service);
    }
    port_variables(subject);
}

fn target_group(subject: &Subject<'_>, service: &Resource, index: usize, group: &Resource) {
    let place = subject.at(service, &value::item("LoadBalancers", index).key("TargetGroupArn"));
    let all = subject.of_type(LISTENER).chain(subject.of_type(LISTENER_RULE));
    let bind = all.filter(|it| value::names(&it.properties, group));
    let bind: Vec<_> = bind.map(|it| it.logical_id.as_str()).collect();
    match bind.first() {
        None => unbound(subject, place, service, group),
        Some(_) if waits_for(subject, service, &bind) => {}
        Some(first) => {
            let (id, group) = (&service.logical_id, &group.logical_id);
            let bind = bind.join("` or `");
            let message = format!(
                "`{id}` does not depend on `{bind}`, which attaches its target group `{group}` to a \
                 load balancer"
            );
            let mend = format!("{id}:\n  Type: {SERVICE}\n  DependsOn: [{first}]");
            subject.tell(&code::MISSING_DEPENDS_ON, place, message, mend);
        }
    }
}

fn unbound(subject: &Subject<'_>, place: Place, service: &Resource, group: &Resource) {
    let (id, group) = (&service.logical_id, &group.logical_id);
    let message = format!(
        "no listener and no rule forwards to `{group}`, in which `{id}` registers its tasks"
    );
    let mend = format!(
        "{id}Rule:\n  Type: {LISTENER_RULE}\n  Properties:\n    ListenerArn: !Ref Listener\n    \
         Priority: 10\n    Conditions:\n      - {{Field: path-pattern, PathPatternConfig: {{Values: \
         [/path, /path/*]}}}}\n    Actions:\n      - {{Type: forward, TargetGroupArn: !Ref {group}}}"
    );
    subject.tell(&code::UNBOUND_TARGET_GROUP, place, message, mend);
}

/// Returns whether CloudFormation makes one of these before a resource, by `DependsOn` or by
/// reference.
fn waits_for(subject: &Subject<'_>, resource: &Resource, names: &[&str]) -> bool {
    let mut found: HashSet<&str> = HashSet::new();
    let mut next = vec![resource];
    while let Some(resource) = next.pop() {
        if resource.depends_on.iter().any(|it| names.contains(&it.as_str())) {
            return true;
        }
        for other in subject.resolved.resources.values() {
            let comes_first = resource.depends_on.contains(&other.logical_id)
                || value::names(&resource.properties, other);
            if comes_first && found.insert(&other.logical_id) {
                next.push(other);
            }
        }
    }
    names.iter().any(|name| found.contains(name))
}

fn network_configuration(subject: &Subject<'_>, service: &Resource) {
    let Some(definition) = subject.definition(service) else { return };
    let awsvpc = value::text(definition, "NetworkMode").is_some_and(|mode| mode == "awsvpc");
    let subnets = value::network().key("Subnets");
    if !awsvpc || value::at(&service.properties, &subnets).is_some() {
        return;
    }
    let message = format!("`{}` names no subnets for its tasks", service.logical_id);
    let mend = "NetworkConfiguration:\n  AwsvpcConfiguration:\n    Subnets: [!Ref PrivateSubnet1, \
                !Ref PrivateSubnet2]\n    SecurityGroups: [!GetAtt TaskSecurityGroup.GroupId]";
    subject.tell(&code::NETWORK_CONFIGURATION, subject.at(service, &subnets), message, mend);
}

/// Tells of a service without a launch type: ECS takes EC2 then, unless the cluster has a strategy.
fn launch_type(subject: &Subject<'_>, service: &Resource) {
    let given = |key| service.properties.get(key).is_some();
    let for_fargate = subject.definition(service).is_some_and(|definition| {
        let kinds = value::items(&definition.properties, "RequiresCompatibilities");
        !kinds.is_empty() && kinds.iter().all(|it| it.text().is_some_and(|it| it == "FARGATE"))
    });
    if !for_fargate || given("LaunchType") || given("CapacityProviderStrategy") {
        return;
    }
    let cluster = value::text(service, "Cluster");
    let cluster = cluster.and_then(|name| {
        subject.named(CLUSTER, &name).or_else(|| subject.with_arn(CLUSTER, &name))
    });
    let strategy =
        |it: &Resource| !value::items(&it.properties, "DefaultCapacityProviderStrategy").is_empty();
    let associated = subject.of_type(CLUSTER_CAPACITY).any(strategy);
    if associated || cluster.is_some_and(strategy) {
        return;
    }
    let severity = if cluster.is_some() { Severity::Error } else { Severity::Warning };
    let message = format!("`{}` has no launch type, so ECS uses EC2", service.logical_id);
    let place = subject.at(service, &value::key("LaunchType"));
    subject.tell_as(severity, &code::LAUNCH_TYPE, place, message, "LaunchType: FARGATE");
}

fn port_variables(subject: &Subject<'_>) {
    for service in &subject.stack.services {
        let definition = &service.task_definition;
        for (index, container) in definition.containers.iter().enumerate() {
            for (number, (name, value)) in container.environment.iter().enumerate() {
                let Ok(port) = value.parse::<u16>() else { continue };
                let is_port = PORTS.contains(&name.to_ascii_uppercase().as_str());
                if !is_port || container.ports.is_empty() || container.ports.contains(&port) {
                    continue;
                }
                let mapped: Vec<_> = container.ports.iter().map(u16::to_string).collect();
                let message = format!(
                    "`{name}` tells `{}` to listen on {port}, and its `PortMappings` have {}",
                    container.name,
                    mapped.join(" and ")
                );
                let path = value::variable(index, number);
                let place = subject.at_id(&definition.logical_id, &path);
                let mend = format!("Value: '{}'", mapped.first().map_or("", String::as_str));
                subject.tell(&code::PORT_VARIABLE, place, message, mend);
            }
        }
    }
}
