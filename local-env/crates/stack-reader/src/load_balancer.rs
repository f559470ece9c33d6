//! Load balancers (alb §10.1, §10.2).

use crate::{
    attributes::Attributes,
    field::{Properties, Reading, Result},
    lookup::attribute,
    problem::{Form, NotEmulated},
    security_group,
};
use cloudformation::Resolved;
use stack::{DesyncMitigation, ForwardedFor, LoadBalancer, LoadBalancerAttributes};

/// Attributes that change nothing about a request, and their defaults.
const UNUSED: [(&str, &str); 14] = [
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.prefix", ""),
    ("connection_logs.s3.enabled", "false"),
    ("connection_logs.s3.bucket", ""),
    ("connection_logs.s3.prefix", ""),
    ("health_check_logs.s3.enabled", "false"),
    ("health_check_logs.s3.bucket", ""),
    ("health_check_logs.s3.prefix", ""),
    ("deletion_protection.enabled", "false"),
    ("ipv6.deny_all_igw_traffic", "false"),
    ("load_balancing.cross_zone.enabled", "true"),
    ("waf.fail_open.enabled", "false"),
    ("zonal_shift.config.enabled", "false"),
];

pub(super) fn read(reading: &Reading<'_>, resolved: &Resolved) -> Result<LoadBalancer> {
    let properties = reading.properties();
    if let Some(kind) = properties.get("Type")
        && kind.text()? != "application"
    {
        let found = kind.text()?.into_owned();
        return Err(kind.refused(NotEmulated::LoadBalancerType { found }));
    }
    name(&properties)?;
    properties.ignore_unless("Scheme", &["internet-facing", "internal"])?;
    properties.ignore_unless("IpAddressType", &["ipv4"])?;
    let resource = reading.resource;
    Ok(LoadBalancer {
        logical_id: (&resource.logical_id).into(),
        arn: resource.reference().into(),
        name: attribute(resource, "LoadBalancerName"),
        full_name: attribute(resource, "LoadBalancerFullName"),
        dns_name: attribute(resource, "DNSName"),
        attributes: attributes(reading, &properties)?,
        security_groups: security_group::members(&properties, resolved)?,
        listeners: Vec::new(),
    })
}

/// Checks that the name, if one is given, is one that AWS would take.
pub(super) fn name(properties: &Properties<'_>) -> Result<()> {
    let Some(field) = properties.get("Name") else { return Ok(()) };
    let name = field.text()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if (1..=32).contains(&name.len()) && name.chars().all(legal) {
        return Ok(());
    }
    Err(field.malformed(&name, Form::LoadBalancerName))
}

fn attributes(
    reading: &Reading<'_>,
    properties: &Properties<'_>,
) -> Result<LoadBalancerAttributes> {
    let mut given = Attributes::read(properties, "LoadBalancerAttributes")?;
    let default = LoadBalancerAttributes::default();
    let attributes = LoadBalancerAttributes {
        idle_timeout: given.seconds(
            "idle_timeout.timeout_seconds",
            1..=4000,
            default.idle_timeout,
        )?,
        client_keep_alive: given.seconds(
            "client_keep_alive.seconds",
            60..=604_800,
            default.client_keep_alive,
        )?,
        desync_mitigation: desync_mitigation(&mut given)?,
        drop_invalid_headers: given.flag(
            "routing.http.drop_invalid_header_fields.enabled",
            default.drop_invalid_headers,
        )?,
        preserve_host: given
            .flag("routing.http.preserve_host_header.enabled", default.preserve_host)?,
        tls_headers: given.flag(
            "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
            default.tls_headers,
        )?,
        client_port: given.flag("routing.http.xff_client_port.enabled", default.client_port)?,
        forwarded_for: forwarded_for(&mut given)?,
        http2: given.flag("routing.http2.enabled", default.http2)?,
    };
    given.finish(reading, &UNUSED)?;
    Ok(attributes)
}

fn desync_mitigation(attributes: &mut Attributes<'_>) -> Result<DesyncMitigation> {
    let modes = [
        ("monitor", DesyncMitigation::Monitor),
        ("defensive", DesyncMitigation::Defensive),
        ("strictest", DesyncMitigation::Strictest),
    ];
    attributes.choice(
        "routing.http.desync_mitigation_mode",
        &modes,
        LoadBalancerAttributes::default().desync_mitigation,
    )
}

fn forwarded_for(attributes: &mut Attributes<'_>) -> Result<ForwardedFor> {
    let modes = [
        ("append", ForwardedFor::Append),
        ("preserve", ForwardedFor::Preserve),
        ("remove", ForwardedFor::Remove),
    ];
    attributes.choice(
        "routing.http.xff_header_processing.mode",
        &modes,
        LoadBalancerAttributes::default().forwarded_for,
    )
}
