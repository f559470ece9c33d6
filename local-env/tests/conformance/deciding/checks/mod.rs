//! What is told of a template before it is deployed (cloudmap-ecs §7).
//!
//! A template in which nothing is wrong is changed in one place. Each row of the table has a change
//! that trips one check, and one that is close to it and right.

mod mistakes;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use check::{self, Architectures, CODES, Finding, Findings, Severity};
use cloudformation::{Inputs, Source, Template};

use mistakes::{MISTAKES, Mistake};

const BASE: &str = include_str!("base.yaml");
const CDK: [&str; 2] = [
    include_str!("../../../../../infra/tests/data/cdk-v1.json"),
    include_str!("../../../../../infra/tests/data/cdk-v2.json"),
];

/// The base with some of its texts replaced, each of which it has once.
#[track_caller]
fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(BASE.to_owned(), |text, (old, new)| {
        assert_eq!(text.matches(old).count(), 1, "`{old}` in\n{text}");
        text.replacen(old, new, 1)
    })
}

#[track_caller]
fn findings(text: &str) -> Findings {
    findings_with(text, &Architectures::new())
}

#[track_caller]
fn findings_with(text: &str, architectures: &Architectures) -> Findings {
    let source = Source::new("test.yaml", text);
    let mut inputs = Inputs::new("services");
    let template = Template::parse(&source).unwrap();
    for (name, value) in [("DomainName", "services.example.com"), ("HostedZoneId", "Z0")] {
        if template.has_parameter(name) {
            inputs.parameters.insert(name.to_owned(), value.to_owned());
        }
    }
    check::check(&template.resolve(&inputs).unwrap(), architectures)
}

fn told(findings: &[Finding]) -> Vec<String> {
    let told = findings.iter().map(|it| {
        let place = &it.place;
        format!(
            "{} {} {}.{}:{} {}\n{}",
            it.severity,
            it.code.name,
            place.resource,
            place.property,
            place.line,
            it.message,
            it.mend
        )
    });
    told.collect()
}

impl Mistake {
    /// Exactly this is told, of the right resource, at the line that has the words.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let text = changed(self.trips);
        let findings = findings(&text).all;
        let line = text.lines().position(|line| line.contains(self.line)).map(|line| line + 1);
        let expected = matches!(&findings[..], [it]
            if it.code.name == self.code
                && it.place.resource == self.resource
                && Some(it.place.line) == line
                && !it.mend.is_empty());
        if !expected {
            problems.push(format!("{} at {line:?}: {:#?}", self.code, told(&findings)));
        }
        let right = changed(self.passes);
        let findings = self::findings(&right).all;
        if findings.iter().any(|it| it.code.name == self.code || it.severity == Severity::Error) {
            problems.push(format!("{} though nothing is wrong: {:#?}", self.code, told(&findings)));
        }
        problems
    }
}

#[test]
fn nothing_is_told_of_a_template_that_is_right() {
    assert_eq!(told(&findings(BASE).all), Vec::<String>::new());
}

#[test]
fn templates_that_work_in_aws_give_neither_errors_nor_warnings() {
    let sample = infra::services_template();
    let registry = infra::registry_template();
    let own = [sample.to_json(), sample.to_yaml(), registry.to_json()];
    for text in CDK.iter().copied().chain(own.iter().map(String::as_str)) {
        let findings = findings(text);
        let bad: Vec<_> =
            findings.all.iter().filter(|it| it.severity != Severity::Advice).cloned().collect();
        assert_eq!(told(&bad), Vec::<String>::new());
    }
}

