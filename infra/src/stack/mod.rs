//! The two stacks: the services with everything around them, and the registry that has to stand
//! before the services' images can be pushed.

mod domain;
mod load_balancer;
mod network;
mod parameters;
mod registry;
mod sample;
mod security_groups;
mod service;

pub use registry::registry_template;

use crate::{template::Template, value::Value};

/// Three services on ECS Fargate, behind one Application Load Balancer, that know one another
/// by Cloud Map names.
pub fn services_template() -> Template {
    let mut template =
        Template::new("Three HTTP services on ECS Fargate behind one Application Load Balancer");
    let parameters = parameters::declare(&mut template);
    let network = network::add(&mut template);
    let groups = security_groups::add(&mut template, &network.vpc);
    let certificate = domain::add_certificate(&mut template, &parameters);
    let load_balancer =
        load_balancer::add(&mut template, &network, &groups.load_balancer, &certificate);
    domain::add_alias(&mut template, &parameters, &load_balancer.id);
    let shared = service::Shared::add(&mut template, &parameters, &network, &groups);
    for sample in &sample::SERVICES {
        security_groups::open_port(&mut template, &groups, sample);
        let entry = load_balancer::add_entry(&mut template, &network, &load_balancer, sample);
        service::add(&mut template, &shared, &entry, sample);
    }
    template.output("Url", "Where the services answer", Value::sub("https://${DomainName}"));
    template.output(
        "LoadBalancerDnsName",
        "The load balancer's own name, to which the domain is an alias",
        load_balancer.id.attribute("DNSName"),
    );
    template
}
