//! Target groups (alb §4).

use std::time::Duration;

use super::{
    attribute,
    field::{Properties, Reading, Result},
    load_balancer::{self, Attributes},
    matcher,
};
use crate::stack::{
    HealthCheck, HealthCheckPort, Matcher, ProtocolVersion, TargetGroup, TargetGroupAttributes,
    TargetProtocol,
};

/// What holds here anyway (alb §10.3).
const DEFAULTS: [(&str, &str); 8] = [
    ("load_balancing.algorithm.type", "round_robin"),
    ("load_balancing.algorithm.anomaly_mitigation", "off"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    ("slow_start.duration_seconds", "0"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
];

pub(super) fn read(reading: &Reading<'_>) -> Result<TargetGroup> {
    let properties = reading.properties();
    load_balancer::name(&properties)?;
    kind(&properties)?;
    properties.need("Port")?.port()?;
    let mut attributes = Attributes::read(&properties, "TargetGroupAttributes")?;
    let deregistration_delay =
        attributes.number("deregistration_delay.timeout_seconds", 0, 3600, 300)?;
    stickiness(&mut attributes)?;
    attributes.finish(reading, &DEFAULTS)?;
    Ok(TargetGroup {
        logical_id: reading.resource.logical_id.clone(),
        arn: reading.resource.reference().into(),
        name: attribute(reading.resource, "TargetGroupName"),
        full_name: attribute(reading.resource, "TargetGroupFullName"),
        protocol: TargetProtocol::Http,
        version: ProtocolVersion::Http1,
        health_check: health_check(&properties)?,
        attributes: TargetGroupAttributes { deregistration_delay, ..Default::default() },
    })
}

fn kind(properties: &Properties<'_>) -> Result<()> {
    let help = "a target group of Fargate tasks has `TargetType: ip`; AWS's default is `instance`";
    let Some(kind) = properties.get("TargetType") else {
        return Err(properties.missing("TargetType", help));
    };
    if kind.text()? != "ip" {
        return Err(kind.not_emulated(format!("targets of type `{}`", kind.text()?), help));
    }
    let help = "only HTTP/1.1 without TLS is emulated between load balancer and targets";
    let protocol = properties.need("Protocol")?;
    if protocol.text()? != "HTTP" {
        return Err(
            protocol.not_emulated(format!("targets that speak `{}`", protocol.text()?), help)
        );
    }
    if let Some(version) = properties.get("ProtocolVersion")
        && version.text()? != "HTTP1"
    {
        return Err(version.not_emulated(format!("targets that speak `{}`", version.text()?), help));
    }
    if let Some(targets) = properties.get("Targets").filter(|targets| !targets.is_empty()) {
        let help = "leave `Targets` out: ECS registers the tasks of a service";
        return Err(targets.not_emulated("targets that are no tasks", help));
    }
    properties.ignore_unless("IpAddressType", &["ipv4"])
}

fn stickiness(attributes: &mut Attributes<'_>) -> Result<()> {
    if let Some(enabled) = attributes.take("stickiness.enabled")
        && enabled.flag()?
    {
        let help = "set `stickiness.enabled` to `false`";
        return Err(enabled.not_emulated("sessions that stick to a target", help));
    }
    for detail in [
        "type",
        "lb_cookie.duration_seconds",
        "app_cookie.cookie_name",
        "app_cookie.duration_seconds",
    ] {
        // Says nothing while stickiness is off.
        attributes.take(&format!("stickiness.{detail}"));
    }
    Ok(())
}

fn health_check(properties: &Properties<'_>) -> Result<HealthCheck> {
    unchangeable(properties)?;
    let seconds = |key, range, default| {
        properties.number(key, range, default).map(|seconds| Duration::from_secs(seconds.into()))
    };
    let interval = seconds("HealthCheckIntervalSeconds", 5..=300, 30)?;
    let timeout = seconds("HealthCheckTimeoutSeconds", 2..=120, 5)?;
    if timeout >= interval
        && let Some(field) = properties
            .get("HealthCheckTimeoutSeconds")
            .or(properties.get("HealthCheckIntervalSeconds"))
    {
        let (timeout, interval) = (timeout.as_secs(), interval.as_secs());
        let why = format!("makes a timeout of {timeout} s in an interval of {interval} s");
        return Err(field.refused(why, "the timeout must be shorter than the interval"));
    }
    Ok(HealthCheck {
        protocol: TargetProtocol::Http,
        path: path(properties)?,
        port: port(properties)?,
        interval,
        timeout,
        healthy_threshold: properties.number("HealthyThresholdCount", 2..=10, 5)?,
        unhealthy_threshold: properties.number("UnhealthyThresholdCount", 2..=10, 2)?,
        matcher: Matcher::Http(statuses(properties)?),
    })
}

fn unchangeable(properties: &Properties<'_>) -> Result<()> {
    if let Some(enabled) = properties.get("HealthCheckEnabled")
        && !enabled.flag()?
    {
        let help = "targets of type `ip` are always checked: leave `HealthCheckEnabled` out";
        return Err(enabled.refused("is false", help));
    }
    if let Some(protocol) = properties.get("HealthCheckProtocol")
        && protocol.text()? != "HTTP"
    {
        let what = format!("health checks over `{}`", protocol.text()?);
        return Err(protocol.not_emulated(what, "only HTTP is emulated"));
    }
    Ok(())
}

fn path(properties: &Properties<'_>) -> Result<String> {
    let Some(field) = properties.get("HealthCheckPath") else { return Ok("/".to_owned()) };
    let path = field.text()?;
    let legal = |c: char| c.is_ascii_graphic();
    if path.starts_with('/') && path.len() <= 1024 && path.chars().all(legal) {
        return Ok(path.into_owned());
    }
    let help = "a path begins with `/` and has up to 1024 characters, none of them blank";
    Err(field.refused(format!("is `{path}`"), help))
}

fn port(properties: &Properties<'_>) -> Result<HealthCheckPort> {
    match properties.get("HealthCheckPort") {
        None => Ok(HealthCheckPort::Traffic),
        Some(field) if field.text()? == "traffic-port" => Ok(HealthCheckPort::Traffic),
        Some(field) => field.port().map(HealthCheckPort::Port),
    }
}

fn statuses(properties: &Properties<'_>) -> Result<Vec<std::ops::RangeInclusive<u16>>> {
    let Some(config) = properties.map("Matcher")? else { return Ok(vec![200..=200]) };
    if let Some(code) = config.get("GrpcCode") {
        return Err(code.not_emulated("gRPC health checks", "give an `HttpCode`"));
    }
    matcher::read(&config.need("HttpCode")?)
}
