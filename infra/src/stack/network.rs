//! A VPC over two zones. In each a public subnet, for the load balancer and a NAT gateway, and a
//! private one, for tasks, which reach the internet only through their zone's NAT gateway.

use crate::{
    aws::{Properties, Resource, ec2},
    template::Template,
    value::{Id, Value},
};

const ANYWHERE: &str = "0.0.0.0/0";

pub(super) struct Network {
    pub(super) vpc: Id,
    pub(super) public_subnets: Vec<Id>,
    pub(super) private_subnets: Vec<Id>,
    /// What must be there before anything in a public subnet reaches the internet.
    pub(super) public_routes: Vec<Id>,
}

/// One zone's share of the VPC's addresses.
struct Zone {
    index: usize,
    public: &'static str,
    private: &'static str,
}

const ZONES: [Zone; 2] = [
    Zone { index: 0, public: "10.0.0.0/18", private: "10.0.128.0/18" },
    Zone { index: 1, public: "10.0.64.0/18", private: "10.0.192.0/18" },
];

struct Subnet {
    id: Id,
    route_table: Id,
    association: Id,
}

/// The internet gateway, and its attachment, without which no route may lead to it.
struct Internet {
    gateway: Id,
    attachment: Id,
}

pub(super) fn add(template: &mut Template) -> Network {
    let vpc = add_vpc(template);
    let internet = add_internet_gateway(template, &vpc);
    let mut network =
        Network { vpc, public_subnets: vec![], private_subnets: vec![], public_routes: vec![] };
    for zone in &ZONES {
        add_zone(template, &mut network, &internet, zone);
    }
    network
}

fn add_vpc(template: &mut Template) -> Id {
    template.add(
        "Vpc",
        ec2::Vpc {
            cidr_block: "10.0.0.0/16",
            enable_dns_hostnames: true,
            enable_dns_support: true,
            instance_tenancy: "default",
        },
    )
}

fn add_internet_gateway(template: &mut Template, vpc: &Id) -> Internet {
    let gateway = template.add("InternetGateway", Properties::InternetGateway);
    let attachment = template.add(
        "InternetGatewayAttachment",
        ec2::VpcGatewayAttachment {
            vpc_id: vpc.reference(),
            internet_gateway_id: gateway.reference(),
        },
    );
    Internet { gateway, attachment }
}

fn add_zone(template: &mut Template, network: &mut Network, internet: &Internet, zone: &Zone) {
    let number = zone.index + 1;
    let name = format!("PublicSubnet{number}");
    let public = add_subnet(template, &name, &network.vpc, zone.public, zone.index, true);
    let gateway = ec2::RouteTarget::Internet(internet.gateway.reference());
    let route = Resource::from(default_route(&public, gateway)).depends_on([&internet.attachment]);
    let route = template.add(format!("{name}DefaultRoute"), route);
    let ready = [route, public.association];
    let nat_gateway = add_nat_gateway(template, &name, &public.id, &ready);
    network.public_routes.extend(ready);
    network.public_subnets.push(public.id);

    let name = format!("PrivateSubnet{number}");
    let private = add_subnet(template, &name, &network.vpc, zone.private, zone.index, false);
    let gateway = ec2::RouteTarget::Nat(nat_gateway.reference());
    template.add(format!("{name}DefaultRoute"), default_route(&private, gateway));
    network.private_subnets.push(private.id);
}

fn add_subnet(
    template: &mut Template,
    name: &str,
    vpc: &Id,
    cidr_block: &'static str,
    zone: usize,
    public: bool,
) -> Subnet {
    let subnet = ec2::Subnet {
        vpc_id: vpc.reference(),
        availability_zone: Value::availability_zone(zone),
        cidr_block,
        map_public_ip_on_launch: public,
    };
    let id = template.add(name, subnet);
    let table = ec2::RouteTable { vpc_id: vpc.reference() };
    let route_table = template.add(format!("{name}RouteTable"), table);
    let association = ec2::SubnetRouteTableAssociation {
        route_table_id: route_table.reference(),
        subnet_id: id.reference(),
    };
    let association = template.add(format!("{name}RouteTableAssociation"), association);
    Subnet { id, route_table, association }
}

fn default_route(subnet: &Subnet, target: ec2::RouteTarget) -> ec2::Route {
    ec2::Route {
        route_table_id: subnet.route_table.reference(),
        destination_cidr_block: ANYWHERE,
        target,
    }
}

fn add_nat_gateway(template: &mut Template, name: &str, subnet: &Id, ready: &[Id]) -> Id {
    let address = template.add(format!("{name}Eip"), ec2::Eip { domain: "vpc" });
    let gateway = ec2::NatGateway {
        allocation_id: address.attribute("AllocationId"),
        subnet_id: subnet.reference(),
    };
    template.add(format!("{name}NatGateway"), Resource::from(gateway).depends_on(ready))
}
