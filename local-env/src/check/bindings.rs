//! How services, target groups and containers fit together (cloudmap-ecs §3.9).

use std::collections::HashSet;

use super::{
    code,
    kind::{LISTENER, LISTENER_RULE, SERVICE, TARGET_GROUP, TASK_DEFINITION},
    subject::Subject,
    value,
};
use crate::cloudformation::{Node, Resource};

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
            let group = value::at(entry, "TargetGroupArn").and_then(Node::text);
            let group = group.and_then(|arn| subject.named(TARGET_GROUP, &arn));
            if let Some(group) = group {
                target_group(subject, service, index, group);
            }
        }
        network_configuration(subject, service);
    }
    port_variables(subject);
}

fn target_group(subject: &Subject<'_>, service: &Resource, index: usize, group: &Resource) {
    let place = subject.at(service, &format!("LoadBalancers.{index}.TargetGroupArn"));
    let listeners = subject.of_type(LISTENER).chain(subject.of_type(LISTENER_RULE));
    let binders: Vec<_> = listeners.filter(|it| value::names(&it.properties, group)).collect();
    let (id, group) = (&service.logical_id, &group.logical_id);
    let names: Vec<_> = binders.iter().map(|it| it.logical_id.as_str()).collect();
    if let Some(first) = names.first() {
        let waits = waits_for(subject, service);
        if !names.iter().any(|name| waits.contains(name)) {
            let message = format!(
                "`{id}` does not wait for `{}`, which ties its target group `{group}` to a load balancer",
                names.join("` or `")
            );
            let mend = format!("{id}:\n  Type: {SERVICE}\n  DependsOn: [{first}]");
            subject.tell(&code::MISSING_DEPENDS_ON, place, message, mend);
        }
        return;
    }
    let message = format!(
        "no listener and no rule forwards to `{group}`, in which `{id}` registers its tasks"
    );
    let mend = format!(
        "{id}Rule:\n  Type: {LISTENER_RULE}\n  Properties:\n    ListenerArn: !Ref Listener\n    Priority: 10\n    \
         Conditions:\n      - {{Field: path-pattern, PathPatternConfig: {{Values: [/path, /path/*]}}}}\n    \
         Actions:\n      - {{Type: forward, TargetGroupArn: !Ref {group}}}"
    );
    subject.tell(&code::UNBOUND_TARGET_GROUP, place, message, mend);
}

/// All that CloudFormation makes before a resource, by `DependsOn` and by reference.
fn waits_for<'a>(subject: &Subject<'a>, resource: &'a Resource) -> HashSet<&'a str> {
    let (mut found, mut next) = (HashSet::new(), vec![resource]);
    while let Some(resource) = next.pop() {
        for other in subject.resolved.resources.values() {
            let named = resource.depends_on.contains(&other.logical_id)
                || value::names(&resource.properties, other);
            if named && found.insert(other.logical_id.as_str()) {
                next.push(other);
            }
        }
    }
    found
}

fn network_configuration(subject: &Subject<'_>, service: &Resource) {
    let definition = value::text(service, "TaskDefinition");
    let Some(definition) = definition.and_then(|it| subject.named(TASK_DEFINITION, &it)) else {
        return;
    };
    let awsvpc = value::text(definition, "NetworkMode").is_some_and(|mode| mode == "awsvpc");
    let subnets = "NetworkConfiguration.AwsvpcConfiguration.Subnets";
    if !awsvpc || value::at(&service.properties, subnets).is_some() {
        return;
    }
    let message = format!("`{}` names no subnets for its tasks", service.logical_id);
    let mend = "NetworkConfiguration:\n  AwsvpcConfiguration:\n    Subnets: [!Ref PrivateSubnet1, \
                !Ref PrivateSubnet2]\n    SecurityGroups: [!GetAtt TaskSecurityGroup.GroupId]";
    subject.tell(&code::NETWORK_CONFIGURATION, subject.at(service, subnets), message, mend);
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
                let path = format!("ContainerDefinitions.{index}.Environment.{number}.Value");
                let place = subject.at_id(&definition.logical_id, &path);
                let mend = format!("Value: '{}'", mapped.first().map_or("", String::as_str));
                subject.tell(&code::PORT_VARIABLE, place, message, mend);
            }
        }
    }
}
