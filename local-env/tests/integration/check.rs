//! `local-env check` as a user runs it: what is told, in which form, and how it ends.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// A target group with an error at line 7, and a listener that nobody can reach.
const TEMPLATE: &str = "\
Resources:
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      Port: 80
      Protocol: HTTP
      HealthCheckTimeoutSeconds: 60 # €
      TargetType: ip
  Closed: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: nobody}}
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {SecurityGroups: [!GetAtt Closed.GroupId]}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Protocol: HTTP
      DefaultActions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: '404'}}]
      Port: 80
";

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("shop, 1.yaml"), TEMPLATE).unwrap();
    folder
}

fn check(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-env"));
    command.current_dir(folder).args(["check", "shop, 1.yaml"]).args(arguments);
    command.env("PATH", folder.join("bin")).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&told(&check(folder, arguments))).unwrap()
}

#[test]
fn people_are_shown_the_line_and_the_mend_and_errors_fail() {
    let output = check(folder().path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = told(&output);
    for part in [
        "health-check-timing",
        "shop, 1.yaml:7:34",
        "      HealthCheckTimeoutSeconds: 60 # €",
        "Group.HealthCheckTimeoutSeconds",
        "in AWS: creating the target group fails with ValidationError",
        "the timeout must be shorter than the interval",
        "closed-listener",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("1 error, 1 warning and no advice"), "{error}");
}

#[test]
fn what_is_allowed_is_left_out_and_warnings_fail_only_where_that_is_asked_for() {
    let folder = folder();
    let status = |arguments: &[&str]| check(folder.path(), arguments).status.code();
    assert_eq!(status(&["--allow", "health-check-timing"]), Some(0));
    assert_eq!(status(&["--allow", "health-check-timing", "--strict"]), Some(1));
    let both = ["--allow", "health-check-timing", "--allow", "closed-listener", "--strict"];
    assert_eq!(status(&both), Some(0));
    let output = check(folder.path(), &["--allow", "health-check-timeing"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("did you mean `health-check-timing`?"), "{error}");
}

#[test]
fn programs_get_json() {
    let report = json(folder().path(), &["--format", "json"]);
    assert_eq!((&report["errors"], &report["warnings"]), (&Value::from(1), &Value::from(1)));
    let finding = &report["findings"][0];
    for (key, expected) in [
        ("code", Value::from("health-check-timing")),
        ("severity", Value::from("error")),
        ("resource", Value::from("Group")),
        ("property", Value::from("HealthCheckTimeoutSeconds")),
        ("line", Value::from(7)),
        ("column", Value::from(34)),
    ] {
        assert_eq!(finding[key], expected, "{key}");
    }
}

#[test]
fn code_scanning_gets_sarif() {
    let log = json(folder().path(), &["--format", "sarif"]);
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[rule]["id"], result["ruleId"]);
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
    }
    let levels: Vec<_> = results.iter().map(|it| it["level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["error", "warning"]);
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "shop%2C%201.yaml");
    assert_eq!(
        place["region"],
        serde_json::json!({"startLine": 7, "startColumn": 34, "endColumn": 36})
    );
}

#[test]
fn pull_requests_get_annotations() {
    let text = told(&check(folder().path(), &["--format", "github"]));
    let lines: Vec<_> = text.lines().collect();
    let [error, warning] = &lines[..] else { panic!("{text}") };
    let start =
        "::error file=shop%2C 1.yaml,line=7,col=34,endColumn=36,title=health-check-timing::";
    assert!(error.starts_with(start), "{error}");
    assert!(error.contains("%0AIn AWS: "), "{error}");
    assert!(warning.starts_with("::warning file=shop%2C 1.yaml,line=19,"), "{warning}");
}

#[test]
fn a_template_that_cannot_be_resolved_is_a_finding() {
    let folder = folder();
    fs::write(folder.path().join("shop, 1.yaml"), "Resources:\n  A: {Type: !Ref\n").unwrap();
    let output = check(folder.path(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_str(&told(&output)).unwrap();
    assert_eq!(report["findings"][0]["code"], "template");
}

#[cfg(unix)]
mod docker {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const TASK: &str = "
Resources:
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Cpu: 256
      Memory: 512
      NetworkMode: awsvpc
      ContainerDefinitions:
        - {Name: near, Image: team/near}
        - {Name: far, Image: team/far}
        - {Name: lost, Image: team/lost}
  Service:
    Type: AWS::ECS::Service
    Properties: {TaskDefinition: !Ref Task, NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [subnet-1]}}}
";
    /// Knows one image of its own, one of a registry, and none else.
    const DOCKER: &str = r#"#!/bin/sh
case "$*" in
  version*) echo 29 ;;
  'image inspect '*' team/near') echo arm64 ;;
  'manifest inspect '*' team/far') echo '[{"Descriptor": {"platform": {"architecture": "arm64"}}}]' ;;
  *) exit 1 ;;
esac
"#;

    #[test]
    fn images_for_other_processors_are_told_where_docker_knows_of_them() {
        let folder = folder();
        fs::write(folder.path().join("shop, 1.yaml"), TASK).unwrap();
        let docker = folder.path().join("bin/docker");
        fs::create_dir(folder.path().join("bin")).unwrap();
        fs::write(&docker, DOCKER).unwrap();
        fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).unwrap();
        let report = json(folder.path(), &["--format", "json", "--images"]);
        let findings = report["findings"].as_array().unwrap().iter();
        let told = findings.filter(|it| it["code"] == "image-architecture");
        let lines: Vec<_> = told.map(|it| it["line"].as_u64().unwrap()).collect();
        assert_eq!(lines, [10, 11]);
    }

    #[test]
    fn without_docker_images_are_not_asked_for() {
        let output = check(folder().path(), &["--images"]);
        assert_eq!(output.status.code(), Some(1));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("`--images` asks Docker, and there is none"), "{error}");
    }
}
