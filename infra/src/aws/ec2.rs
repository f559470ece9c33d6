//! The network: VPC, subnets, routes, gateways, security groups.

use serde::Serialize;

use crate::value::Value;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Vpc {
    pub(crate) cidr_block: &'static str,
    pub(crate) enable_dns_hostnames: bool,
    pub(crate) enable_dns_support: bool,
    pub(crate) instance_tenancy: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VpcGatewayAttachment {
    pub(crate) vpc_id: Value,
    pub(crate) internet_gateway_id: Value,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Subnet {
    pub(crate) vpc_id: Value,
    pub(crate) availability_zone: Value,
    pub(crate) cidr_block: &'static str,
    pub(crate) map_public_ip_on_launch: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RouteTable {
    pub(crate) vpc_id: Value,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SubnetRouteTableAssociation {
    pub(crate) route_table_id: Value,
    pub(crate) subnet_id: Value,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Route {
    pub(crate) route_table_id: Value,
    pub(crate) destination_cidr_block: &'static str,
    #[serde(flatten)]
    pub(crate) target: RouteTarget,
}

/// Where a route leads: the property's name says what kind of gateway it is.
#[derive(Debug, Serialize)]
pub(crate) enum RouteTarget {
    #[serde(rename = "GatewayId")]
    Internet(Value),
    #[serde(rename = "NatGatewayId")]
    Nat(Value),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Eip {
    pub(crate) domain: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NatGateway {
    pub(crate) allocation_id: Value,
    pub(crate) subnet_id: Value,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SecurityGroup {
    pub(crate) group_description: &'static str,
    pub(crate) vpc_id: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) security_group_ingress: Vec<CidrRule>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) security_group_egress: Vec<CidrRule>,
}

/// A rule inside a group, from or to a range of addresses.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CidrRule {
    pub(crate) description: String,
    pub(crate) cidr_ip: &'static str,
    pub(crate) ip_protocol: &'static str,
    #[serde(flatten)]
    pub(crate) ports: Option<Ports>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SecurityGroupIngress {
    pub(crate) group_id: Value,
    pub(crate) source_security_group_id: Value,
    pub(crate) description: String,
    pub(crate) ip_protocol: &'static str,
    #[serde(flatten)]
    pub(crate) ports: Ports,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SecurityGroupEgress {
    pub(crate) group_id: Value,
    pub(crate) destination_security_group_id: Value,
    pub(crate) description: String,
    pub(crate) ip_protocol: &'static str,
    #[serde(flatten)]
    pub(crate) ports: Ports,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Ports {
    from_port: u16,
    to_port: u16,
}

// === impl Ports ===

impl Ports {
    pub(crate) fn only(port: u16) -> Self {
        Self { from_port: port, to_port: port }
    }
}
