//! The services' template has the CDK's resources and properties, and differs where it is listed
//! to and nowhere else. What the comparison would miss is proved by breaking the template.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    comparison::{Found, differences},
    differences::{Cdk, UNSEEN, listed},
};

const V1: &str = include_str!("../data/cdk-v1.json");
const V2: &str = include_str!("../data/cdk-v2.json");
const README: &str = include_str!("../../README.md");

#[test]
fn the_stack_is_that_of_cdk_v1_but_for_what_is_listed() {
    assert_eq!(unlisted(Cdk::V1, &ours()), []);
    assert_eq!(stale(Cdk::V1, &ours()), Vec::<String>::new());
}

#[test]
fn the_stack_is_that_of_cdk_v2_but_for_what_is_listed() {
    assert_eq!(unlisted(Cdk::V2, &ours()), []);
    assert_eq!(stale(Cdk::V2, &ours()), Vec::<String>::new());
}

#[test]
fn the_readme_gives_a_reason_for_every_difference_and_for_no_other() {
    let listed: BTreeSet<_> = listed().iter().map(|listed| listed.row).chain(UNSEEN).collect();
    let table = README.split("## Differences").nth(1).expect("the section of differences");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")).skip(2);
    let rows: BTreeSet<_> = rows.filter_map(|row| row.split(" | ").next()).collect();
    assert_eq!(rows, listed);
}

#[test]
fn nothing_of_an_account_a_region_or_a_domain_is_written_in() {
    let template = infra::services_template().to_json();
    for literal in
        ["123456789012", "us-west-2", "gritts", "amazonaws.com/", "arn:aws:", "Z0123456789A"]
    {
        assert!(!template.contains(literal), "{literal}");
    }
}

/// Larger templates have to be put in a bucket first.
#[test]
fn the_template_is_small_enough_to_be_deployed_without_a_bucket() {
    let template = infra::services_template();
    assert!(template.to_json().len() <= 51_200);
    assert!(template.to_yaml().len() <= 51_200);
}

#[test]
fn the_template_is_the_same_every_time() {
    assert_eq!(infra::services_template().to_json(), infra::services_template().to_json());
}

#[test]
fn a_changed_container_port_is_a_difference() {
    let port = "Resources/Service1TaskDefinition/Properties/ContainerDefinitions/0/PortMappings/0/ContainerPort";
    assert_seen(port, |port| *port = json!(7079));
}

#[test]
fn a_changed_listener_port_is_a_difference() {
    assert_seen("Resources/HttpsListener/Properties/Port", |port| *port = json!(8443));
}

#[test]
fn a_missing_ingress_rule_is_a_difference() {
    let mut broken = ours();
    resources(&mut broken).remove("Service2LoadBalancerIngress").expect("a rule");
    assert_eq!(paths(&broken), ["Resources/Service2LoadBalancerIngress"]);
}

#[test]
fn a_resource_more_is_a_difference() {
    let mut broken = ours();
    resources(&mut broken).insert("Extra".into(), json!({"Type": "AWS::Logs::LogGroup"}));
    assert_eq!(paths(&broken), ["Resources/Extra"]);
}

#[test]
fn a_lost_health_check_property_is_a_difference() {
    let mut broken = ours();
    let group = &mut broken["Resources"]["Service3TargetGroup"]["Properties"];
    group.as_object_mut().expect("properties").remove("HealthCheckPath").expect("a path");
    assert_eq!(paths(&broken), ["Resources/Service3TargetGroup/Properties/HealthCheckPath"]);
}

#[test]
fn a_rule_that_leads_to_another_target_group_is_a_difference() {
    let target = "Resources/Service1Rule/Properties/Actions/0/TargetGroupArn";
    assert_seen(target, |target| *target = json!({"Ref": "Service2TargetGroup"}));
}

#[test]
fn a_private_subnet_routed_through_the_other_zone_is_a_difference() {
    let gateway = "Resources/PrivateSubnet1DefaultRoute/Properties/NatGatewayId";
    assert_seen(gateway, |gateway| *gateway = json!({"Ref": "PublicSubnet2NatGateway"}));
}

