//! The types of resources that are read, or that checks look at, as CloudFormation names them.

#![expect(missing_docs, reason = "each constant says what it is")]

pub const LOAD_BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
pub const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
pub const LISTENER_RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";
pub const LISTENER_CERTIFICATE: &str = "AWS::ElasticLoadBalancingV2::ListenerCertificate";
pub const TARGET_GROUP: &str = "AWS::ElasticLoadBalancingV2::TargetGroup";
pub const CERTIFICATE: &str = "AWS::CertificateManager::Certificate";
pub const CLUSTER: &str = "AWS::ECS::Cluster";
pub const SERVICE: &str = "AWS::ECS::Service";
pub const TASK_DEFINITION: &str = "AWS::ECS::TaskDefinition";
pub const PRIVATE_NAMESPACE: &str = "AWS::ServiceDiscovery::PrivateDnsNamespace";
pub const PUBLIC_NAMESPACE: &str = "AWS::ServiceDiscovery::PublicDnsNamespace";
pub const HTTP_NAMESPACE: &str = "AWS::ServiceDiscovery::HttpNamespace";
pub const DISCOVERY_SERVICE: &str = "AWS::ServiceDiscovery::Service";
pub const DISCOVERY_INSTANCE: &str = "AWS::ServiceDiscovery::Instance";
pub const SECURITY_GROUP: &str = "AWS::EC2::SecurityGroup";
pub const SECURITY_GROUP_INGRESS: &str = "AWS::EC2::SecurityGroupIngress";
pub const SECURITY_GROUP_EGRESS: &str = "AWS::EC2::SecurityGroupEgress";
pub const VPC: &str = "AWS::EC2::VPC";
pub const RECORD_SET: &str = "AWS::Route53::RecordSet";
pub const CLUSTER_CAPACITY: &str = "AWS::ECS::ClusterCapacityProviderAssociations";
pub const INTERNET_GATEWAY: &str = "AWS::EC2::InternetGateway";
pub const SUBNET: &str = "AWS::EC2::Subnet";
pub const ROUTE: &str = "AWS::EC2::Route";
pub const ROUTE_TABLE: &str = "AWS::EC2::RouteTable";
pub const ROUTE_TABLE_ASSOCIATION: &str = "AWS::EC2::SubnetRouteTableAssociation";
pub const VPC_ENDPOINT: &str = "AWS::EC2::VPCEndpoint";
pub const LOG_GROUP: &str = "AWS::Logs::LogGroup";
pub const ROLE: &str = "AWS::IAM::Role";
pub const POLICY: &str = "AWS::IAM::Policy";
pub const ROLE_POLICY: &str = "AWS::IAM::RolePolicy";
pub const MANAGED_POLICY: &str = "AWS::IAM::ManagedPolicy";
