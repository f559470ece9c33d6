//! What listeners and rules do with requests.

use std::time::Duration;

use super::*;
use stack::{Authentication, WeightedTargetGroup};

const AUTHENTICATED: &str = "{Type: authenticate-oidc, Order: 1}, {Type: forward, Order: 2, \
                             TargetGroupArn: !Ref Group}";

/// A second target group, and what is in the first.
const SECOND: &str = "HealthCheckPath: /a
  Second:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {Port: 80, Protocol: HTTP, TargetType: ip}";

fn allowed() -> Allowed {
    Allowed { unauthenticated: true, ..Allowed::default() }
}

fn action(changes: &[(&str, &str)], allowed: Allowed) -> Action {
    rule(&read_with(changes, allowed).unwrap_or_else(|error| panic!("{error}"))).action
}

/// What is told of the rule's actions.
#[track_caller]
fn told(changes: &[(&str, &str)], allowed: Allowed) -> String {
    problem(read_with(changes, allowed)).replace("Resources.Rule.Properties.", "@")
}

#[test]
fn actions_are_checked() {
    each_is_told(
        "Http",
        &[
            (DEFAULT_ACTION, "", "`@.DefaultActions` has 0 actions that answer a request"),
            (DEFAULT_ACTION, "{Type: forward}", "`@.DefaultActions[0].TargetGroupArn` is absent"),
            (
                DEFAULT_ACTION,
                "{Type: forward, Order: 0, TargetGroupArn: !Ref Group}",
                "`@.DefaultActions[0].Order` is 0",
            ),
            (
                DEFAULT_ACTION,
                "{Type: forwards}",
                "`@.DefaultActions[0].Type` is `forwards`, which is no action",
            ),
            (
                DEFAULT_ACTION,
                "{Type: forward, TargetGroupArn: elsewhere}",
                "`@.DefaultActions[0].TargetGroupArn` is `elsewhere`, which is no target group of this template",
            ),
            (
                DEFAULT_ACTION,
                "{Type: authenticate-oidc, Order: 1}, {Type: forward, Order: 2, TargetGroupArn: !Ref Group}",
                "`@.DefaultActions[0]` is `authenticate-oidc` at a listener without TLS",
            ),
        ],
    );
}

#[test]
fn alb_070_a_redirect_to_the_same_address_is_refused() {
    let redirect = |config: &str| {
        format!("{{Type: redirect, RedirectConfig: {{StatusCode: HTTP_301, {config}}}}}")
    };
    let nothing =
        "`@.DefaultActions[0].RedirectConfig` redirects to the address that was asked for";
    each_is_told(
        "Http",
        &[
            (DEFAULT_ACTION, &redirect(""), nothing),
            (DEFAULT_ACTION, &redirect("Query: a=b"), nothing),
            (DEFAULT_ACTION, &redirect("Path: '/#{path}', Query: a=b"), nothing),
        ],
    );
    changed(DEFAULT_ACTION, &redirect("Path: '/new/#{path}'"));
}

#[test]
fn redirects_are_checked() {
    let redirect = |config: &str| {
        format!("{{Type: redirect, RedirectConfig: {{StatusCode: HTTP_301, {config}}}}}")
    };
    each_is_told(
        "Http",
        &[
            (
                DEFAULT_ACTION,
                &redirect("Path: x"),
                "`@.DefaultActions[0].RedirectConfig.Path` is `x`",
            ),
            (
                DEFAULT_ACTION,
                &redirect("Port: 0"),
                "`@.DefaultActions[0].RedirectConfig.Port` is `0`",
            ),
            (
                DEFAULT_ACTION,
                "{Type: redirect, RedirectConfig: {StatusCode: 301}}",
                "`@.DefaultActions[0].RedirectConfig.StatusCode` is `301`",
            ),
        ],
    );
}

#[test]
fn a_redirect_never_leads_from_https_to_http() {
    let redirect = |from: &str, to: &str| {
        let action = format!(
            "{{Type: redirect, RedirectConfig: {{StatusCode: HTTP_302, Host: other, Protocol: {to}}}}}"
        );
        read_with(&[(HTTP, from), (DEFAULT_ACTION, &action)], Allowed::default())
    };
    let why =
        "`Resources.Http.Properties.DefaultActions[0].RedirectConfig` redirects from HTTPS to HTTP";
    assert_eq!(problem(redirect(HTTPS, "HTTP")), why);
    redirect(HTTPS, "HTTPS").unwrap();
    redirect(HTTP, "HTTP").unwrap();
}

