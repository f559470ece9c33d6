//! Who may connect to what: anyone to the load balancer, the load balancer to the tasks, and the
//! tasks to one another.

use crate::{
    aws::ec2,
    stack::sample::Sample,
    template::Template,
    value::{Id, Value},
};

const ANYONE: &str = "0.0.0.0/0";

pub(super) struct SecurityGroups {
    pub(super) load_balancer: Id,
    pub(super) services: Id,
}

pub(super) fn add(template: &mut Template, vpc: &Id) -> SecurityGroups {
    // No egress in the group itself: each service adds its own port.
    let load_balancer = ec2::SecurityGroup {
        group_description: "Load balancer",
        vpc_id: vpc.reference(),
        security_group_ingress: vec![from_anyone(80), from_anyone(443)],
        security_group_egress: vec![],
    };
    let services = ec2::SecurityGroup {
        group_description: "Tasks of the services",
        vpc_id: vpc.reference(),
        security_group_ingress: vec![],
        security_group_egress: vec![to_anywhere()],
    };
    SecurityGroups {
        load_balancer: template.add("LoadBalancerSecurityGroup", load_balancer),
        services: template.add("ServicesSecurityGroup", services),
    }
}

/// Opens a service's port between the load balancer and the tasks, and among the tasks.
pub(super) fn open_port(template: &mut Template, groups: &SecurityGroups, sample: &Sample) {
    let port = sample.address.port;
    let load_balancer = groups.load_balancer.attribute("GroupId");
    let services = groups.services.attribute("GroupId");
    let out = ec2::SecurityGroupEgress {
        group_id: load_balancer.clone(),
        destination_security_group_id: services.clone(),
        description: "Load balancer to target".into(),
        ip_protocol: "tcp",
        ports: ec2::Ports::only(port),
    };
    template.add(sample.part("LoadBalancerEgress"), out);
    let ingress = |source: Value, description: String| ec2::SecurityGroupIngress {
        group_id: services.clone(),
        source_security_group_id: source,
        description,
        ip_protocol: "tcp",
        ports: ec2::Ports::only(port),
    };
    let from_load_balancer = ingress(load_balancer, "Load balancer to target".into());
    template.add(sample.part("LoadBalancerIngress"), from_load_balancer);
    let from_peers =
        ingress(services.clone(), format!("Allow traffic within security group on {port}"));
    template.add(sample.part("PeerIngress"), from_peers);
}

fn from_anyone(port: u16) -> ec2::CidrRule {
    ec2::CidrRule {
        description: format!("Allow from anyone on port {port}"),
        cidr_ip: ANYONE,
        ip_protocol: "tcp",
        ports: Some(ec2::Ports::only(port)),
    }
}

fn to_anywhere() -> ec2::CidrRule {
    ec2::CidrRule {
        description: "Allow all outbound traffic by default".into(),
        cidr_ip: ANYONE,
        ip_protocol: "-1",
        ports: None,
    }
}
