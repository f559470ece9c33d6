//! A template for one statement: a load balancer with a listener whose default action forwards to the
//! target group `Web`. A test says what differs from that, in the template's own words.
//!
//! Targets are healthy by decree: checks go to a port of the harness's own, so that a target sees the
//! test's requests and nothing else. Tests of the checks themselves ask for `checked`.

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use clock::Clock;
use cloudformation::{Inputs, Source, Template};
use stack::{Allowed, LoadBalancer, Stack, TargetGroup};

type Change<T> = Box<dyn Fn(&mut T)>;

/// What the template is made of.
pub struct Setup {
    protocol: &'static str,
    port: u16,
    attributes: Vec<String>,
    listener_attributes: Vec<String>,
    listener_property: &'static str,
    default_action: String,
    rules: Vec<Rule>,
    groups: Vec<Group>,
    pub addresses: Vec<IpAddr>,
    pub checked: bool,
    pub clock: Clock,
    changes: Vec<Change<LoadBalancer>>,
    group_changes: Vec<Change<TargetGroup>>,
}

struct Rule {
    priority: u32,
    conditions: String,
    transforms: String,
    action: String,
}

struct Group {
    name: &'static str,
    properties: Vec<String>,
    attributes: Vec<String>,
}

/// The action that forwards to a target group.
pub fn forward(group: &str) -> String {
    format!("{{Type: forward, TargetGroupArn: !Ref {group}}}")
}

/// The action that answers 200 with this text.
pub fn fixed(text: &str) -> String {
    let config = format!("{{StatusCode: '200', ContentType: text/plain, MessageBody: '{text}'}}");
    format!("{{Type: fixed-response, FixedResponseConfig: {config}}}")
}

// === impl Setup ===

impl Setup {
    /// A plain listener on port 80.
    pub fn http() -> Self {
        Self {
            protocol: "HTTP",
            port: 80,
            attributes: Vec::new(),
            listener_attributes: Vec::new(),
            listener_property: "",
            default_action: forward("Web"),
            rules: Vec::new(),
            groups: vec![Group::new("Web")],
            addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            checked: false,
            clock: Clock::REAL,
            changes: Vec::new(),
            group_changes: Vec::new(),
        }
    }

    /// A listener over TLS on port 443.
    pub fn https() -> Self {
        Self { protocol: "HTTPS", port: 443, ..Self::http() }
    }

    /// The listener's port in AWS.
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Where the listener is published.
    pub fn address(mut self, address: IpAddr) -> Self {
        self.addresses = vec![address];
        self
    }

    /// One of `LoadBalancerAttributes`.
    pub fn attribute(mut self, key: &str, value: &str) -> Self {
        self.attributes.push(attribute(key, value));
        self
    }

    /// One of `ListenerAttributes`.
    pub fn listener_attribute(mut self, key: &str, value: &str) -> Self {
        self.listener_attributes.push(attribute(key, value));
        self
    }

    /// A further property of the listener.
    pub fn listener_property(self, listener_property: &'static str) -> Self {
        Self { listener_property, ..self }
    }

    pub fn default_action(mut self, action: impl Into<String>) -> Self {
        self.default_action = action.into();
        self
    }

    /// A rule with these conditions, in flow style.
    pub fn rule(mut self, priority: u32, conditions: &str, action: impl Into<String>) -> Self {
        let (conditions, action) = (conditions.into(), action.into());
        self.rules.push(Rule { priority, conditions, transforms: String::new(), action });
        self
    }

    /// `Transforms` of the last rule, in flow style.
    pub fn transforms(mut self, transforms: &str) -> Self {
        self.rules.last_mut().expect("a rule").transforms = transforms.into();
        self
    }

    /// A further target group; what follows is about it.
    pub fn group(mut self, name: &'static str) -> Self {
        self.groups.push(Group::new(name));
        self
    }

    /// A property of the last target group, such as `ProtocolVersion: GRPC`.
    pub fn group_property(mut self, property: &str) -> Self {
        self.groups.last_mut().expect("a group").properties.push(property.into());
        self
    }

    /// One of the last target group's `TargetGroupAttributes`.
    pub fn group_attribute(mut self, key: &str, value: &str) -> Self {
        self.groups.last_mut().expect("a group").attributes.push(attribute(key, value));
        self
    }

    /// Checks go to the targets themselves, far more often than AWS allows.
    pub fn checked(self) -> Self {
        let setup = Self { checked: true, ..self };
        setup.change_groups(|group| group.health_check.interval = Duration::from_millis(20))
    }