#[test]
fn another_zone_is_a_difference() {
    let zone = "Resources/PublicSubnet2/Properties/AvailabilityZone";
    assert_seen(zone, |zone| zone["Fn::Select"][0] = json!(0));
}

#[test]
fn a_repository_of_another_service_is_a_difference() {
    let image = "Resources/Service2TaskDefinition/Properties/ContainerDefinitions/0/Image";
    assert_seen(image, |image| {
        let text = image["Fn::Sub"].as_str().expect("a text").replace("service2", "service1");
        image["Fn::Sub"] = text.into();
    });
}

#[test]
fn a_service_that_does_not_wait_for_its_rule_is_a_difference() {
    let mut broken = ours();
    resources(&mut broken)["Service1"]["DependsOn"] = json!([]);
    assert_eq!(paths(&broken), ["Resources/Service1/DependsOn/Service1Rule"]);
}

#[test]
fn a_log_group_that_goes_with_the_stack_is_a_difference() {
    assert_seen("Resources/Service1LogGroup/DeletionPolicy", |policy| *policy = json!("Delete"));
}

#[test]
fn a_listed_difference_with_another_value_is_not_the_listed_one() {
    let prefix = "Resources/Service3TaskDefinition/Properties/ContainerDefinitions/0/LogConfiguration/Options/awslogs-stream-prefix";
    assert_seen(prefix, |prefix| *prefix = json!("service1"));
}

#[test]
fn a_listed_difference_that_is_gone_is_told() {
    let mut same = ours();
    let path = "/Resources/Service3TaskDefinition/Properties/ContainerDefinitions/0/LogConfiguration/Options/awslogs-stream-prefix";
    *same.pointer_mut(path).expect("a prefix") = json!("service2");
    let stale = stale(Cdk::V2, &same);
    assert_eq!(stale, ["Log stream prefix of service3: at 0 places, not 1"]);
}

/// Changes one place in our template and expects just this place to be told.
fn assert_seen(path: &str, change: impl FnOnce(&mut Value)) {
    let mut broken = ours();
    change(broken.pointer_mut(&format!("/{path}")).expect("something to change"));
    assert_eq!(paths(&broken), [path]);
}

fn ours() -> Value {
    serde_json::from_str(&infra::services_template().to_json()).expect("JSON")
}

fn resources(template: &mut Value) -> &mut serde_json::Map<String, Value> {
    template["Resources"].as_object_mut().expect("resources")
}

/// Where a template differs, both from v1 and from v2, without being listed.
fn paths(template: &Value) -> Vec<String> {
    let of = |cdk| unlisted(cdk, template).into_iter().map(|found| found.path).collect();
    let (v1, v2): (Vec<_>, Vec<_>) = (of(Cdk::V1), of(Cdk::V2));
    assert_eq!(v1, v2);
    v2
}

fn found(cdk: Cdk, template: &Value) -> Vec<Found> {
    let theirs = if cdk == Cdk::V1 { V1 } else { V2 };
    differences(&serde_json::from_str(theirs).expect("JSON"), template)
}

fn unlisted(cdk: Cdk, template: &Value) -> Vec<Found> {
    let listed: Vec<_> = listed().into_iter().filter(|listed| listed.places(cdk) > 0).collect();
    let mut found = found(cdk, template);
    found.retain(|found| !listed.iter().any(|listed| listed.covers(found)));
    found
}

/// The listed differences that are not found where they should be.
fn stale(cdk: Cdk, template: &Value) -> Vec<String> {
    let found = found(cdk, template);
    let mut stale = Vec::new();
    for listed in listed() {
        let places = found.iter().filter(|found| listed.covers(found)).count();
        let expected = listed.places(cdk);
        if places != expected {
            stale.push(format!("{}: at {places} places, not {expected}", listed.row));
        }
    }
    stale
}
