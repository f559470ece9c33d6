//! How a target group's targets are checked (alb §4.3).

use std::time::Duration;

use crate::{
    field::{Properties, Result},
    matcher,
    problem::{Form, TargetGroupFault},
};
use stack::{HealthCheck, HealthCheckPort, ProtocolVersion, TargetProtocol};

/// The protocols that targets speak.
pub(super) const PROTOCOLS: [(&str, TargetProtocol); 2] =
    [("HTTP", TargetProtocol::Http), ("HTTPS", TargetProtocol::Https)];

const PATH: &str = "/";
const GRPC_PATH: &str = "/AWS.ALB/healthcheck";

pub(super) fn read(properties: &Properties<'_>, version: ProtocolVersion) -> Result<HealthCheck> {
    if let Some(enabled) = properties.get("HealthCheckEnabled")
        && !enabled.flag()?
    {
        return Err(enabled.refused(TargetGroupFault::HealthCheckOff));
    }
    let (interval, timeout) = times(properties)?;
    Ok(HealthCheck {
        protocol: properties.choice("HealthCheckProtocol", &PROTOCOLS, TargetProtocol::Http)?,
        path: path(properties, version)?,
        port: port(properties)?,
        interval,
        timeout,
        healthy_threshold: properties.number("HealthyThresholdCount", 2..=10, 5)?,
        unhealthy_threshold: properties.number("UnhealthyThresholdCount", 2..=10, 2)?,
        matcher: matcher::read(properties, version)?,
    })
}

/// Reads the interval and the timeout.
fn times(properties: &Properties<'_>) -> Result<(Duration, Duration)> {
    let interval = properties.number("HealthCheckIntervalSeconds", 5..=300, 30)?;
    let timeout = properties.number("HealthCheckTimeoutSeconds", 2..=120, 5)?;
    if timeout >= interval
        && let Some(field) = properties
            .get("HealthCheckTimeoutSeconds")
            .or(properties.get("HealthCheckIntervalSeconds"))
    {
        return Err(field.refused(TargetGroupFault::TimeoutOfInterval { timeout, interval }));
    }
    Ok((Duration::from_secs(interval.into()), Duration::from_secs(timeout.into())))
}

fn path(properties: &Properties<'_>, version: ProtocolVersion) -> Result<String> {
    let Some(field) = properties.get("HealthCheckPath") else {
        let default = if version == ProtocolVersion::Grpc { GRPC_PATH } else { PATH };
        return Ok(default.to_owned());
    };
    let path = field.text()?;
    let legal = |c: char| c.is_ascii_graphic();
    if path.starts_with('/') && path.len() <= 1024 && path.chars().all(legal) {
        return Ok(path.into_owned());
    }
    Err(field.malformed(&path, Form::HealthCheckPath))
}

fn port(properties: &Properties<'_>) -> Result<HealthCheckPort> {
    match properties.get("HealthCheckPort") {
        None => Ok(HealthCheckPort::Traffic),
        Some(field) if field.text()? == "traffic-port" => Ok(HealthCheckPort::Traffic),
        Some(field) => field.port().map(HealthCheckPort::Port),
    }
}
