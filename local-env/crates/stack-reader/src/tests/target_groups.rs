//! Target groups, their health checks and attributes.

use std::time::Duration;

use super::*;
use stack::{
    Algorithm, HealthCheck, HealthCheckPort, Matcher, MinimumHealthy, ProtocolVersion, Stickiness,
    TargetGroup, TargetGroupAttributes, TargetProtocol,
};

fn group(other: &str) -> TargetGroup {
    changed(IN_GROUP, other).target_groups.remove(0)
}

fn with(attributes: &[(&str, &str)]) -> String {
    let list: Vec<_> =
        attributes.iter().map(|(key, value)| format!("{{Key: {key}, Value: '{value}'}}")).collect();
    format!("TargetGroupAttributes: [{}]", list.join(", "))
}

#[test]
fn target_groups_are_checked() {
    let path = IN_GROUP;
    each_is_told(
        "Group",
        &[
            (
                "TargetType: ip",
                "TargetType: lambda",
                "`@.TargetType` asks for targets of type `lambda`, which is not emulated",
            ),
            (
                "Protocol: HTTP\n      Target",
                "Protocol: TCP\n      Target",
                "`@.Protocol` asks for targets that speak TCP, which is not emulated",
            ),
            (path, "ProtocolVersion: HTTP3", "`@.ProtocolVersion` is `HTTP3`"),
            (path, "HealthCheckProtocol: TCP", "`@.HealthCheckProtocol` is `TCP`"),
            (
                path,
                "Matcher: {GrpcCode: '0'}",
                "`@.Matcher.GrpcCode` is given, which this `ProtocolVersion` does not have",
            ),
            (path, "HealthCheckEnabled: false", "`@.HealthCheckEnabled` is false"),
            (path, "HealthCheckPath: a", "`@.HealthCheckPath` is `a`"),
            (path, "HealthCheckIntervalSeconds: 301", "`@.HealthCheckIntervalSeconds` is 301"),
            (
                path,
                "HealthCheckTimeoutSeconds: 30",
                "`@.HealthCheckTimeoutSeconds` makes a timeout of 30 s in an interval of 30 s",
            ),
            (path, "HealthyThresholdCount: 11", "`@.HealthyThresholdCount` is 11"),
            (path, "HealthCheckPort: 99999", "`@.HealthCheckPort` is 99999"),
            (path, "Matcher: {HttpCode: 2xx}", "`@.Matcher.HttpCode` is `2xx`"),
            (
                path,
                "Targets: [{Id: 10.0.0.1}]",
                "`@.Targets` asks for targets that are no tasks, which is not emulated",
            ),
        ],
    );
    assert_eq!(group("HealthCheckPort: '8081'").health_check.port, HealthCheckPort::Port(8081));
    assert_eq!(group("Targets: []").health_check.path, "/");
}

#[test]
fn alb_125_health_checks_have_awss_defaults() {
    let expected = HealthCheck {
        protocol: TargetProtocol::Http,
        path: "/".into(),
        port: HealthCheckPort::Traffic,
        interval: Duration::from_secs(30),
        timeout: Duration::from_secs(5),
        healthy_threshold: 5,
        unhealthy_threshold: 2,
        matcher: Matcher::Http(vec![200..=200]),
    };
    assert_eq!(group("VpcId: v").health_check, expected);
}

#[test]
fn groups_speak_what_they_are_told_to() {
    let https = changed(
        "Protocol: HTTP\n      TargetType",
        "Protocol: HTTPS\n      HealthCheckProtocol: HTTPS\n      TargetType",
    );
    assert_eq!(https.target_groups[0].protocol, TargetProtocol::Https);
    assert_eq!(https.target_groups[0].health_check.protocol, TargetProtocol::Https);
    let second = group("ProtocolVersion: HTTP2");
    assert_eq!((second.protocol, second.version), (TargetProtocol::Http, ProtocolVersion::Http2));
    assert_eq!(second.health_check.matcher, Matcher::Http(vec![200..=200]));
}

#[test]
fn groups_of_grpc_have_defaults_of_their_own() {
    let grpc = |other: &str| {
        let other = format!("ProtocolVersion: GRPC\n      {other}");
        read_with(&[(HTTP, HTTPS), (IN_GROUP, &other)], Allowed::default())
    };
    let check = grpc("VpcId: v").unwrap().target_groups.remove(0).health_check;
    assert_eq!(check.path, "/AWS.ALB/healthcheck");
    assert_eq!(check.matcher, Matcher::Grpc(vec![12..=12]));
    let check = grpc("Matcher: {GrpcCode: '0-99'}").unwrap().target_groups.remove(0).health_check;
    assert_eq!(check.matcher, Matcher::Grpc(vec![0..=99]));
    let place = "`Resources.Group.Properties.Matcher";
    assert_eq!(problem(grpc("Matcher: {GrpcCode: 100}")), format!("{place}.GrpcCode` is `100`"));
    assert_eq!(
        problem(grpc("Matcher: {HttpCode: 200}")),
        format!("{place}.HttpCode` is given, which this `ProtocolVersion` does not have")
    );
}

