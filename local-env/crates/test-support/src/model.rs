//! Small stacks, written down instead of read from a template.

use std::{sync::Arc, time::Duration};

use stack::{
    Action, Arn, Certificate, Condition, Container, ContainerHealthCheck, Coverage,
    DiscoveryService, DnsRecord, FixedResponse, Forward, HealthCheck, HealthCheckPort,
    HealthCommand, KeyAlgorithm, Listener, ListenerAttributes, ListenerProtocol, LoadBalancer,
    LoadBalancerAttributes, Matcher, Namespace, NamespaceKind, Patterns, ProtocolVersion,
    RecordKind, Redirect, RoutingPolicy, Rule, Service, ServiceLoadBalancer, ServiceRegistry,
    SslPolicy, Stack, TargetGroup, TargetGroupAttributes, TargetProtocol, TaskDefinition,
    Transforms,
};

/// A target group whose checks come every 50 ms.
pub fn target_group(name: &str) -> TargetGroup {
    TargetGroup {
        logical_id: name.into(),
        arn: Arn::from(name),
        name: name.into(),
        health_check: HealthCheck {
            protocol: TargetProtocol::Http,
            path: format!("/{name}"),
            port: HealthCheckPort::Traffic,
            interval: Duration::from_millis(50),
            timeout: Duration::from_secs(5),
            healthy_threshold: 2,
            unhealthy_threshold: 2,
            matcher: Matcher::Http(vec![200..=200]),
        },
        full_name: format!("targetgroup/{name}/0123456789abcdef"),
        protocol: TargetProtocol::Http,
        version: ProtocolVersion::Http1,
        attributes: TargetGroupAttributes::default(),
    }
}

/// A rule that forwards a path pattern to the target group of this name.
pub fn rule(priority: u32, pattern: &str, group: &str) -> Rule {
    Rule {
        logical_id: format!("Rule{priority}").into(),
        priority,
        conditions: vec![Condition::PathPattern(Patterns::Wildcards(vec![pattern.into()]))],
        transforms: Transforms::default(),
        action: Action::Forward(Forward::to(Arn::from(group))),
    }
}

/// Listeners 80, which redirects to 443, and 443, which has the rules.
pub fn load_balancer(rules: Vec<Rule>) -> LoadBalancer {
    let listener = |port, protocol, rules, default_action| Listener {
        logical_id: format!("Listener{port}").into(),
        arn: Arn::from(format!("listener-{port}").as_str()),
        port,
        protocol,
        attributes: ListenerAttributes::default(),
        rules,
        default_action,
    };
    let certificate = Certificate {
        arn: Arn::from("certificate"),
        domain_names: vec!["services.example.com".into()],
        key: KeyAlgorithm::Ecdsa,
    };
    let https =
        ListenerProtocol::Https { certificates: vec![certificate], policy: SslPolicy::default() };
    LoadBalancer {
        logical_id: "LoadBalancer".into(),
        arn: Arn::from("load-balancer"),
        name: "ServicesLB".into(),
        full_name: "app/ServicesLB/0123456789abcdef".into(),
        dns_name: "serviceslb.localhost".into(),
        attributes: LoadBalancerAttributes::default(),
        security_groups: Vec::new(),
        listeners: vec![
            listener(80, ListenerProtocol::Http, vec![], to_https()),
            listener(443, https, rules, base_route()),
        ],
    }
}

/// One plain listener, on port 80.
pub fn plain_load_balancer(rules: Vec<Rule>) -> LoadBalancer {
    let mut model = load_balancer(vec![]);
    model.listeners.truncate(1);
    model.listeners[0].rules = rules;
    model.listeners[0].default_action = base_route();
    model
}

pub fn base_route() -> Action {
    Action::FixedResponse(FixedResponse {
        status: 200,
        content_type: Some("application/json".into()),
        body: r#"{ "msg": "base route" }"#.into(),
    })
}

fn to_https() -> Action {
    Action::Redirect(Redirect {
        status: 301,
        protocol: "HTTPS".into(),
        host: "#{host}".into(),
        port: "443".into(),
        path: "/#{path}".into(),
        query: "#{query}".into(),
    })
}

/// A namespace `services` with these names in it, each with A records of 60 s.
pub fn namespace(services: &[&str]) -> Namespace {
    let service = |name: &&str| DiscoveryService {
        logical_id: format!("{name}-discovery").into(),
        arn: Arn::from(format!("discovery-{name}").as_str()),
        name: (*name).into(),
        records: vec![DnsRecord { kind: RecordKind::A, ttl: 60 }],
        routing_policy: RoutingPolicy::Multivalue,
        custom_health: true,
        instances: Vec::new(),
    };
    Namespace {
        logical_id: "Namespace".into(),
        arn: Arn::from("arn:aws:servicediscovery:us-west-2:000000000000:namespace/ns-services"),
        kind: NamespaceKind::Private,
        name: "services".into(),
        soa_ttl: 15,
        services: services.iter().map(service).collect(),
    }
}

/// A stack with one service, `web` on `port`, behind a plain listener and in Cloud Map.
pub fn stack_with_web(port: u16, desired_count: u32) -> Stack {
    let container = Container {
        environment: vec![("GREETING".into(), "hello".into())],
        ports: vec![port],
        stop_timeout: Duration::from_secs(1),
        ..Container::new("web", "registry.example/web:latest")
    };
    let definition = TaskDefinition::new("web-family", vec![container]);
    let service = Service {
        logical_id: "WebService".into(),
        name: "Web".into(),
        cluster: "Services".into(),
        desired_count,
        minimum_healthy_percent: 50,
        health_check_grace_period: Duration::from_secs(60),
        load_balancers: vec![ServiceLoadBalancer {
            target_group: Arn::from("web"),
            container_name: "web".into(),
            container_port: port,
        }],
        registry: Some(ServiceRegistry { service: Arn::from("discovery-web"), port: None }),
        ..Service::new("WebService", Arc::new(definition))
    };
    Stack {
        name: "test".into(),
        region: "us-west-2".into(),
        account: "000000000000".into(),
        load_balancers: vec![plain_load_balancer(vec![rule(1, "/web*", "web")])],
        target_groups: vec![target_group("web")],
        services: vec![service],
        namespaces: vec![namespace(&["web"])],
        security_groups: Vec::new(),
        networks: Vec::new(),
        coverage: Coverage::default(),
    }
}

/// A container's own check by a line for the shell: two failures are too many.
pub fn shell_check(line: &str) -> ContainerHealthCheck {
    ContainerHealthCheck {
        command: HealthCommand::Shell(line.to_owned()),
        interval: Duration::from_secs(5),
        timeout: Duration::from_secs(2),
        retries: 2,
        start_period: Duration::ZERO,
    }
}