#[test]
fn alb_073_a_fixed_response_has_a_status_and_a_length_that_aws_takes() {
    let fixed =
        |config: &str| format!("{{Type: fixed-response, FixedResponseConfig: {{{config}}}}}");
    let body = |length| fixed(&format!("StatusCode: 200, MessageBody: {}", "x".repeat(length)));
    each_is_told(
        "Http",
        &[
            (
                DEFAULT_ACTION,
                &fixed("StatusCode: 302"),
                "`@.DefaultActions[0].FixedResponseConfig.StatusCode` is 302",
            ),
            (
                DEFAULT_ACTION,
                &body(1025),
                "`@.DefaultActions[0].FixedResponseConfig.MessageBody` has 1025 characters",
            ),
            (
                DEFAULT_ACTION,
                &fixed("StatusCode: 200, ContentType: text"),
                "`@.DefaultActions[0].FixedResponseConfig.ContentType` is `text`",
            ),
        ],
    );
    changed(DEFAULT_ACTION, &body(1024));
}

#[test]
fn a_forward_goes_to_several_groups_by_weight() {
    let forward = "{Type: forward, ForwardConfig: {TargetGroups: [
        {TargetGroupArn: !Ref Group, Weight: 0}, {TargetGroupArn: !Ref Second}],
        TargetGroupStickinessConfig: {Enabled: true, DurationSeconds: 604800}}}";
    let stack = read_with(&[(ACTION, forward), (IN_GROUP, SECOND)], Allowed::default()).unwrap();
    let [first, second] = stack.target_groups.as_slice() else { panic!("two groups") };
    let weighted = |group: &stack::TargetGroup, weight| WeightedTargetGroup {
        target_group: group.arn.clone(),
        weight,
    };
    let expected = Forward {
        target_groups: vec![weighted(first, 0), weighted(second, 1)],
        stickiness: Some(Duration::from_secs(604_800)),
    };
    assert_eq!(rule(&stack).action, Action::Forward(expected));
}

#[test]
fn one_group_in_either_place_or_in_both_is_the_same() {
    let single = action(&[(ACTION, ACTION)], Allowed::default());
    let listed = "ForwardConfig: {TargetGroups: [{TargetGroupArn: !Ref Group, Weight: 1}], \
                  TargetGroupStickinessConfig: {Enabled: false}}";
    for other in [
        format!("{{Type: forward, {listed}}}"),
        format!("{{Type: forward, TargetGroupArn: !Ref Group, {listed}}}"),
    ] {
        assert_eq!(action(&[(ACTION, &other)], Allowed::default()), single);
    }
}

#[test]
fn forwards_are_checked() {
    let config = |config: &str| format!("{{Type: forward, ForwardConfig: {{{config}}}}}");
    let groups = |groups: &str| config(&format!("TargetGroups: [{groups}]"));
    let place = "`@.Actions[0].ForwardConfig";
    let group = "{TargetGroupArn: !Ref Group}";
    let sticky = |duration: &str| {
        config(&format!(
            "TargetGroups: [{group}], TargetGroupStickinessConfig: {{Enabled: true{duration}}}"
        ))
    };
    each_is_told(
        "Rule",
        &[
            (ACTION, &groups(""), "`@.Actions[0].TargetGroupArn` is absent"),
            (
                ACTION,
                &groups(&[group; 6].join(", ")),
                &format!("{place}.TargetGroups` has 6 target groups"),
            ),
            (
                ACTION,
                &groups("{TargetGroupArn: !Ref Group, Weight: 1000}"),
                &format!("{place}.TargetGroups[0].Weight` is 1000"),
            ),
            (
                ACTION,
                &groups("{Weight: 1}"),
                &format!("{place}.TargetGroups[0].TargetGroupArn` is absent"),
            ),
            (
                ACTION,
                &groups(group).replace("forward,", "forward, TargetGroupArn: other,"),
                "`@.Actions[0].TargetGroupArn` differs from the groups in `ForwardConfig`",
            ),
            (
                ACTION,
                &sticky(", DurationSeconds: 604801"),
                &format!("{place}.TargetGroupStickinessConfig.DurationSeconds` is 604801"),
            ),
            (
                ACTION,
                &sticky(""),
                &format!("{place}.TargetGroupStickinessConfig.DurationSeconds` is absent"),
            ),
        ],
    );
}

