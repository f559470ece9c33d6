//! Rules among others.

use super::*;

#[test]
fn rules_are_checked() {
    each_is_told(
        "Rule",
        &[
            ("Priority: 10", "Priority: 50001", "`@.Priority` is 50001"),
            ("Priority: 10", "X: 10", "`@.Priority` is absent"),
            ("{Field: path-pattern, Values: [/a, /a/*]}", "", "`@.Conditions` is empty"),
        ],
    );
}

#[test]
fn alb_038_priorities_and_ports_are_unique() {
    let rule = "  Group:\n    Type: AWS::ElasticLoadBalancingV2::TargetGroup";
    let second = format!(
        "  Second:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Http
      Priority: '10'
      Conditions: [{{Field: path-pattern, Values: [/b]}}]
      Actions: [{{Type: forward, TargetGroupArn: !Ref Group}}]
{rule}"
    );
    let error = read(rule, &second).unwrap_err();
    assert_eq!(
        error.problems()[0].to_string(),
        "`Rule` (line 11) and `Second` both have priority 10 in one listener"
    );
    let rules =
        &changed(rule, &second.replace("'10'", "9")).load_balancers[0].listeners[0].rules.clone();
    assert_eq!(rules.iter().map(|rule| rule.priority).collect::<Vec<_>>(), [9, 10]);

    let second = format!("  Second:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Lb
      Port: 80
      Protocol: HTTP
      DefaultActions: [{{Type: forward, ForwardConfig: {{TargetGroups: [{{TargetGroupArn: !Ref Group}}]}}}}]
{rule}");
    let error = read(rule, &second).unwrap_err();
    assert_eq!(
        error.problems()[0].to_string(),
        "`Http` (line 4) and `Second` both have port 80 of one load balancer"
    );
}
