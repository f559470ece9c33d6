//! What AWS would have chosen: names, identifiers, ARNs. A table by resource type.
//!
//! Each value has the form of AWS's own and is made from the stack and the logical id, so that the
//! same template gives the same values at every start.

mod other;

use super::{
    identity::Identity,
    inputs::Inputs,
    node::{Node, Value},
    source::Span,
};

/// What a resource's values are made from.
struct Maker<'a> {
    inputs: &'a Inputs,
    logical_id: &'a str,
    properties: &'a Node,
}

/// Returns the identity of a resource with these properties.
pub(super) fn identify(
    inputs: &Inputs,
    logical_id: &str,
    resource_type: &str,
    properties: &Node,
) -> Identity {
    let maker = Maker { inputs, logical_id, properties };
    let name = resource_type.split_once("::").map_or("", |(_, rest)| rest);
    match name {
        "ElasticLoadBalancingV2::LoadBalancer" => maker.load_balancer(),
        "ElasticLoadBalancingV2::Listener" => maker.listener(),
        "ElasticLoadBalancingV2::ListenerRule" => maker.listener_rule(),
        "ElasticLoadBalancingV2::ListenerCertificate" => maker.listener_certificate(),
        "ElasticLoadBalancingV2::TargetGroup" => maker.target_group(),
        "ServiceDiscovery::PrivateDnsNamespace" | "ServiceDiscovery::PublicDnsNamespace" => {
            maker.namespace().with("HostedZoneId", maker.zone_id("namespace"))
        }
        "ServiceDiscovery::HttpNamespace" => maker.namespace(),
        "ServiceDiscovery::Service" => maker.discovery_service(),
        "ServiceDiscovery::Instance" => Identity::new(maker.name("InstanceId", 64)),
        "ECS::Cluster" => maker.cluster(),
        "ECS::Service" => maker.service(),
        "ECS::TaskDefinition" => maker.task_definition(),
        "CertificateManager::Certificate" => maker.certificate(),
        _ => maker.other(name),
    }
}

// === impl Maker ===

