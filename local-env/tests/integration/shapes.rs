//! Templates as they are found: what the CDK writes for its patterns, and the shapes of public ones.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use check::{self, Architectures, format};
use cloudformation::{Inputs, Library, Source, Template};
use miette::Diagnostic;
use serde_json::{Value, json};
use stack::Allowed;

const PATTERNS: &[&str] = &["cdk/cdk.out", "--stack", "Real/Patterns"];
const CONNECTED: &[&str] = &["cdk/cdk.out", "--stack", "Real/Connected"];
const INSTANCES: &[&str] = &["cdk/cdk.out", "--stack", "Real/Instances"];
const BESIDE: &[&str] = &["cdk/cdk.out", "--stack", "Real/Beside"];
const ROUTES: &[&str] = &["cdk/cdk.out", "--stack", "Real/Routes"];
const ELSEWHERE: &[&str] = &["cdk/cdk.out", "--stack", "Real/Elsewhere"];
const SHOP: &[&str] = &["cdk/cdk.out", "--stack", "Shop", "--stack", "Network"];
const PUBLIC: &[&str] = &["templates/public-fargate.yaml"];
const LAYERS: &[&str] = &["templates/layers/main.yaml"];
const PAIR: &[&str] = &["templates/pair/cluster.yaml", "templates/pair/service.yaml"];
const CLUSTER: &[&str] = &["templates/instances.yaml"];
const ISOLATED: &[&str] = &["templates/isolated/main.yaml"];
const SYNTAX: &[&str] = &["templates/syntax.yaml"];
/// Needs what is elsewhere.
const ASKING: &[&str] = &["templates/asking.yaml"];
/// Of each template, how many are made with one thing wrong.
const MUTANTS: usize = 120;
/// All that work in AWS, and that nothing is left out of here.
const WORKING: [&[&str]; 12] = [
    PATTERNS, CONNECTED, INSTANCES, BESIDE, ROUTES, SHOP, PUBLIC, LAYERS, PAIR, CLUSTER, ISOLATED,
    SYNTAX,
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn local_env(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-env"));
    command.current_dir(folder()).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn errors(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

fn printed(arguments: &[&str]) -> Value {
    serde_json::from_slice(&local_env(arguments).stdout).unwrap()
}

/// What `route` says of a request.
#[track_caller]
fn route(url: &str, template: &[&str], more: &[&str]) -> String {
    let output = local_env(&[&["route", url], template, more].concat());
    assert!(output.status.success(), "{}", errors(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_report_of_what_works_in_aws_leaves_nothing_out() {
    for template in WORKING {
        let arguments = [&["report", "--format", "json"], template].concat();
        let output = local_env(&arguments);
        assert!(output.status.success(), "{template:?}: {}", errors(&output));
        assert_eq!(printed(&arguments)["notEmulated"], Value::Array(Vec::new()), "{template:?}");
    }
}

/// The shop's tasks have no way to ECR, which is an alarm that is right.
#[test]
fn no_alarm_is_raised_over_what_works_in_aws() {
    let without = [ASKING, &PAIR[1..]];
    for template in WORKING.into_iter().filter(|it| *it != SHOP).chain(without) {
        let findings = printed(&[&["check", "--format", "json"], template].concat());
        for finding in findings["findings"].as_array().unwrap() {
            assert!(finding["severity"] == "advice", "{template:?}: {finding:#}");
        }
    }
}

#[test]
fn a_first_project_file_can_be_written_for_each() {
    for template in WORKING {
        let output = local_env(&[&["init", "--print"], template].concat());
        assert!(output.status.success(), "{template:?}: {}", errors(&output));
    }
}

#[test]
fn conditions_and_actions_are_what_cdk_meant() {
    let shop = route("https://example.com/shop/1", ROUTES, &[]);
    assert!(
        shop.contains("\nrule 10 ") && shop.contains(") by 9 of 10") && shop.contains(" 300 s"),
        "{shop}"
    );
    let beta = route("https://beta.example.com/", ROUTES, &["--method", "HEAD"]);
    assert!(beta.contains("\nrule 20 "), "{beta}");
    let beta = route("https://beta.example.com/", ROUTES, &["--method", "POST"]);
    assert!(beta.contains("answer 404 application/json"), "{beta}");
    let preview = ["--header", "X-Preview: yes please"];
    assert!(route("https://example.com/?version=2", ROUTES, &preview).contains("\nrule 30 "));
    let outside = [&preview[..], &["--source", "192.0.2.1"]].concat();
    assert!(!route("https://example.com/?version=2", ROUTES, &outside).contains("\nrule 30 "));
    let moved = route("https://example.com/old/a?b=c", ROUTES, &[]);
    assert!(
        moved.contains("in AWS to https://www.example.com:443/new/old/a?from=old&b=c"),
        "{moved}"
    );
    assert!(route("http://example.com/", ROUTES, &[]).contains("redirect 301 to https://"));
}

#[test]
fn patterns_of_cdk_route_as_they_say() {
    let shop = route("https://shop.example.com/", PATTERNS, &[]);
    assert!(
        shop.contains("the default rule") && shop.contains("(tasks of Real-Patterns-ShopService"),
        "{shop}"
    );
    let report = printed(&[&["report", "--format", "json"], PATTERNS].concat());
    let types = report["lines"].as_array().unwrap().iter().map(|it| {
        (it["type"].as_str().unwrap(), it["property"].as_str(), it["status"].as_str().unwrap())
    });
    let types: BTreeSet<_> = types.collect();
    for listed in
        ["AWS::Events::Rule", "AWS::SQS::Queue", "AWS::ApplicationAutoScaling::ScalingPolicy"]
    {
        assert!(types.contains(&(listed, None, "ignored")), "{listed}");
    }
}

#[test]
fn public_shapes_route_as_they_say() {
    assert!(route("http://localhost/any", PUBLIC, &[]).contains("(tasks of shop)"));
    let renamed = ["--parameter", "Path=/x", "--parameter", "ServiceName=other"];
    let nobody = route("http://localhost/any", PUBLIC, &renamed);
    assert!(nobody.contains("forward to public-fargate-nobody"), "{nobody}");
    assert!(route("http://localhost/products/1", LAYERS, &[]).contains("(tasks of products)"));
    assert!(route("http://localhost/", LAYERS, &[]).contains("(tasks of website)"));
    assert!(route("http://localhost/any", PAIR, &[]).contains("(tasks of web)"));
    assert!(route("http://localhost:8080/", PAIR, &[]).contains("answer 404"));
    let image = ["--parameter", "ImageUri=ledger:1"];
    assert!(route("http://localhost/", ISOLATED, &image).contains("(tasks of ledger)"));
    let network = ["--parameter", "Vpc=vpc-1", "--parameter", "Subnets=subnet-1,subnet-2"];
    let named = route("http://shop.example.com/", CLUSTER, &network);
    assert!(named.contains("(tasks of instances-Service"), "{named}");
    assert!(route("http://dev.example.com/dev/blue", SYNTAX, &[]).contains("\nrule 5 "));
    assert!(route("http://dev.example.com/", SYNTAX, &[]).contains("folded into one line"));
}

#[test]
fn what_is_left_to_be_given_is_made_up_for_a_check_and_named() {
    let told = errors(&local_env(&[&["check"], ASKING].concat()));
    for named in [
        "parameters without values have made-up ones: `AppName`,",
        "imports without values have made-up ones: `example-example-ClusterId`,",
        "attributes without values have made-up ones: `CountAction.DesiredCount`,",
        "no errors, no warnings",
    ] {
        assert!(told.contains(named), "{named}: {told}");
    }
    let drafted = local_env(&[&["init", "--print", "--allow-partial"], ASKING].concat());
    let drafted = String::from_utf8(drafted.stdout).unwrap();
    assert!(drafted.contains("[attributes]\n\"CountAction.DesiredCount\" = \"1\" # a guess\n"));
    assert!(drafted.contains("[imports]\nexample-example-ClusterId = "), "{drafted}");
    let refused = errors(&local_env(&[&["up"], ASKING].concat()));
    assert!(refused.contains("needs a value for `AppName`"), "{refused}");
}

#[test]
fn what_is_not_emulated_is_named_and_can_be_left_out() {
    let refused = local_env(&[&["route", "https://localhost/"], ELSEWHERE].concat());
    let told = errors(&refused);
    for what in ["targets of type `lambda`", "type `network`", "the protocol `TCP`", "a web ACL"] {
        assert!(told.contains(what), "{what}: {told}");
    }
    let rest = route("https://localhost/", ELSEWHERE, &["--allow-partial"]);
    assert!(rest.contains("forward to "), "{rest}");
    // The service goes on without the network load balancer's target group.
    let told = errors(&local_env(&[&["init", "--print", "--allow-partial"], ELSEWHERE].concat()));
    assert!(told.contains(".LoadBalancers[1]` is left out"), "{told}");
    let report = printed(&[&["report", "--format", "json"], ELSEWHERE].concat());
    let left_out = report["notEmulated"].as_array().unwrap();
    assert!(left_out.iter().any(|it| it["resource"] == "Walled"), "{left_out:#?}");
}

/// A template with one thing in it wrong, whatever it is.
struct Mutator(fastrand::Rng);

impl Mutator {
    /// One place of a JSON text becomes something else or, where it has a name, goes.
    fn json(&mut self, template: &Value) -> String {
        let mut mutant = template.clone();
        let mut places = Vec::new();
        pointers(template, "", &mut places);
        let place = &places[self.0.usize(0..places.len())];
        let (parent, name) = place.rsplit_once('/').unwrap();
        let map = mutant.pointer_mut(parent).and_then(Value::as_object_mut);
        if let Some(map) = map.filter(|_| self.0.bool()) {
            map.remove(&name.replace("~1", "/").replace("~0", "~"));
        } else if let Some(node) = mutant.pointer_mut(place) {
            *node = self.other(node);
        }
        mutant.to_string()
    }

    fn other(&mut self, node: &Value) -> Value {
        match self.0.u8(0..10) {
            0 => Value::Null,
            1 => json!(-1),
            2 => json!(1e300),
            3 => json!(""),
            4 => json!([]),
            5 => json!({}),
            6 => json!({"Ref": "AWS::NoValue"}),
            7 => json!({"Fn::GetAtt": ["Nothing", "Arn"]}),
            8 => json!([node, node]),
            _ => json!({"Fn::Sub": format!("${{{}}}", "AWS::Region")}),
        }
    }

    /// A line of a text goes, comes twice, moves in or out, or is where it ends.
    fn lines(&mut self, text: &str) -> String {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let at = self.0.usize(0..lines.len());
        match self.0.u8(0..5) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 => lines[at].insert_str(0, "  "),
            3 => lines[at] = lines[at].trim_start().into(),
            _ => {
                lines.truncate(at);
                lines.push("  : [{".to_owned());
            }
        }
        lines.join("\n")
    }
}

/// Where the values within this one are (RFC 6901).
fn pointers(node: &Value, at: &str, places: &mut Vec<String>) {
    let within: Vec<(String, &Value)> = match node {
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, it)| (index.to_string(), it)).collect()
        }
        Value::Object(map) => {
            map.iter().map(|(key, it)| (key.replace('~', "~0").replace('/', "~1"), it)).collect()
        }
        _ => Vec::new(),
    };
    for (name, value) in within {
        let place = format!("{at}/{name}");
        pointers(value, &place, places);
        places.push(place);
    }
}

/// All that is done with a template, but for running it. Whatever it says, it must not panic.
fn digest(text: &str) {
    let source = Source::new("mutant", text);
    let resolved = Template::parse(&source).and_then(|template| {
        let mut inputs = Inputs::new("mutant");
        inputs.library = Library::new(|_| None);
        template.resolve(&inputs)
    });
    let findings = match &resolved {
        Ok(resolved) => check::check(resolved, &Architectures::new()),
        Err(error) => check::unresolved(std::slice::from_ref(error)),
    };
    for told in [
        format::text(&findings, false),
        format::json(&findings),
        format::sarif(&findings),
        format::github(&findings),
    ] {
        assert!(told.len() < 2_000_000, "{} bytes are told", told.len());
    }
    for partial in [false, true] {
        let allowed = Allowed { partial, ..Allowed::default() };
        if let Ok(Err(error)) = resolved.as_ref().map(|it| stack_reader::read(it, allowed)) {
            assert!(error.labels().is_some() || error.related().is_some());
        }
    }
}

#[test]
fn no_mistake_in_a_template_is_more_than_told() {
    let mut mutator = Mutator(fastrand::Rng::with_seed(20));
    let cdk = folder().join("cdk/cdk.out/assembly-Real");
    let files = std::fs::read_dir(cdk).unwrap().map(|entry| entry.unwrap().path());
    for file in files.filter(|path| path.to_string_lossy().ends_with(".template.json")) {
        let text = std::fs::read_to_string(file).unwrap();
        digest(&text);
        let template: Value = serde_json::from_str(&text).unwrap();
        (0..MUTANTS).for_each(|_| digest(&mutator.json(&template)));
    }
    for name in [
        "public-fargate.yaml",
        "layers/service.yaml",
        "layers/main.yaml",
        "pair/service.yaml",
        "isolated/network.yaml",
        "instances.yaml",
        "syntax.yaml",
        "asking.yaml",
    ] {
        let text = std::fs::read_to_string(folder().join("templates").join(name)).unwrap();
        (0..MUTANTS).for_each(|_| digest(&mutator.lines(&text)));
    }
}
