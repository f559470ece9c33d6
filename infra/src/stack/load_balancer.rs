//! The load balancer: port 80 sends everyone to HTTPS, port 443 shares out requests by path.

use crate::{
    aws::{Resource, elbv2},
    stack::{network::Network, sample::Sample},
    template::Template,
    value::Id,
};

pub(super) struct LoadBalancer {
    pub(super) id: Id,
    https_listener: Id,
}

/// How requests come to one service.
pub(super) struct Entry {
    pub(super) target_group: Id,
    pub(super) rule: Id,
}

pub(super) fn add(
    template: &mut Template,
    network: &Network,
    security_group: &Id,
    certificate: &Id,
) -> LoadBalancer {
    let load_balancer = elbv2::LoadBalancer {
        name: "ServicesLB",
        r#type: "application",
        scheme: "internet-facing",
        security_groups: vec![security_group.attribute("GroupId")],
        subnets: network.public_subnets.iter().map(Id::reference).collect(),
    };
    let load_balancer = Resource::from(load_balancer).depends_on(&network.public_routes);
    let id = template.add("LoadBalancer", load_balancer);
    template.add("HttpListener", http_listener(&id));
    let https_listener = template.add("HttpsListener", https_listener(&id, certificate));
    LoadBalancer { id, https_listener }
}

/// Adds a service's target group, and the rule that leads to it.
pub(super) fn add_entry(
    template: &mut Template,
    network: &Network,
    load_balancer: &LoadBalancer,
    sample: &Sample,
) -> Entry {
    let target_group = template.add(sample.part("TargetGroup"), target_group(network, sample));
    let values = vec![format!("/{}*", sample.address.name)];
    let rule = elbv2::ListenerRule {
        listener_arn: load_balancer.https_listener.reference(),
        priority: sample.priority,
        conditions: vec![elbv2::Condition::PathPattern {
            path_pattern_config: elbv2::PathPatternConfig { values },
        }],
        actions: vec![elbv2::Action::Forward { target_group_arn: target_group.reference() }],
    };
    Entry { rule: template.add(sample.part("Rule"), rule), target_group }
}

fn http_listener(load_balancer: &Id) -> elbv2::Listener {
    elbv2::Listener {
        load_balancer_arn: load_balancer.reference(),
        port: 80,
        protocol: "HTTP",
        certificates: vec![],
        default_actions: vec![elbv2::Action::Redirect {
            redirect_config: elbv2::RedirectConfig {
                protocol: "HTTPS",
                port: "443",
                status_code: "HTTP_301",
            },
        }],
    }
}

fn https_listener(load_balancer: &Id, certificate: &Id) -> elbv2::Listener {
    elbv2::Listener {
        load_balancer_arn: load_balancer.reference(),
        port: 443,
        protocol: "HTTPS",
        certificates: vec![elbv2::Certificate { certificate_arn: certificate.reference() }],
        default_actions: vec![elbv2::Action::FixedResponse {
            fixed_response_config: elbv2::FixedResponseConfig {
                status_code: "200",
                content_type: "application/json",
                message_body: r#"{ "msg": "base route" }"#,
            },
        }],
    }
}

/// The group's port is a default that nothing uses: ECS registers each task with its own.
fn target_group(network: &Network, sample: &Sample) -> elbv2::TargetGroup {
    elbv2::TargetGroup {
        name: format!("{}Target", sample.title),
        vpc_id: network.vpc.reference(),
        target_type: "ip",
        protocol: "HTTP",
        port: 80,
        health_check_path: format!("/{}", sample.address.name),
        health_check_interval_seconds: 60,
        health_check_timeout_seconds: 5,
    }
}