#[test]
fn ecs_103_each_mistake_alone_is_told_with_resource_and_line() {
    let problems: Vec<_> = MISTAKES.iter().flat_map(Mistake::problems).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_code_has_a_mistake_that_trips_it() {
    // These two need something besides a template.
    let elsewhere = ["image-architecture", "template"];
    let tripped: BTreeSet<_> = MISTAKES.iter().map(|it| it.code).chain(elsewhere).collect();
    let codes: BTreeSet<_> = CODES.iter().map(|it| it.name).collect();
    assert_eq!(codes, tripped);
}

#[test]
fn cloudmap_039_a_private_namespace_in_a_vpc_without_dns_host_names_is_told() {
    for (setting, changed_to) in [
        ("EnableDnsHostnames: true", "EnableDnsHostnames: false"),
        ("EnableDnsSupport: true", "EnableDnsSupport: 'false'"),
    ] {
        let findings = findings(&changed(&[(setting, changed_to)])).all;
        let [finding] = &findings[..] else { panic!("{:#?}", told(&findings)) };
        assert_eq!((finding.code.name, finding.place.resource.as_str()), ("vpc-dns", "Vpc"));
        assert!(finding.message.contains("`Namespace`"), "{}", finding.message);
    }
}

#[test]
fn ecs_076_a_services_target_group_is_of_type_ip_and_some_rule_forwards_to_it() {
    let forward = "{Type: forward, TargetGroupArn: !Ref ApiTargets}]";
    let elsewhere = "{Type: fixed-response, FixedResponseConfig: {StatusCode: '500'}}]";
    for (old, new, code) in [
        ("TargetType: ip", "TargetType: instance", "target-type"),
        (forward, elsewhere, "unbound-target-group"),
    ] {
        let findings = findings(&changed(&[(old, new)])).all;
        let [finding] = &findings[..] else { panic!("{:#?}", told(&findings)) };
        assert_eq!((finding.code.name, finding.severity), (code, Severity::Error));
        assert!(finding.message.contains("ApiTargets"), "{}", finding.message);
    }
}

#[test]
fn tasks_that_are_where_their_instances_are_have_no_groups_to_be_held_to() {
    let text = include_str!("bridge.yaml");
    let worst = findings(text).all.into_iter().filter(|it| it.severity != Severity::Advice);
    assert_eq!(told(&worst.collect::<Vec<_>>()), [""; 0]);
}

#[test]
fn names_of_service_connect_are_known_with_their_ports() {
    let named = "PortMappings: [{Name: work, ContainerPort: 8081}]";
    let offers = "DesiredCount: 4
      ServiceConnectConfiguration:
        Enabled: true
        Namespace: n
        Services: [{PortName: work, ClientAliases: [{DnsName: jobs, Port: 80}]}]";
    let uses = "DesiredCount: 2
      ServiceConnectConfiguration: {Enabled: true, Namespace: n}";
    let codes = |url: &str| {
        let findings = findings(&changed(&[
            ("PortMappings: [{ContainerPort: 8081}]", named),
            ("DesiredCount: 4", offers),
            ("DesiredCount: 2", uses),
            ("http://worker.local:8081", url),
        ]));
        findings.all.iter().map(|it| it.code.name).collect::<Vec<_>>()
    };
    assert_eq!(codes("http://jobs/next"), [""; 0]);
    assert_eq!(codes("http://jobs:8081"), ["wrong-port"]);
}

#[test]
fn ecs_104_a_pattern_that_catches_a_neighbour_is_told_with_both_and_a_mend() {
    let text = changed(&[("Values: [/service1, /service1/*]", "Values: ['/service1*']")]);
    let findings = findings(&text).all;
    let [finding] = &findings[..] else { panic!("{:#?}", told(&findings)) };
    assert_eq!(finding.code.name, "neighbour-path");
    assert_eq!(finding.place.resource, "ApiRule");
    for part in ["`/service1*` of `ApiRule`", "`/service10` of `OtherRule`"] {
        assert!(finding.message.contains(part), "{}", finding.message);
    }
    assert_eq!(finding.mend, "Values: ['/service1', '/service1/*']");
}

#[test]
fn several_problems_are_all_told() {
    let text = changed(&[
        ("Cpu: '256'", "Cpu: '300'"),
        ("EnableDnsHostnames: true", "EnableDnsHostnames: false"),
        ("TargetType: ip", "TargetType: instance"),
        (
            "DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: !Ref Nat",
            "DestinationCidrBlock: 10.1.0.0/16, NatGatewayId: !Ref Nat",
        ),
    ]);
    let codes: BTreeSet<_> = findings(&text).all.iter().map(|it| it.code.name).collect();
    assert_eq!(codes, BTreeSet::from(["private-subnet", "target-type", "task-size", "vpc-dns"]));
}

#[test]
fn a_template_that_cannot_be_resolved_is_told_of_too() {
    let source = Source::new("test.yaml", "Resources:\n  A: {Type: X, Properties: {B: !Ref C}}\n");
    let error = Template::parse(&source).unwrap().resolve(&Inputs::new("x")).unwrap_err();
    let findings = check::unresolved(&[error]).all;
    let [finding] = &findings[..] else { panic!("{:#?}", told(&findings)) };
    assert_eq!((finding.code.name, finding.place.line), ("template", 2));
}

#[test]
fn ecs_077_an_image_for_the_other_architecture_is_told_with_task_definition_and_image() {
    let image = "000000000000.dkr.ecr.us-west-2.amazonaws.com/api:v1";
    let arm = Architectures::from([(image.to_owned(), vec!["arm64".to_owned()])]);
    let findings = findings_with(BASE, &arm).all;
    let [finding] = &findings[..] else { panic!("{:#?}", told(&findings)) };
    assert_eq!(finding.code.name, "image-architecture");
    for part in [image, "`ApiTask`", "arm64", "X86_64"] {
        assert!(finding.message.contains(part), "{}", finding.message);
    }
    let both = ["arm64", "amd64"].map(str::to_owned).to_vec();
    let both = BTreeMap::from([(image.to_owned(), both)]);
    assert!(findings_with(BASE, &both).all.is_empty());
    let platform = "Cpu: '256'\n      RuntimePlatform: {CpuArchitecture: ARM64}";
    assert!(findings_with(&changed(&[("Cpu: '256'", platform)]), &arm).all.is_empty());
}

#[test]
fn whatever_is_left_out_or_replaced_is_checked_without_a_panic() {
    let resolved = |text: &str| {
        let template = Template::parse(&Source::new("test.yaml", text)).ok()?;
        template.resolve(&Inputs::new("x")).ok()
    };
    let lines: Vec<_> = BASE.lines().collect();
    let mut checked = 0;
    for (index, line) in lines.iter().enumerate() {
        let key = line.split_inclusive(": ").next().unwrap_or_default();
        for other in ["", "[]", "{}", "[{}]", "''", "-1", "[[1]]", "€"] {
            let other = if other.is_empty() { String::new() } else { format!("{key}{other}") };
            let mut lines = lines.clone();
            lines[index] = &other;
            if let Some(resolved) = resolved(&lines.join("\n")) {
                let findings = check::check(&resolved, &Architectures::new());
                assert!(findings.all.iter().all(|it| it.place.line <= lines.len()));
                checked += 1;
            }
        }
    }
    assert!(checked > lines.len(), "{checked}");
}

#[test]
fn a_mistyped_code_is_refused_with_the_nearest() {
    let error = check::named("privat-subnet").unwrap_err();
    assert!(error.to_string().contains("did you mean `private-subnet`?"), "{error}");
}

#[test]
fn every_code_has_its_page_and_every_page_its_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/checks");
    let pages = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let pages: BTreeSet<_> = pages
        .filter(|path| !path.ends_with("README.md"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let codes: BTreeSet<_> = CODES.iter().map(|code| code.name.to_owned()).collect();
    assert_eq!(codes, pages);
    let contents = fs::read_to_string(folder.join("README.md")).unwrap();
    for code in CODES {
        let text = fs::read_to_string(folder.join(format!("{}.md", code.name))).unwrap();
        assert!(text.starts_with(&format!("# {}\n\n*{}*: ", code.name, code.severity)), "{text}");
        assert!(text.contains(code.shows) && text.contains("**Mend**"), "{text}");
        let row = format!("| [{0}]({0}.md) | {1} | {2} |", code.name, code.severity, code.shows);
        assert!(contents.contains(&row), "{row}");
    }
}
