//! Load balancers and their attributes.

use std::time::Duration;

use super::*;
use stack::{DesyncMitigation, ForwardedFor, LoadBalancerAttributes};

const PROPERTIES: &str = "{Type: application}";

fn with(key: &str, value: &str) -> String {
    format!("{{LoadBalancerAttributes: [{{Key: {key}, Value: '{value}'}}]}}")
}

#[test]
fn load_balancers_are_checked() {
    each_is_told(
        "Lb",
        &[
            (
                PROPERTIES,
                "{Type: network}",
                "`@.Type` asks for a load balancer of type `network`, which is not emulated",
            ),
            (PROPERTIES, "{Name: not_legal}", "`@.Name` is `not_legal`"),
            (
                PROPERTIES,
                "{LoadBalancerAttributes: x}",
                "`@.LoadBalancerAttributes` must be a list, and is a text",
            ),
        ],
    );
}

#[test]
fn attributes_are_read() {
    let attributes = |list: &[(&str, &str)]| {
        let list: Vec<_> =
            list.iter().map(|(key, value)| format!("{{Key: {key}, Value: {value}}}")).collect();
        let given = format!("{{LoadBalancerAttributes: [{}]}}", list.join(", "));
        changed(PROPERTIES, &given).load_balancers.remove(0).attributes
    };
    let awss_own = LoadBalancerAttributes {
        idle_timeout: Duration::from_secs(60),
        client_keep_alive: Duration::from_secs(3600),
        desync_mitigation: DesyncMitigation::Defensive,
        drop_invalid_headers: false,
        preserve_host: false,
        tls_headers: false,
        client_port: false,
        forwarded_for: ForwardedFor::Append,
        http2: true,
    };
    assert_eq!(attributes(&[]), awss_own);
    let given = attributes(&[
        ("idle_timeout.timeout_seconds", "4000"),
        ("client_keep_alive.seconds", "'60'"),
        ("routing.http.desync_mitigation_mode", "strictest"),
        ("routing.http.drop_invalid_header_fields.enabled", "true"),
        ("routing.http.preserve_host_header.enabled", "'true'"),
        ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "true"),
        ("routing.http.xff_client_port.enabled", "true"),
        ("routing.http.xff_header_processing.mode", "remove"),
        ("routing.http2.enabled", "'false'"),
    ]);
    let expected = LoadBalancerAttributes {
        idle_timeout: Duration::from_secs(4000),
        client_keep_alive: Duration::from_secs(60),
        desync_mitigation: DesyncMitigation::Strictest,
        drop_invalid_headers: true,
        preserve_host: true,
        tls_headers: true,
        client_port: true,
        forwarded_for: ForwardedFor::Remove,
        http2: false,
    };
    assert_eq!(given, expected);
}

#[test]
fn values_of_attributes_are_checked() {
    let value = "`@.LoadBalancerAttributes[0].Value`";
    for (key, wrong, expected) in [
        ("idle_timeout.timeout_seconds", "0", "is 0"),
        ("idle_timeout.timeout_seconds", "4001", "is 4001"),
        ("client_keep_alive.seconds", "59", "is 59"),
        ("client_keep_alive.seconds", "604801", "is 604801"),
        ("routing.http.desync_mitigation_mode", "strict", "is `strict`"),
        ("routing.http.xff_header_processing.mode", "drop", "is `drop`"),
        ("routing.http2.enabled", "1", "must be `true` or `false`, and is `1`"),
    ] {
        each_is_told("Lb", &[(PROPERTIES, &with(key, wrong), &format!("{value} {expected}"))]);
    }
}

#[test]
fn attributes_that_change_nothing_are_listed_unless_they_are_at_their_default() {
    let attribute = |key: &str, value: &str| ignored(PROPERTIES, &with(key, value));
    assert_eq!(attribute("access_logs.s3.enabled", "false"), [""; 0]);
    for (key, value) in [
        ("access_logs.s3.enabled", "true"),
        ("connection_logs.s3.bucket", "logs"),
        ("deletion_protection.enabled", "true"),
        ("waf.fail_open.enabled", "true"),
    ] {
        assert_eq!(attribute(key, value), [format!("Lb.LoadBalancerAttributes.{key}")]);
    }
}

#[test]
fn alb_124_an_unknown_attribute_is_told_by_name_and_line() {
    use miette::Diagnostic as _;

    let unknown =
        "{LoadBalancerAttributes: [\n        {Key: routing.http2.enable, Value: 'true'}]}";
    let error = read(PROPERTIES, unknown).unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    assert_eq!(
        problem.to_string(),
        "`Resources.Lb.Properties.LoadBalancerAttributes[0].Key` is `routing.http2.enable`, which \
         AWS does not know here"
    );
    let help = problem.help().map(|help| help.to_string());
    assert_eq!(help.as_deref(), Some("did you mean `routing.http2.enabled`?"));
    let text = TEMPLATE.replace(PROPERTIES, unknown);
    let label = problem.labels().into_iter().flatten().next().unwrap();
    assert_eq!(Source::new("test.yaml", &text).line(*label.inner()), 4);
    assert!(text[label.offset()..].starts_with("routing.http2.enable,"));
}

#[test]
fn an_attribute_is_given_once() {
    let twice = "{LoadBalancerAttributes: [{Key: routing.http2.enabled, Value: 'true'}, \
                 {Key: routing.http2.enabled, Value: 'false'}]}";
    each_is_told(
        "Lb",
        &[(
            PROPERTIES,
            twice,
            "`@.LoadBalancerAttributes[1].Key` is `routing.http2.enabled` again",
        )],
    );
}