#[test]
fn sticky_targets_in_one_of_several_groups_need_sticky_groups() {
    let sticky = SECOND.replace(
        "HealthCheckPath: /a",
        "TargetGroupAttributes: [{Key: stickiness.enabled, Value: 'true'}]",
    );
    let forward = |stickiness: &str| {
        let action = format!(
            "{{Type: forward, ForwardConfig: {{TargetGroups: [{{TargetGroupArn: !Ref Group}}, \
             {{TargetGroupArn: !Ref Second}}]{stickiness}}}}}"
        );
        read_with(&[(ACTION, &action), (IN_GROUP, &sticky)], Allowed::default())
    };
    let told = "`Resources.Rule.Properties.Actions[0].ForwardConfig.TargetGroups[0].TargetGroupArn` \
                names a target group with stickiness, one of several";
    assert_eq!(problem(forward("")), told);
    forward(", TargetGroupStickinessConfig: {Enabled: true, DurationSeconds: 60}").unwrap();
    read(IN_GROUP, sticky.split("\n  Second").next().unwrap()).unwrap();
}

#[test]
fn authentication_is_refused_unless_it_may_be_left_out() {
    let forward = action(&[(ACTION, ACTION)], Allowed::default());
    for (name, kind) in [
        ("authenticate-oidc", Authentication::Oidc),
        ("authenticate-cognito", Authentication::Cognito),
        ("jwt-validation", Authentication::Jwt),
    ] {
        let actions = AUTHENTICATED.replace("authenticate-oidc", name);
        let changes = [(HTTP, HTTPS), (ACTION, actions.as_str())];
        let expected = format!("`@Actions[0]` asks for the action `{name}`, which is not emulated");
        assert_eq!(told(&changes, Allowed::default()), expected);
        let expected = Action::Unauthenticated(kind, Box::new(forward.clone()));
        assert_eq!(action(&changes, allowed()), expected);
    }
}

#[test]
fn what_is_not_emulated_names_the_option_that_lets_it_pass() {
    use miette::Diagnostic as _;

    let changes = [(HTTP, HTTPS), (ACTION, AUTHENTICATED)];
    let error = read_with(&changes, Allowed::default()).unwrap_err();
    let help = error.problems()[0].help().map(|help| help.to_string()).unwrap_or_default();
    assert!(help.contains("--allow-unauthenticated"), "{help}");
}

#[test]
fn actions_are_taken_in_their_order() {
    let reversed = "{Type: forward, Order: 20, TargetGroupArn: !Ref Group}, \
                    {Type: jwt-validation, Order: 10}";
    let read = action(&[(HTTP, HTTPS), (ACTION, reversed)], allowed());
    assert!(matches!(read, Action::Unauthenticated(Authentication::Jwt, _)), "{read:?}");

    let told = |actions: &str| told(&[(HTTP, HTTPS), (ACTION, actions)], allowed());
    let oidc = "{Type: authenticate-oidc, Order: 1}";
    let forward = "{Type: forward, TargetGroupArn: !Ref Group, Order: 2}";
    assert_eq!(
        told(&format!("{{Type: authenticate-oidc, Order: 3}}, {forward}")),
        "`@Actions` answers a request before it authenticates"
    );
    assert_eq!(
        told(&format!("{oidc}, {{Type: jwt-validation, Order: 3}}, {forward}")),
        "`@Actions` has 2 actions that authenticate"
    );
    assert_eq!(
        told(&format!("{oidc}, {}", forward.replace(", Order: 2", ""))),
        "`@Actions[1].Order` is absent"
    );
    assert_eq!(
        told(&format!("{oidc}, {}", forward.replace("Order: 2", "Order: 1"))),
        "`@Actions[1]` has the order 1 again"
    );
    assert_eq!(told(oidc), "`@Actions` has 0 actions that answer a request");
}

#[test]
fn a_group_of_grpc_needs_a_listener_with_tls_and_no_authentication() {
    let place = "`@Actions[0].TargetGroupArn`";
    let version = |version: &str| format!("ProtocolVersion: {version}");
    assert_eq!(
        told(&[(IN_GROUP, &version("GRPC"))], Allowed::default()),
        format!("{place} names a target group of gRPC at a listener without TLS")
    );
    for other in ["GRPC", "HTTP2"] {
        action(&[(HTTP, HTTPS), (IN_GROUP, &version(other))], Allowed::default());
        let changes = [(HTTP, HTTPS), (IN_GROUP, &*version(other)), (ACTION, AUTHENTICATED)];
        assert_eq!(
            told(&changes, allowed()),
            "`@Actions[1].TargetGroupArn` names a target group of HTTP/2 after an authentication"
        );
    }
}
