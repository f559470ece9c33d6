//! The name that clients use: its certificate, and its record in Route 53.

use crate::{
    aws::{acm, route53},
    stack::parameters::Parameters,
    template::Template,
    value::{Id, Value},
};

/// Deploying waits here until ACM has seen its validation record in the hosted zone.
pub(super) fn add_certificate(template: &mut Template, parameters: &Parameters) -> Id {
    let domain_name = parameters.domain_name.reference();
    template.add(
        "Certificate",
        acm::Certificate {
            domain_name: domain_name.clone(),
            subject_alternative_names: vec![Value::sub("*.${DomainName}")],
            validation_method: "DNS",
            domain_validation_options: vec![acm::DomainValidationOption {
                domain_name,
                hosted_zone_id: parameters.hosted_zone_id.reference(),
            }],
        },
    )
}

pub(super) fn add_alias(template: &mut Template, parameters: &Parameters, load_balancer: &Id) {
    template.add(
        "AliasRecord",
        route53::RecordSet {
            name: Value::sub("${DomainName}."),
            r#type: "A",
            comment: "services subdomain",
            hosted_zone_id: parameters.hosted_zone_id.reference(),
            alias_target: route53::AliasTarget {
                dns_name: Value::sub("dualstack.${LoadBalancer.DNSName}"),
                hosted_zone_id: load_balancer.attribute("CanonicalHostedZoneID"),
            },
        },
    );
}