#[test]
fn attributes_are_read() {
    let attributes = |list: &[(&str, &str)]| group(&with(list)).attributes;
    let place = "target_group_health.unhealthy_state_routing.minimum_healthy_targets";
    let awss_own = TargetGroupAttributes {
        deregistration_delay: Duration::from_secs(300),
        algorithm: Algorithm::RoundRobin,
        anomaly_mitigation: false,
        slow_start: Duration::ZERO,
        stickiness: None,
        minimum_healthy: MinimumHealthy { count: 1, percentage: None },
    };
    assert_eq!(attributes(&[]), awss_own);
    let given = attributes(&[
        ("deregistration_delay.timeout_seconds", "0"),
        ("load_balancing.algorithm.type", "weighted_random"),
        ("load_balancing.algorithm.anomaly_mitigation", "on"),
        ("stickiness.enabled", "false"),
        (&format!("{place}.count"), "2"),
        (&format!("{place}.percentage"), "50"),
    ]);
    let expected = TargetGroupAttributes {
        deregistration_delay: Duration::ZERO,
        algorithm: Algorithm::WeightedRandom,
        anomaly_mitigation: true,
        slow_start: Duration::ZERO,
        stickiness: None,
        minimum_healthy: MinimumHealthy { count: 2, percentage: Some(50) },
    };
    assert_eq!(given, expected);
    let slow = attributes(&[("slow_start.duration_seconds", "900")]);
    assert_eq!(slow.slow_start, Duration::from_secs(900));
    let least = attributes(&[("load_balancing.algorithm.type", "least_outstanding_requests")]);
    assert_eq!(least.algorithm, Algorithm::LeastOutstandingRequests);
}

#[test]
fn stickiness_is_read() {
    let stickiness = |list: &[(&str, &str)]| group(&with(list)).attributes.stickiness;
    let own = |seconds| Stickiness::LoadBalancer { duration: Duration::from_secs(seconds) };
    let on = ("stickiness.enabled", "true");
    assert_eq!(stickiness(&[on]), Some(own(86_400)));
    assert_eq!(
        stickiness(&[
            on,
            ("stickiness.type", "lb_cookie"),
            ("stickiness.lb_cookie.duration_seconds", "60"),
        ]),
        Some(own(60))
    );
    let application = [
        ("stickiness.type", "app_cookie"),
        ("stickiness.app_cookie.cookie_name", "session"),
        ("stickiness.app_cookie.duration_seconds", "1"),
    ];
    assert_eq!(stickiness(&application), None);
    assert_eq!(
        stickiness(&[&[on], &application[..]].concat()),
        Some(Stickiness::Application {
            cookie: "session".into(),
            duration: Duration::from_secs(1)
        })
    );
}

#[test]
fn values_of_attributes_are_checked() {
    let place = "target_group_health.unhealthy_state_routing.minimum_healthy_targets";
    for (key, wrong, expected) in [
        ("deregistration_delay.timeout_seconds", "3601", "is 3601"),
        ("load_balancing.algorithm.type", "random", "is `random`"),
        ("slow_start.duration_seconds", "29", "is 29"),
        ("slow_start.duration_seconds", "901", "is 901"),
        ("stickiness.type", "source_ip", "is `source_ip`"),
        ("stickiness.lb_cookie.duration_seconds", "0", "is 0"),
        ("stickiness.app_cookie.duration_seconds", "604801", "is 604801"),
        ("stickiness.app_cookie.cookie_name", "AWSALB", "is `AWSALB`"),
        ("stickiness.app_cookie.cookie_name", "AWSALBTG-2", "is `AWSALBTG-2`"),
        ("stickiness.app_cookie.cookie_name", "a b", "is `a b`"),
        (&format!("{place}.count"), "0", "is 0"),
        (&format!("{place}.percentage"), "101", "is 101"),
        (
            "load_balancing.algorithm.anomaly_mitigation",
            "on",
            "is on with another algorithm than `weighted_random`",
        ),
    ] {
        let expected = format!("`@.TargetGroupAttributes[0].Value` {expected}");
        each_is_told("Group", &[(IN_GROUP, &with(&[(key, wrong)]), &expected)]);
    }
}

#[test]
fn attributes_that_do_not_go_together_are_refused() {
    let algorithm = |name| ("load_balancing.algorithm.type", name);
    let slow = ("slow_start.duration_seconds", "30");
    let sticky = ("stickiness.enabled", "true");
    let slowly = "starts slowly with another algorithm than `round_robin`";
    for (first, second, expected) in [
        (algorithm("least_outstanding_requests"), slow, slowly),
        (algorithm("weighted_random"), slow, slowly),
        (algorithm("weighted_random"), sticky, "is true with the algorithm `weighted_random`"),
        (("stickiness.type", "app_cookie"), sticky, "is true by a cookie that is not named"),
        (
            sticky,
            ("load_balancing.cross_zone.enabled", "false"),
            "is false in a target group with stickiness",
        ),
    ] {
        let expected = format!("`@.TargetGroupAttributes[1].Value` {expected}");
        each_is_told("Group", &[(IN_GROUP, &with(&[first, second]), &expected)]);
    }
}

#[test]
fn an_attribute_of_other_targets_is_refused() {
    let given = with(&[("lambda.multi_value_headers.enabled", "false")]);
    each_is_told(
        "Group",
        &[(
            IN_GROUP,
            &given,
            "`@.TargetGroupAttributes[0].Key` is `lambda.multi_value_headers.enabled`, which AWS does not know here",
        )],
    );
}
