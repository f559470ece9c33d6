//! Which code a problem has goes by what is wrong, whatever words the template has in it.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{Architectures, Severity, check};
use cloudformation::{Inputs, Source, Template};

/// Words that messages and mends of problems have.
const WORDS: [&str; 9] = [
    "`",
    "\"",
    "AWS takes up to 5",
    " in one rule",
    "not valid for Fargate",
    "execution role",
    "a target group of type",
    "the timeout must be",
    "Resources.Task.Properties.Cpu",
];

/// A mistaken value, where it stands in the template, and the code that it has.
struct Mistake {
    pointer: &'static str,
    value: fn(&str) -> Value,
    code: &'static str,
}

const MISTAKES: [Mistake; 9] = [
    Mistake {
        pointer: "/Resources/Rule/Properties/Conditions/0/PathPatternConfig",
        value: |text| json!({"RegexValues": [format!("[{}", text.replace(']', ""))]}),
        code: "refused",
    },
    Mistake {
        pointer: "/Resources/Rule/Properties/Actions/0/Type",
        value: |text| json!(format!("x{text}")),
        code: "refused",
    },
    Mistake {
        pointer: "/Resources/Task/Properties/Cpu",
        value: |text| json!(format!("x{text}")),
        code: "task-size",
    },
    Mistake {
        pointer: "/Resources/Task/Properties/NetworkMode",
        value: |text| json!(format!("x{text}")),
        code: "network-mode",
    },
    Mistake {
        pointer: "/Resources/Task/Properties/ContainerDefinitions/0/PortMappings/0/HostPort",
        value: |text| json!(format!("x{text}")),
        code: "host-port",
    },
    Mistake {
        pointer: "/Resources/Task/Properties/ContainerDefinitions/0/LogConfiguration/LogDriver",
        value: |text| json!(format!("x{text}")),
        code: "log-options",
    },
    Mistake {
        pointer: "/Resources/Task/Properties/ContainerDefinitions/0/StopTimeout",
        value: |text| json!(format!("x{text}")),
        code: "container-timeout",
    },
    Mistake {
        pointer: "/Resources/Task/Properties/ContainerDefinitions/0/DependsOn",
        value: |text| json!([{"ContainerName": format!("x{text}"), "Condition": "START"}]),
        code: "container-dependency",
    },
    Mistake {
        pointer: "/Resources/Rule/Properties/ListenerArn",
        value: |text| json!(format!("x{text}")),
        code: "not-in-template",
    },
];

/// A template in which nothing is wrong.
fn template() -> Value {
    json!({"Resources": {
        "Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {}},
        "Http": {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {
            "LoadBalancerArn": {"Ref": "Balancer"},
            "Port": 80,
            "Protocol": "HTTP",
            "DefaultActions": [{
                "Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"},
            }],
        }},
        "Rule": {"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": {
            "ListenerArn": {"Ref": "Http"},
            "Priority": 1,
            "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"]}}],
            "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
        }},
        "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {
            "Cpu": "256",
            "Memory": "512",
            "NetworkMode": "awsvpc",
            "RequiresCompatibilities": ["FARGATE"],
            "ContainerDefinitions": [{
                "Name": "web",
                "Image": "team/web",
                "PortMappings": [{"ContainerPort": 8080, "HostPort": 8080}],
                "LogConfiguration": {"LogDriver": "splunk"},
                "StopTimeout": 30,
                "DependsOn": [],
            }],
        }},
    }})
}

/// The codes and severities of what is told.
fn told(template: &Value) -> Vec<(&'static str, Severity)> {
    let source = Source::new("test.json", &template.to_string());
    let resolved = Template::parse(&source).and_then(|it| it.resolve(&Inputs::new("test")));
    let resolved = resolved.unwrap_or_else(|error| panic!("{error}: {template}"));
    let findings = check(&resolved, &Architectures::new()).all;
    findings.iter().map(|it| (it.code.name, it.severity)).collect()
}

fn with(pointer: &str, value: Value) -> Value {
    let mut template = template();
    *template.pointer_mut(pointer).expect(pointer) = value;
    template
}

#[test]
fn nothing_is_wrong_with_the_template_itself() {
    let worse = told(&template()).into_iter().filter(|(_, it)| *it != Severity::Advice);
    assert_eq!(worse.collect::<Vec<_>>(), []);
}

#[test]
fn more_exit_codes_than_aws_takes_are_refused_and_no_matter_of_a_quota() {
    let codes: Vec<_> = (0..51).collect();
    let policy = json!({"Enabled": true, "IgnoredExitCodes": codes});
    let mut template = template();
    template["Resources"]["Task"]["Properties"]["ContainerDefinitions"][0]["RestartPolicy"] =
        policy;
    assert_eq!(told(&template), [("refused", Severity::Error)]);
}

#[test]
fn what_passes_a_quota_that_cannot_be_raised_is_an_error() {
    let values: Vec<_> = (0..6).map(|number| format!("/{number}")).collect();
    let pointer = "/Resources/Rule/Properties/Conditions/0/PathPatternConfig/Values";
    assert_eq!(told(&with(pointer, json!(values))), [("quota", Severity::Error)]);
}

#[test]
fn the_text_of_a_broken_expression_does_not_choose_the_code() {
    let pointer = "/Resources/Rule/Properties/Conditions/0/PathPatternConfig";
    for text in ["[bad", "[bad in one rule", "[bad, AWS takes up to 5"] {
        let template = with(pointer, json!({"RegexValues": [text]}));
        assert_eq!(told(&template), [("refused", Severity::Error)], "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_text_of_the_template_changes_a_code(
        parts in prop::collection::vec(
            prop_oneof![prop::sample::select(&WORDS[..]).prop_map(String::from), "[^{}$]{0,6}"],
            0..4,
        ),
    ) {
        let text = parts.concat();
        for Mistake { pointer, value, code } in MISTAKES {
            let found = told(&with(pointer, value(&text)));
            let codes: Vec<_> = found.iter().map(|(code, _)| *code).collect();
            prop_assert_eq!(codes, [code], "{} in {}", text, pointer);
        }
    }
}
