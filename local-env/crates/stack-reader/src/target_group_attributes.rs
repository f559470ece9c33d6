//! How a target group's targets are chosen (alb §4.5 to §4.7, §10.3).

use std::time::Duration;

use crate::{
    attributes::{Attributes, ignored},
    field::{Field, Properties, Reading, Result},
    problem::{ALGORITHM, Form, TargetGroupFault},
};
use stack::{Algorithm, MinimumHealthy, Stickiness, TargetGroupAttributes};

const LIST: &str = "TargetGroupAttributes";
/// Attributes that change nothing here, where there is one zone, and their defaults.
const UNUSED: [(&str, &str); 2] = [
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
];

const ALGORITHMS: [(&str, Algorithm); 3] = [
    ("round_robin", Algorithm::RoundRobin),
    ("least_outstanding_requests", Algorithm::LeastOutstandingRequests),
    ("weighted_random", Algorithm::WeightedRandom),
];

const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";
/// Whether targets of all zones get requests.
const CROSS_ZONES: [(&str, bool); 3] =
    [("use_load_balancer_configuration", true), ("true", true), ("false", false)];

/// What the load balancer's own cookies begin with.
const RESERVED: &str = "AWSALB";
const WEEK: u32 = 604_800;
const DAY: Duration = Duration::from_secs(86_400);
/// More than a target group can have by AWS's quotas, raised ones included.
const MAX_TARGETS: u32 = 100_000;

#[derive(Clone, Copy)]
enum Cookie {
    LoadBalancer,
    Application,
}

pub(super) fn read(
    reading: &Reading<'_>,
    properties: &Properties<'_>,
) -> Result<TargetGroupAttributes> {
    let mut given = Attributes::read(properties, LIST)?;
    let default = TargetGroupAttributes::default();
    let algorithm = given.choice(ALGORITHM, &ALGORITHMS, default.algorithm)?;
    let cross_zone = given.take(CROSS_ZONE);
    let attributes = TargetGroupAttributes {
        deregistration_delay: given.seconds(
            "deregistration_delay.timeout_seconds",
            0..=3600,
            default.deregistration_delay,
        )?,
        algorithm,
        anomaly_mitigation: anomaly_mitigation(&mut given, algorithm)?,
        slow_start: slow_start(&mut given, algorithm)?,
        stickiness: stickiness(&mut given, algorithm)?,
        minimum_healthy: minimum_healthy(&mut given)?,
    };
    if let Some(field) = cross_zone
        && !field.choice(&CROSS_ZONES)?
    {
        if attributes.stickiness.is_some() {
            return Err(field.refused(TargetGroupFault::StickyWithinZone));
        }
        reading.ignore(ignored(LIST, CROSS_ZONE));
    }
    given.finish(reading, &UNUSED)?;
    Ok(attributes)
}

fn anomaly_mitigation(given: &mut Attributes<'_>, algorithm: Algorithm) -> Result<bool> {
    let Some(field) = given.take("load_balancing.algorithm.anomaly_mitigation") else {
        return Ok(false);
    };
    let on = field.choice(&[("on", true), ("off", false)])?;
    if on && algorithm != Algorithm::WeightedRandom {
        return Err(field.refused(TargetGroupFault::AnomalyMitigation));
    }
    Ok(on)
}

fn slow_start(given: &mut Attributes<'_>, algorithm: Algorithm) -> Result<Duration> {
    let Some(field) = given.take("slow_start.duration_seconds") else { return Ok(Duration::ZERO) };
    let seconds = field.number(0..=900)?;
    if (1..30).contains(&seconds) {
        return Err(field.refused(TargetGroupFault::SlowStart { found: seconds }));
    }
    if seconds > 0 && algorithm != Algorithm::RoundRobin {
        return Err(field.refused(TargetGroupFault::SlowStartAlgorithm));
    }
    Ok(Duration::from_secs(seconds.into()))
}

fn stickiness(given: &mut Attributes<'_>, algorithm: Algorithm) -> Result<Option<Stickiness>> {
    let enabled = given.take("stickiness.enabled");
    let cookies = [("lb_cookie", Cookie::LoadBalancer), ("app_cookie", Cookie::Application)];
    let cookie = given.choice("stickiness.type", &cookies, Cookie::LoadBalancer)?;
    let duration = given.seconds("stickiness.lb_cookie.duration_seconds", 1..=WEEK, DAY)?;
    let application = application(given)?;
    let Some(field) = enabled else { return Ok(None) };
    if !field.flag()? {
        return Ok(None);
    }
    if algorithm == Algorithm::WeightedRandom {
        return Err(field.refused(TargetGroupFault::StickyAtRandom));
    }
    match (cookie, application) {
        (Cookie::LoadBalancer, _) => Ok(Some(Stickiness::LoadBalancer { duration })),
        (Cookie::Application, Some(stickiness)) => Ok(Some(stickiness)),
        (Cookie::Application, None) => Err(field.refused(TargetGroupFault::UnnamedCookie)),
    }
}

/// Returns what there is to say on the application's cookie, whether it is used or not.
fn application(given: &mut Attributes<'_>) -> Result<Option<Stickiness>> {
    let name = given.take("stickiness.app_cookie.cookie_name");
    let duration = given.seconds("stickiness.app_cookie.duration_seconds", 1..=WEEK, DAY)?;
    let cookie = name.as_ref().map(cookie_name).transpose()?.filter(|name| !name.is_empty());
    Ok(cookie.map(|cookie| Stickiness::Application { cookie, duration }))
}

fn cookie_name(field: &Field<'_>) -> Result<String> {
    let name = field.text()?.into_owned();
    if name.starts_with(RESERVED) {
        return Err(field.refused(TargetGroupFault::ReservedCookie { found: name }));
    }
    let legal = |c: char| c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?={}".contains(c);
    if !name.chars().all(legal) {
        return Err(field.malformed(&name, Form::CookieName));
    }
    Ok(name)
}

fn minimum_healthy(given: &mut Attributes<'_>) -> Result<MinimumHealthy> {
    let place = "target_group_health.unhealthy_state_routing.minimum_healthy_targets";
    let count = given.take(&format!("{place}.count"));
    let percentage = given.take(&format!("{place}.percentage"));
    Ok(MinimumHealthy {
        count: count.map_or(Ok(1), |field| field.number(1..=MAX_TARGETS))?,
        percentage: match percentage {
            Some(field) if field.text()? != "off" => Some(field.number(1..=100)?),
            _ => None,
        },
    })
}
