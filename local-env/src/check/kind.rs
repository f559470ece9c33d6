//! The types of resources that checks look at.

pub(super) const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
pub(super) const LISTENER_RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";
pub(super) const TARGET_GROUP: &str = "AWS::ElasticLoadBalancingV2::TargetGroup";
pub(super) const SERVICE: &str = "AWS::ECS::Service";
pub(super) const TASK_DEFINITION: &str = "AWS::ECS::TaskDefinition";
pub(super) const PRIVATE_NAMESPACE: &str = "AWS::ServiceDiscovery::PrivateDnsNamespace";
pub(super) const DISCOVERY_SERVICE: &str = "AWS::ServiceDiscovery::Service";
pub(super) const DISCOVERY_INSTANCE: &str = "AWS::ServiceDiscovery::Instance";
pub(super) const RECORD_SET: &str = "AWS::Route53::RecordSet";
pub(super) const VPC: &str = "AWS::EC2::VPC";
pub(super) const CLUSTER: &str = "AWS::ECS::Cluster";
pub(super) const CLUSTER_CAPACITY: &str = "AWS::ECS::ClusterCapacityProviderAssociations";
pub(super) const INTERNET_GATEWAY: &str = "AWS::EC2::InternetGateway";
pub(super) const SUBNET: &str = "AWS::EC2::Subnet";
pub(super) const ROUTE: &str = "AWS::EC2::Route";
pub(super) const ROUTE_TABLE: &str = "AWS::EC2::RouteTable";
pub(super) const ROUTE_TABLE_ASSOCIATION: &str = "AWS::EC2::SubnetRouteTableAssociation";
pub(super) const VPC_ENDPOINT: &str = "AWS::EC2::VPCEndpoint";
pub(super) const LOG_GROUP: &str = "AWS::Logs::LogGroup";
pub(super) const ROLE: &str = "AWS::IAM::Role";
pub(super) const POLICY: &str = "AWS::IAM::Policy";
pub(super) const ROLE_POLICY: &str = "AWS::IAM::RolePolicy";
pub(super) const MANAGED_POLICY: &str = "AWS::IAM::ManagedPolicy";
