//! Whether tasks have a way to their images and logs (cloudmap-ecs §3.11).
//!
//! Everything goes through the task's own address: over a NAT gateway, over an internet gateway with
//! a public address, or to endpoints in the VPC.

use std::fmt;

use super::{code, roles::ecr_repository, subject::Subject, value};
use cloudformation::{Node, Resource};
use stack_reader::resource_type::{
    INTERNET_GATEWAY, ROUTE, ROUTE_TABLE, ROUTE_TABLE_ASSOCIATION, SERVICE, SUBNET, VPC,
    VPC_ENDPOINT,
};

const ANYWHERE: &str = "0.0.0.0/0";

/// The way that packets for the internet take.
enum Way {
    /// They go to an internet gateway, which takes those with a public address only.
    Public,
    /// They go to a NAT gateway, or something like it.
    Private,
    Nowhere,
}

/// Something that tasks talk to before they start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Destination {
    /// A service of AWS's, by the end of the name of its endpoint.
    Service(&'static str),
    /// A registry somewhere else.
    Internet,
}

// === impl Destination ===

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Service(name) => name,
            Self::Internet => "the internet",
        })
    }
}

pub(super) fn check(subject: &Subject<'_>) {
    for service in subject.of_type(SERVICE).filter(|it| subject.is_on_fargate(it)) {
        let subnets = value::at(&service.properties, &value::network().key("Subnets"));
        let subnets = subnets.and_then(Node::items).unwrap_or_default();
        for (index, subnet) in subnets.iter().enumerate() {
            let subnet = subnet.text().and_then(|id| subject.named(SUBNET, &id));
            if let Some(subnet) = subnet {
                from_subnet(subject, service, index, subnet);
            }
        }
    }
}

fn from_subnet(subject: &Subject<'_>, service: &Resource, index: usize, subnet: &Resource) {
    let Some(way) = way(subject, subnet) else { return };
    let assign = value::network().key("AssignPublicIp");
    let public_ip = value::at(&service.properties, &assign).and_then(Node::text);
    let has_public_ip = public_ip.is_some_and(|it| it == "ENABLED");
    let missing = missing_endpoints(subject, service, subnet);
    if missing.is_empty() {
        return;
    }
    let (id, subnet) = (&service.logical_id, &subnet.logical_id);
    match way {
        Way::Public if !has_public_ip => {
            let message = format!(
                "`{id}` runs tasks in `{subnet}`, whose default route is an internet gateway, but \
                 gives them no public IP address"
            );
            let place = subject.at(service, &assign);
            subject.tell(
                &code::PUBLIC_IP,
                place,
                message,
                "AssignPublicIp: ENABLED   # or private subnets with a NAT gateway",
            );
        }
        Way::Nowhere => {
            let message = format!(
                "`{id}` runs tasks in `{subnet}`, which has no default route, and there is no endpoint \
                 for {}",
                missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            );
            let place = subject.at(service, &value::network().key("Subnets").index(index));
            let mend = format!(
                "{subnet}DefaultRoute:\n  Type: {ROUTE}\n  Properties:\n    RouteTableId: \
                 !Ref {subnet}RouteTable\n    DestinationCidrBlock: {ANYWHERE}\n    NatGatewayId: !Ref NatGateway"
            );
            subject.tell(&code::PRIVATE_SUBNET, place, message, mend);
        }
        Way::Public | Way::Private => {}
    }
}

/// Returns the default route of a subnet; `None` where its route table is not in the template.
fn way(subject: &Subject<'_>, subnet: &Resource) -> Option<Way> {
    let own = subject
        .of_type(ROUTE_TABLE_ASSOCIATION)
        .find(|it| value::text(it, "SubnetId").is_some_and(|id| id == subnet.reference()));
    let Some(own) = own else {
        // The main table of a new VPC has no routes to anywhere; of another one nothing is known.
        let vpc = value::text(subnet, "VpcId").and_then(|id| subject.named(VPC, &id));
        return vpc.map(|_| Way::Nowhere);
    };
    let table = value::text(own, "RouteTableId")?;
    subject.named(ROUTE_TABLE, &table)?;
    let route = subject.of_type(ROUTE).find(|route| {
        let text = |key| value::text(route, key);
        text("RouteTableId").as_deref() == Some(&table)
            && text("DestinationCidrBlock").as_deref() == Some(ANYWHERE)
    });
    Some(match route {
        None => Way::Nowhere,
        Some(route) if is_public(subject, route) => Way::Public,
        Some(_) => Way::Private,
    })
}

/// Returns whether a route leads to an internet gateway; virtual private gateways are named by the
/// same property.
fn is_public(subject: &Subject<'_>, route: &Resource) -> bool {
    value::text(route, "GatewayId")
        .is_some_and(|id| id.starts_with("igw-") || subject.named(INTERNET_GATEWAY, &id).is_some())
}

/// Returns what the tasks would need endpoints for and have none.
fn missing_endpoints(
    subject: &Subject<'_>,
    service: &Resource,
    subnet: &Resource,
) -> Vec<Destination> {
    let vpc = value::text(subnet, "VpcId");
    let there = |name: &str| {
        subject.of_type(VPC_ENDPOINT).any(|endpoint| {
            value::text(endpoint, "VpcId") == vpc
                && value::text(endpoint, "ServiceName").is_some_and(|it| it.ends_with(name))
        })
    };
    let is_missing = |it: &Destination| match it {
        Destination::Internet => true,
        Destination::Service(name) => !there(&format!(".{name}")),
    };
    needed(subject, service).into_iter().filter(is_missing).collect()
}

/// Returns what the containers of a service talk to before they start.
fn needed(subject: &Subject<'_>, service: &Resource) -> Vec<Destination> {
    const OF_ECR: [Destination; 3] = [
        Destination::Service("ecr.api"),
        Destination::Service("ecr.dkr"),
        Destination::Service("s3"),
    ];
    const LOGS: Destination = Destination::Service("logs");
    let Some(definition) = subject.definition(service) else {
        return OF_ECR.into_iter().chain([LOGS]).collect();
    };
    let mut needed = Vec::new();
    for container in value::items(&definition.properties, "ContainerDefinitions") {
        let image = container.get("Image").and_then(Node::text).unwrap_or_default();
        match ecr_repository(&image) {
            Some(_) => needed.extend(OF_ECR),
            None if image.split('/').next().is_some_and(|it| it.ends_with(".invalid")) => {}
            None => needed.push(Destination::Internet),
        }
        if container.get("LogConfiguration").is_some_and(value::is_awslogs) {
            needed.push(LOGS);
        }
    }
    needed.sort_unstable();
    needed.dedup();
    needed
}