    /// How fast AWS's waits pass, in place of its own pace.
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// What no template may say, such as a timeout of less than a second.
    pub fn change(mut self, change: impl Fn(&mut LoadBalancer) + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// The same for all target groups.
    pub fn change_groups(mut self, change: impl Fn(&mut TargetGroup) + 'static) -> Self {
        self.group_changes.push(Box::new(change));
        self
    }

    /// An idle timeout that tests can wait for.
    pub fn idle_timeout(self, timeout: Duration) -> Self {
        self.change(move |balancer| balancer.attributes.idle_timeout = timeout)
    }

    /// The stack as the reader understands it, with what no template may say.
    pub fn read(&self) -> Stack {
        let mut stack = read(&self.template());
        for balancer in &mut stack.load_balancers {
            self.changes.iter().for_each(|change| change(balancer));
        }
        for group in &mut stack.target_groups {
            self.group_changes.iter().for_each(|change| change(group));
        }
        stack
    }

    fn template(&self) -> String {
        let mut text = String::from("Resources:\n");
        let mut resource = |id: &str, kind: &str, properties: &[String]| {
            write!(text, "  {id}:\n    Type: AWS::{kind}\n    Properties:\n").expect("text");
            for property in properties.iter().filter(|property| !property.is_empty()) {
                writeln!(text, "      {property}").expect("text");
            }
        };
        let balancer = ["Name: demo".into(), list("LoadBalancerAttributes", &self.attributes)];
        resource("Lb", "ElasticLoadBalancingV2::LoadBalancer", &balancer);
        let certificate = ["DomainName: shop.example".into()];
        resource("Certificate", "CertificateManager::Certificate", &certificate);
        resource("Listener", "ElasticLoadBalancingV2::Listener", &self.listener());
        for group in &self.groups {
            resource(group.name, "ElasticLoadBalancingV2::TargetGroup", &group.properties());
        }
        for rule in &self.rules {
            let id = format!("Rule{}", rule.priority);
            resource(&id, "ElasticLoadBalancingV2::ListenerRule", &rule.properties());
        }
        text
    }

    fn listener(&self) -> Vec<String> {
        let certificates = match self.protocol {
            "HTTPS" => "Certificates: [{CertificateArn: !Ref Certificate}]",
            _ => "",
        };
        vec![
            "LoadBalancerArn: !Ref Lb".into(),
            format!("Port: {}", self.port),
            format!("Protocol: {}", self.protocol),
            certificates.into(),
            self.listener_property.into(),
            list("ListenerAttributes", &self.listener_attributes),
            format!("DefaultActions: [{}]", self.default_action),
        ]
    }
}

// === impl Rule ===

impl Rule {
    fn properties(&self) -> Vec<String> {
        let transforms = match self.transforms.as_str() {
            "" => String::new(),
            transforms => format!("Transforms: [{transforms}]"),
        };
        vec![
            "ListenerArn: !Ref Listener".into(),
            format!("Priority: {}", self.priority),
            format!("Conditions: [{}]", self.conditions),
            format!("Actions: [{}]", self.action),
            transforms,
        ]
    }
}

// === impl Group ===

impl Group {
    fn new(name: &'static str) -> Self {
        Self { name, properties: Vec::new(), attributes: Vec::new() }
    }

    fn properties(&self) -> Vec<String> {
        let given = |name: &str| self.properties.iter().any(|it| it.starts_with(name));
        let mut properties = self.properties.clone();
        for default in ["Port: 80", "Protocol: HTTP"] {
            if !default.split_once(' ').is_some_and(|(name, _)| given(name)) {
                properties.push(default.into());
            }
        }
        properties.push("TargetType: ip".into());
        properties.push(list("TargetGroupAttributes", &self.attributes));
        properties
    }
}

fn attribute(key: &str, value: &str) -> String {
    format!("{{Key: {key}, Value: '{value}'}}")
}

fn list(name: &str, items: &[String]) -> String {
    if items.is_empty() { String::new() } else { format!("{name}: [{}]", items.join(", ")) }
}

/// The stack of a template that says all there is to say.
pub fn read(template: &str) -> Stack {
    let source = Source::new("test.yaml", template);
    let resolved = Template::parse(&source).and_then(|it| it.resolve(&Inputs::new("Test")));
    let resolved = resolved.unwrap_or_else(|error| panic!("{error}\n{template}"));
    stack_reader::read(&resolved, Allowed::default())
        .unwrap_or_else(|error| panic!("{error}\n{template}"))
}
