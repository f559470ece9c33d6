//! What differs from one deployment to the next. Account and region are not asked for:
//! CloudFormation's pseudo parameters know them.

use crate::{
    template::{Parameter, Template},
    value::Id,
};

pub(super) struct Parameters {
    pub(super) domain_name: Id,
    pub(super) hosted_zone_id: Id,
    pub(super) desired_count: Id,
}

/// Adds the parameters. `ImageTag` is not handed on: it is used only inside a longer text.
pub(super) fn declare(template: &mut Template) -> Parameters {
    let parameters = Parameters {
        domain_name: template.parameter("DomainName", domain_name()),
        hosted_zone_id: template.parameter("HostedZoneId", hosted_zone_id()),
        desired_count: template.parameter("DesiredCount", desired_count()),
    };
    template.parameter("ImageTag", image_tag());
    parameters
}

fn domain_name() -> Parameter {
    Parameter {
        r#type: "String",
        description: "The name that the load balancer answers to, such as services.example.com",
        allowed_pattern: Some(r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$"),
        // A certificate's first name cannot be longer.
        max_length: Some(64),
        constraint_description: Some(
            "must be a domain name in lower case, of at most 64 characters, without a dot at its end",
        ),
        ..Parameter::default()
    }
}

fn hosted_zone_id() -> Parameter {
    Parameter {
        r#type: "AWS::Route53::HostedZone::Id",
        description: "The public hosted zone that holds DomainName, such as Z0123456789EXAMPLE",
        ..Parameter::default()
    }
}

fn desired_count() -> Parameter {
    Parameter {
        r#type: "Number",
        description: "How many tasks of each service to run",
        default: Some(1.into()),
        min_value: Some(0),
        constraint_description: Some("must be a whole number, 0 or more"),
        ..Parameter::default()
    }
}

fn image_tag() -> Parameter {
    Parameter {
        r#type: "String",
        description: "The tag of the images in the repositories service1, service2 and service3",
        default: Some("latest".into()),
        allowed_pattern: Some("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"),
        constraint_description: Some(
            "must be an image tag: up to 128 letters, digits, _ . and -, the first not . or -",
        ),
        ..Parameter::default()
    }
}