impl Maker<'_> {
    fn load_balancer(&self) -> Identity {
        let name = self.elb_name();
        let full_name = format!("app/{name}/{}", self.hex("load balancer", 16));
        let security_groups = self.properties.get("SecurityGroups").map(|node| node.value.clone());
        let identity = Identity::new(self.elb_arn(&format!("loadbalancer/{full_name}")))
            .with_reference("LoadBalancerArn")
            .with("LoadBalancerName", name)
            .with("LoadBalancerFullName", full_name)
            // Where its listeners are published, at whatever ports.
            .with("DNSName", "localhost")
            .with("CanonicalHostedZoneID", self.zone_id("elb"));
        let none = Value::List(Vec::new());
        identity.with_value("SecurityGroups", security_groups.unwrap_or(none))
    }

    fn listener(&self) -> Identity {
        let parent = self.text("LoadBalancerArn");
        Identity::new(self.elb_child(parent, "loadbalancer/", "listener/"))
            .with_reference("ListenerArn")
    }

    fn listener_rule(&self) -> Identity {
        let parent = self.text("ListenerArn");
        Identity::new(self.elb_child(parent, "listener/", "listener-rule/"))
            .with_reference("RuleArn")
            .with("IsDefault", "false")
    }

    fn listener_certificate(&self) -> Identity {
        Identity::new(self.generated_name(255)).with_reference("Id")
    }

    fn target_group(&self) -> Identity {
        let name = self.elb_name();
        let full_name = format!("targetgroup/{name}/{}", self.hex("target group", 16));
        Identity::new(self.elb_arn(&full_name))
            .with_reference("TargetGroupArn")
            .with("TargetGroupName", name)
            .with("TargetGroupFullName", full_name)
    }

    fn namespace(&self) -> Identity {
        let id = format!("ns-{}", self.base32(16));
        let arn = self.arn("servicediscovery", &format!("namespace/{id}"));
        Identity::new(id).with_reference("Id").with("Arn", arn)
    }

    fn discovery_service(&self) -> Identity {
        let id = format!("srv-{}", self.base32(16));
        let arn = self.arn("servicediscovery", &format!("service/{id}"));
        Identity::new(id).with_reference("Id").with("Arn", arn).with("Name", self.name("Name", 63))
    }

    fn cluster(&self) -> Identity {
        let name = self.name("ClusterName", 255);
        let arn = self.arn("ecs", &format!("cluster/{name}"));
        Identity::new(name).with("Arn", arn)
    }

    fn service(&self) -> Identity {
        let cluster = self.text("Cluster").unwrap_or_else(|| "default".to_owned());
        let cluster = cluster.rsplit('/').next().unwrap_or_default();
        let name = self.name("ServiceName", 255);
        Identity::new(self.arn("ecs", &format!("service/{cluster}/{name}")))
            .with_reference("ServiceArn")
            .with("Name", name)
    }

    fn task_definition(&self) -> Identity {
        let family = self.name("Family", 255);
        Identity::new(self.arn("ecs", &format!("task-definition/{family}:1")))
            .with_reference("TaskDefinitionArn")
    }

    fn certificate(&self) -> Identity {
        Identity::new(self.arn("acm", &format!("certificate/{}", self.uuid("certificate"))))
            .with_reference("CertificateArn")
    }

    /// Returns the ARN of what belongs to a load balancer or listener: `…:loadbalancer/app/x/1` and
    /// `listener/` make `…:listener/app/x/1/2`.
    fn elb_child(&self, parent: Option<String>, from: &str, to: &str) -> String {
        let parent = parent.unwrap_or_else(|| self.elb_arn(&format!("{from}app/none/0")));
        format!("{}/{}", parent.replacen(from, to, 1), self.hex(to, 16))
    }

    fn elb_arn(&self, resource: &str) -> String {
        self.arn("elasticloadbalancing", resource)
    }

    /// Returns a name of at most 32 characters: stack and logical id are cut to five each, as
    /// CloudFormation does.
    fn elb_name(&self) -> String {
        let short = |text: &str| text.chars().take(5).collect::<String>();
        self.text("Name").unwrap_or_else(|| {
            let (stack, id) = (short(&self.inputs.stack_name), short(self.logical_id));
            format!("{stack}-{id}-{}", self.suffix())
        })
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        let Inputs { region, account, .. } = self.inputs;
        format!("arn:{}:{service}:{region}:{account}:{resource}", partition(region))
    }

    fn global_arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:{}:{service}::{}:{resource}",
            partition(&self.inputs.region),
            self.inputs.account
        )
    }

    /// Returns what the property says that names the resource, or a name as CloudFormation generates
    /// them.
    fn name(&self, property: &str, longest: usize) -> String {
        self.text(property).unwrap_or_else(|| self.generated_name(longest))
    }

    fn generated_name(&self, longest: usize) -> String {
        let name = format!("{}-{}", self.inputs.stack_name, self.logical_id);
        let kept: String = name.chars().take(longest.saturating_sub(13)).collect();
        format!("{kept}-{}", self.suffix())
    }

    fn text(&self, property: &str) -> Option<String> {
        self.properties.get(property)?.text().map(String::from)
    }

    fn suffix(&self) -> String {
        self.digits("name", 12, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    }

    fn zone_id(&self, purpose: &str) -> String {
        format!("Z{}", self.digits(purpose, 20, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
    }

    fn base32(&self, count: usize) -> String {
        self.digits("id", count, b"abcdefghijklmnopqrstuvwxyz234567")
    }

    fn hex(&self, purpose: &str, count: usize) -> String {
        self.digits(purpose, count, b"0123456789abcdef")
    }

    fn uuid(&self, purpose: &str) -> String {
        let hex = self.hex(purpose, 32);
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    fn digits(&self, purpose: &str, count: usize, alphabet: &[u8]) -> String {
        let Inputs { stack_name, region, account, .. } = self.inputs;
        let mut hash = hash(&[stack_name, region, account, self.logical_id, purpose]);
        let base = alphabet.len() as u128;
        let digits = (0..count).map(|_| {
            let digit = alphabet[(hash % base) as usize];
            hash /= base;
            char::from(digit)
        });
        digits.collect()
    }
}

/// Returns what `AWS::Partition` is in a region.
pub(super) fn partition(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// Returns what `AWS::URLSuffix` is in a region.
pub(super) fn url_suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// Returns the name that CloudFormation gives to a nested stack.
pub(super) fn nested_name(parent: &Inputs, logical_id: &str) -> String {
    let properties = &Node::new(Value::Null, Span::from(0));
    Maker { inputs: parent, logical_id, properties }.generated_name(128)
}

/// Returns what `AWS::StackId` is.
pub(super) fn stack_id(inputs: &Inputs) -> String {
    let nothing = Node::new(Value::Null, Span::from(0));
    let maker = Maker { inputs, logical_id: "", properties: &nothing };
    maker.arn("cloudformation", &format!("stack/{}/{}", inputs.stack_name, maker.uuid("stack")))
}

/// Returns FNV-1a of 128 bits with a last mixing: the standard library promises no hash that stays.
fn hash(parts: &[&str]) -> u128 {
    const PRIME: u128 = 0x0100_0000_0000_0000_013b;
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(PRIME);
        }
    }
    hash ^= hash >> 64;
    hash = hash.wrapping_mul(0x9fb2_1c65_1e98_df25_a076_1d64_78bd_642f);
    hash ^ hash >> 61
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(logical_id: &str, resource_type: &str) -> Identity {
        let nothing = Node::new(Value::Null, Span::from(0));
        identify(&Inputs::new("Shop"), logical_id, resource_type, &nothing)
    }

    #[test]
    fn values_have_the_forms_of_awss_own() {
        let text = |identity: &Identity, name: &str| match identity.attribute(name) {
            Some(Value::String(text)) => text,
            other => panic!("{name} is {other:?}"),
        };
        let check = |pattern: &str, text: &str| {
            let regex = regex::Regex::new(&format!("^(?:{pattern})$")).unwrap();
            assert!(regex.is_match(text), "{text} is not {pattern}");
        };
        let balancer = identity("Balancer", "AWS::ElasticLoadBalancingV2::LoadBalancer");
        let elb = "arn:aws:elasticloadbalancing:us-west-2:000000000000";
        check(
            &format!("{elb}:loadbalancer/app/Shop-Balan-[A-Z0-9]{{12}}/[0-9a-f]{{16}}"),
            balancer.reference(),
        );
        assert_eq!(text(&balancer, "DNSName"), "localhost");
        let group = identity("Group", "AWS::ElasticLoadBalancingV2::TargetGroup");
        check(
            &format!("{elb}:targetgroup/Shop-Group-[A-Z0-9]{{12}}/[0-9a-f]{{16}}"),
            group.reference(),
        );
        let namespace = identity("Names", "AWS::ServiceDiscovery::PrivateDnsNamespace");
        check("ns-[a-z2-7]{16}", namespace.reference());
        check(
            "arn:aws:servicediscovery:us-west-2:000000000000:namespace/ns-.*",
            &text(&namespace, "Arn"),
        );
        let cluster = identity("Cluster", "AWS::ECS::Cluster");
        check("Shop-Cluster-[A-Z0-9]{12}", cluster.reference());
        let service = identity("Api", "AWS::ECS::Service");
        check(
            "arn:aws:ecs:us-west-2:000000000000:service/default/Shop-Api-[A-Z0-9]{12}",
            service.reference(),
        );
        check("vpc-[0-9a-f]{17}", identity("Vpc", "AWS::EC2::VPC").reference());
        let role = identity("Role", "AWS::IAM::Role");
        check("arn:aws:iam::000000000000:role/Shop-Role-[A-Z0-9]{12}", &text(&role, "Arn"));
        let other = identity("Job", "AWS::Glue::Job");
        check("Shop-Job-[A-Z0-9]{12}", other.reference());
        check("arn:aws:glue:us-west-2:000000000000:Shop-Job-[A-Z0-9]{12}", &text(&other, "Arn"));
        assert_eq!(text(&other, "JobRunId"), "Job.JobRunId");
        assert_eq!(identity("Mine", "Custom::Thing").reference().len(), "Shop-Mine-".len() + 12);
    }

    #[test]
    fn common_types_that_are_not_emulated_have_their_own_forms() {
        let name = "Shop-R-[A-Z0-9]{12}";
        let at = "us-west-2:000000000000";
        for (kind, reference, attribute, value) in [
            (
                "SQS::Queue",
                "https://sqs.us-west-2.amazonaws.com/000000000000/NAME".to_owned(),
                "Arn",
                format!("arn:aws:sqs:{at}:NAME"),
            ),
            ("SNS::Topic", format!("arn:aws:sns:{at}:NAME"), "TopicName", "NAME".into()),
            ("S3::Bucket", "shop-r-[a-z0-9]{12}".into(), "Arn", "arn:aws:s3:::shop-r-.*".into()),
            ("DynamoDB::Table", "NAME".into(), "Arn", format!("arn:aws:dynamodb:{at}:table/NAME")),
            (
                "Lambda::Function",
                "NAME".into(),
                "Arn",
                format!("arn:aws:lambda:{at}:function:NAME"),
            ),
            (
                "KMS::Key",
                "[0-9a-f-]{36}".into(),
                "Arn",
                format!("arn:aws:kms:{at}:key/[0-9a-f-]{{36}}"),
            ),
            (
                "SecretsManager::Secret",
                format!("arn:aws:secretsmanager:{at}:secret:R-[A-Za-z0-9]{{12}}-[A-Za-z0-9]{{6}}"),
                "Id",
                format!("arn:aws:secretsmanager:{at}:secret:R-.*"),
            ),
            ("SSM::Parameter", "CFN-R-[A-Za-z0-9]{12}".into(), "Type", "String".into()),
            (
                "RDS::DBInstance",
                "shop-r-[a-z0-9]{12}".into(),
                "Endpoint.Address",
                "shop-r-[a-z0-9]{12}\\.[a-z0-9]{12}\\.us-west-2\\.rds\\.amazonaws\\.com".into(),
            ),
            ("EFS::FileSystem", "fs-[0-9a-f]{17}".into(), "FileSystemId", "fs-.*".into()),
            (
                "IAM::ManagedPolicy",
                "arn:aws:iam::000000000000:policy/NAME".into(),
                "PolicyArn",
                "arn.*".into(),
            ),
            (
                "CloudFront::Distribution",
                "E[A-Z0-9]{13}".into(),
                "DomainName",
                "d[a-z0-9]{13}\\.cloudfront\\.net".into(),
            ),
            (
                "Cognito::UserPool",
                "us-west-2_[A-Za-z0-9]{9}".into(),
                "UserPoolId",
                "us-west-2_.*".into(),
            ),
        ] {
            let identity = identity("R", &format!("AWS::{kind}"));
            let matches = |pattern: &str, text: &str| {
                let pattern = format!("^(?:{})$", pattern.replace("NAME", name));
                assert!(regex::Regex::new(&pattern).unwrap().is_match(text), "{kind}: {text}");
            };
            matches(&reference, identity.reference());
            let found = identity.attribute(attribute);
            let Some(Value::String(found)) = found else { panic!("{kind}.{attribute}: {found:?}") };
            matches(&value, &found);
        }
    }

    #[test]
    fn names_that_are_given_are_kept() {
        let named = |kind: &str, text: &str| {
            let properties = super::super::json::read(text).unwrap();
            identify(&Inputs::new("Shop"), "R", kind, &properties).reference().to_owned()
        };
        let secret = named("AWS::SecretsManager::Secret", r#"{"Name": "shop/db"}"#);
        assert!(
            secret.contains(":secret:shop/db-") && secret.len() == secret.rfind('-').unwrap() + 7
        );
        assert_eq!(named("AWS::SSM::Parameter", r#"{"Name": "/shop/size"}"#), "/shop/size");
    }

    #[test]
    fn values_are_stable_and_differ_between_resources() {
        let vpc = |id| identity(id, "AWS::EC2::VPC").reference().to_owned();
        assert_eq!(vpc("A"), vpc("A"));
        assert_ne!(vpc("A"), vpc("B"));
        // A changed value would orphan whatever a user has kept of an earlier start.
        assert_eq!(vpc("A"), "vpc-78d4f663bcbc0de72");
    }

    #[test]
    fn an_emulated_type_has_no_unknown_attributes() {
        let group = identity("Group", "AWS::ElasticLoadBalancingV2::TargetGroup");
        assert_eq!(group.attribute("Nmae"), None);
    }

    #[test]
    fn a_listeners_arn_continues_its_load_balancers() {
        let text = "arn:aws:elasticloadbalancing:us-west-2:1:loadbalancer/app/lb/12";
        let properties =
            super::super::json::read(&format!(r#"{{"LoadBalancerArn": "{text}"}}"#)).unwrap();
        let kind = "AWS::ElasticLoadBalancingV2::Listener";
        let listener = identify(&Inputs::new("Shop"), "L", kind, &properties);
        let start = "arn:aws:elasticloadbalancing:us-west-2:1:listener/app/lb/12/";
        assert!(listener.reference().starts_with(start), "{}", listener.reference());
    }
}
