//! The resource types that the stacks use, one struct each, with only the properties that are
//! set. A property is named as CloudFormation names it; what it means is in its user guide.

#![expect(clippy::struct_field_names, reason = "the names are CloudFormation's")]

pub(crate) mod acm;
pub(crate) mod ec2;
pub(crate) mod ecr;
pub(crate) mod ecs;
pub(crate) mod elbv2;
pub(crate) mod iam;
pub(crate) mod route53;
pub(crate) mod service_discovery;

use serde::Serialize;

use crate::value::Id;

/// A resource: its properties, and how CloudFormation goes about it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Resource {
    #[serde(flatten)]
    properties: Properties,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_replace_policy: Option<&'static str>,
}

/// Lists the types: a line makes a variant that writes the type's name, and lets the struct
/// stand where a resource is wanted.
macro_rules! resource_types {
    ($($variant:ident($properties:ty) = $name:literal,)+) => {
        #[derive(Debug, Serialize)]
        #[serde(tag = "Type", content = "Properties")]
        pub(crate) enum Properties {
            // These two are made without any properties.
            #[serde(rename = "AWS::EC2::InternetGateway")]
            InternetGateway,
            #[serde(rename = "AWS::Logs::LogGroup")]
            LogGroup,
            $(#[serde(rename = $name)] $variant($properties),)+
        }

        $(impl From<$properties> for Resource {
            fn from(properties: $properties) -> Self {
                Properties::$variant(properties).into()
            }
        })+
    };
}

resource_types! {
    Certificate(acm::Certificate) = "AWS::CertificateManager::Certificate",
    Eip(ec2::Eip) = "AWS::EC2::EIP",
    NatGateway(ec2::NatGateway) = "AWS::EC2::NatGateway",
    Route(ec2::Route) = "AWS::EC2::Route",
    RouteTable(ec2::RouteTable) = "AWS::EC2::RouteTable",
    SecurityGroup(ec2::SecurityGroup) = "AWS::EC2::SecurityGroup",
    SecurityGroupEgress(ec2::SecurityGroupEgress) = "AWS::EC2::SecurityGroupEgress",
    SecurityGroupIngress(ec2::SecurityGroupIngress) = "AWS::EC2::SecurityGroupIngress",
    Subnet(ec2::Subnet) = "AWS::EC2::Subnet",
    SubnetRouteTableAssociation(ec2::SubnetRouteTableAssociation)
        = "AWS::EC2::SubnetRouteTableAssociation",
    Vpc(ec2::Vpc) = "AWS::EC2::VPC",
    VpcGatewayAttachment(ec2::VpcGatewayAttachment) = "AWS::EC2::VPCGatewayAttachment",
    Repository(ecr::Repository) = "AWS::ECR::Repository",
    Cluster(ecs::Cluster) = "AWS::ECS::Cluster",
    Service(ecs::Service) = "AWS::ECS::Service",
    TaskDefinition(ecs::TaskDefinition) = "AWS::ECS::TaskDefinition",
    Listener(elbv2::Listener) = "AWS::ElasticLoadBalancingV2::Listener",
    ListenerRule(elbv2::ListenerRule) = "AWS::ElasticLoadBalancingV2::ListenerRule",
    LoadBalancer(elbv2::LoadBalancer) = "AWS::ElasticLoadBalancingV2::LoadBalancer",
    TargetGroup(elbv2::TargetGroup) = "AWS::ElasticLoadBalancingV2::TargetGroup",
    Policy(iam::Policy) = "AWS::IAM::Policy",
    Role(iam::Role) = "AWS::IAM::Role",
    RecordSet(route53::RecordSet) = "AWS::Route53::RecordSet",
    PrivateDnsNamespace(service_discovery::PrivateDnsNamespace)
        = "AWS::ServiceDiscovery::PrivateDnsNamespace",
    DiscoveryService(service_discovery::Service) = "AWS::ServiceDiscovery::Service",
}

// === impl Resource ===

impl Resource {
    /// Waits for resources that no property refers to.
    pub(crate) fn depends_on<'a>(mut self, ids: impl IntoIterator<Item = &'a Id>) -> Self {
        self.depends_on.extend(ids.into_iter().cloned());
        self
    }

    /// Stays when the stack, or this resource's place in it, goes.
    pub(crate) fn retained(mut self) -> Self {
        self.deletion_policy = Some("Retain");
        self.update_replace_policy = Some("Retain");
        self
    }
}

impl From<Properties> for Resource {
    fn from(properties: Properties) -> Self {
        Self {
            properties,
            depends_on: Vec::new(),
            deletion_policy: None,
            update_replace_policy: None,
        }
    }
}
