//! What `local-env` takes for a template: files, cdk.out folders, standard input, and whatever else
//! somebody may name by mistake, which is told in bounded time and memory.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// Even on a slow machine, and with a build that is not optimised.
const BOUND: Duration = Duration::from_secs(60);

const BALANCER: &str = "
Resources:
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Subnets: [a, b]}}
Outputs:
  Arn: {Value: !Ref Balancer, Export: {Name: balancer}}
";

const LISTENER: &str = "
Parameters: {Text: {Type: String, Default: hello}}
Resources:
  Http:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !ImportValue balancer
      Port: 80
      Protocol: HTTP
      DefaultActions:
        - Type: fixed-response
          FixedResponseConfig: {StatusCode: '200', ContentType: text/plain, MessageBody: !Ref Text}
";

/// A folder with these files.
struct Folder(TempDir);

struct Ended {
    success: bool,
    out: String,
    errors: String,
}

// === impl Folder ===

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            folder.write(name, text.as_bytes());
        }
        folder
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        run(self.0.path(), arguments, b"")
    }

    #[track_caller]
    fn report(&self, arguments: &[&str]) -> Value {
        let all: Vec<_> = ["report", "--format", "json"].iter().chain(arguments).copied().collect();
        let ended = self.run(&all);
        assert!(ended.success, "{}{}", ended.out, ended.errors);
        serde_json::from_str(&ended.out).unwrap()
    }

    /// What is told of what cannot be read, within a bounded time.
    #[track_caller]
    fn error(&self, arguments: &[&str]) -> String {
        self.error_of(&["route", "http://localhost/"], arguments)
    }

    #[track_caller]
    fn error_of(&self, command: &[&str], arguments: &[&str]) -> String {
        let started = Instant::now();
        let ended = self.run(&[command, arguments].concat());
        assert!(!ended.success, "{}", ended.out);
        assert!(started.elapsed() < BOUND, "it took {:?}", started.elapsed());
        assert!(!ended.errors.contains("panicked"), "{}", ended.errors);
        assert!(ended.errors.len() < 100_000, "{} bytes are told", ended.errors.len());
        unwrapped(&ended.errors)
    }
}

/// Runs the binary with this standard input, in four gibibytes of addresses.
fn run(folder: &Path, arguments: &[&str], input: &[u8]) -> Ended {
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -v 4194304; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_local-env")])
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    // Who does not read its input all the same ends.
    let writer = thread::spawn(move || stdin.write_all(&input).ok());
    let ended = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ended {
        success: ended.status.success(),
        out: String::from_utf8(ended.stdout).unwrap(),
        errors: String::from_utf8(ended.stderr).unwrap(),
    }
}

/// Without the lines' ends that the width of a terminal makes.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

fn cdk_out() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cdk/cdk.out")
}

/// The resources of a type in a report.
fn resources<'a>(report: &'a Value, resource_type: &str) -> Vec<&'a str> {
    let lines = report["lines"].as_array().unwrap().iter();
    let mut lines =
        lines.filter(|line| line["type"] == resource_type && line["property"].is_null());
    let resources = lines.next().and_then(|line| line["resources"].as_array());
    resources.into_iter().flatten().map(|name| name.as_str().unwrap()).collect()
}

fn status<'a>(report: &'a Value, resource_type: &str, property: &str) -> &'a str {
    let mut lines = report["lines"].as_array().unwrap().iter();
    let line = lines.find(|line| line["type"] == resource_type && line["property"] == property);
    line.unwrap()["status"].as_str().unwrap()
}

fn route(folder: &Folder, arguments: &[&str]) -> String {
    let all: Vec<_> = ["route", "http://localhost/"].iter().chain(arguments).copied().collect();
    let ended = folder.run(&all);
    assert!(ended.success, "{}", ended.errors);
    ended.out
}

#[test]
fn a_cdk_out_folder_is_read_with_its_nested_stacks_and_what_they_import() {
    let folder = Folder::new(&[]);
    let cdk_out = cdk_out();
    let cdk_out = cdk_out.to_str().unwrap();
    for prefix in ["", "Weak/"] {
        let (shop, network) = (format!("{prefix}Shop"), format!("{prefix}Network"));
        let report = folder.report(&[cdk_out, "--stack", &shop, "--stack", &network]);
        assert_eq!(resources(&report, "AWS::ECS::Service").len(), 2, "{report:#}");
        assert_eq!(resources(&report, "AWS::ElasticLoadBalancingV2::TargetGroup").len(), 2);
        let namespaces = resources(&report, "AWS::ServiceDiscovery::PrivateDnsNamespace");
        assert_eq!(namespaces.len(), 1, "{report:#}");
        assert_eq!(report["notEmulated"], Value::Array(Vec::new()));
        // The sidecar's image, and the ways of the secret and of the nested stack, are all there.
        let property = "ContainerDefinitions[].Image";
        assert_eq!(status(&report, "AWS::ECS::TaskDefinition", property), "approximated");
        assert_eq!(resources(&report, "AWS::CloudFormation::Stack").len(), 0);
    }
}

#[test]
fn stacks_that_cannot_be_run_together_have_to_be_chosen_from() {
    let folder = Folder::new(&[]);
    let cdk_out = cdk_out();
    let cdk_out = cdk_out.to_str().unwrap();
    let error = folder.error(&[cdk_out]);
    assert!(error.contains("the name `shop.local`"), "{error}");
    let error = folder.error(&[cdk_out, "--stack", "Shopp"]);
    assert!(error.contains("there is no stack `Shopp`"), "{error}");
    assert!(error.contains("did you mean `Shop`?"), "{error}");
    // The network's namespace is not there where only the shop is run, and the place is the shop's.
    let error = folder.error(&[cdk_out, "--stack", "Shop"]);
    assert!(error.contains("Shop.template.json"), "{error}");
}

#[test]
fn templates_import_from_one_another_in_any_order() {
    let folder = Folder::new(&[("balancer.yaml", BALANCER), ("listener.yaml", LISTENER)]);
    for order in [["balancer.yaml", "listener.yaml"], ["listener.yaml", "balancer.yaml"]] {
        assert!(route(&folder, &order).contains("hello"));
    }
    let error = folder.error_of(&["up"], &["listener.yaml"]);
    assert!(error.contains("asks for the export `balancer`"), "{error}");
    assert!(error.contains("[listener.yaml:7:"), "{error}");
    let given = folder.run(&["report", "listener.yaml", "balancer.yaml", "--stack", "listener"]);
    assert!(!given.success && given.out.contains("is no load balancer"), "{}", given.out);
}

#[test]
fn a_problem_of_several_templates_is_shown_in_its_own() {
    let wrong = LISTENER.replace("Protocol: HTTP", "Protocol: SMTP");
    let folder = Folder::new(&[("balancer.yaml", BALANCER), ("listener.yaml", &wrong)]);
    let error = folder.error(&["balancer.yaml", "listener.yaml"]);
    assert!(error.contains("[listener.yaml:9:"), "{error}");
    let folder = Folder::new(&[("a.yaml", "Resources: 1"), ("b.json", "{\"Resorces\": {}}")]);
    let error = folder.error(&["a.yaml", "b.json"]);
    assert!(error.contains("2 templates cannot be used"), "{error}");
    assert!(error.contains("[a.yaml:1:") && error.contains("[b.json:1:"), "{error}");
}

#[test]
fn standard_input_is_a_template() {
    let folder = Folder::new(&[("listener.yaml", LISTENER)]);
    let ended = run(folder.0.path(), &["report", "-", "listener.yaml"], BALANCER.as_bytes());
    assert!(ended.success, "{}", ended.errors);
    let ended = run(folder.0.path(), &["report", "-"], b"");
    assert!(ended.errors.contains("standard input: the text is empty"), "{}", ended.errors);
}

#[test]
fn parameters_come_from_files_and_the_command_line_wins() {
    let folder = Folder::new(&[
        ("balancer.yaml", BALANCER),
        ("listener.yaml", LISTENER),
        ("a.json", r#"[{"ParameterKey": "Text", "ParameterValue": "from a list"}]"#),
        ("b.json", r#"{"Parameters": {"Text": "from a table"}}"#),
        ("local-env.toml", "[parameters]\nText = \"from the project\"\nOther = \"x\"\n"),
    ]);
    let both = ["balancer.yaml", "listener.yaml"];
    for (arguments, text) in [
        (vec![], "from the project"),
        (vec!["--parameters-file", "a.json"], "from a list"),
        (vec!["--parameters-file", "b.json"], "from a table"),
        (vec!["--parameters-file", "a.json", "--parameter", "Text=by hand"], "by hand"),
    ] {
        let all: Vec<_> = both.iter().copied().chain(arguments).collect();
        assert!(route(&folder, &all).contains(text), "{text}");
    }
    let error = folder.error(&["balancer.yaml", "listener.yaml", "--parameter", "Txet=x"]);
    assert!(error.contains("no parameter `Txet`"), "{error}");
}

#[test]
fn the_project_file_gives_imports_and_plain_parameters() {
    let text = "Parameters: {Text: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /text}}";
    let listener = LISTENER
        .replace("Parameters: {Text: {Type: String, Default: hello}}", text)
        .replace("!ImportValue balancer", "!Ref Balancer")
        .replace(
            "Resources:",
            "Resources:
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Name: !ImportValue name, Subnets: ['{{resolve:ssm:/subnet:2}}', b]}",
        );
    let folder = Folder::new(&[
        ("t.yaml", &listener),
        (
            "local-env.toml",
            "[ssm]\n\"/text\" = \"kept\"\n\"/subnet\" = \"s\"\n[imports]\nname = \"lb\"\n",
        ),
    ]);
    let told = route(&folder, &["t.yaml"]);
    assert!(told.contains("kept"), "{told}");
    folder.write("local-env.toml", b"[imports]\nname = \"lb\"\n");
    let error = folder.error(&["t.yaml"]);
    assert!(error.contains("the value of `/subnet:2`"), "{error}");
    assert!(error.contains("[ssm]"), "{error}");
}

#[test]
fn the_project_file_gives_what_a_custom_resource_answers() {
    let rule = "
  Rule:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Http
      Priority: !GetAtt Action.Priority
      Conditions: [{Field: path-pattern, Values: ['*']}]
      Actions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: '200'}}]
  Action: {Type: 'Custom::Action', Properties: {ServiceToken: arn}}
  Http:";
    let templates = [("b.yaml", BALANCER), ("l.yaml", &LISTENER.replacen("\n  Http:", rule, 1))];
    let folder = Folder::new(&templates);
    let error = folder.error_of(&["up"], &["b.yaml", "l.yaml"]);
    assert!(error.contains("asks for the value of `Action.Priority`"), "{error}");
    assert!(error.contains("under `[attributes]`"), "{error}");
    folder.write("local-env.toml", b"[attributes]\n\"Action.Priority\" = \"7\"\n");
    let told = route(&folder, &["b.yaml", "l.yaml"]);
    assert!(told.contains("rule 7 "), "{told}");
    // The same for what Parameter Store has.
    let kept = LISTENER
        .replacen("\n  Http:", &rule.replace("!GetAtt Action.Priority", "!Ref Kept"), 1)
        .replace(
            "{Text:",
            "{Kept: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /p}, Text:",
        );
    folder.write("l.yaml", kept.as_bytes());
    let error = folder.error_of(&["up"], &["b.yaml", "l.yaml"]);
    assert!(error.contains("the value of `/p`") && error.contains("under `[ssm]`"), "{error}");
    folder.write("local-env.toml", b"[ssm]\n\"/p\" = \"8\"\n");
    assert!(route(&folder, &["b.yaml", "l.yaml"]).contains("rule 8 "));
}

#[test]
fn an_export_that_is_nearly_there_is_a_mistake_for_a_check_too() {
    let near = LISTENER.replace("!ImportValue balancer", "!ImportValue balancr");
    let folder = Folder::new(&[("b.yaml", BALANCER), ("l.yaml", &near)]);
    let ended = folder.run(&["check", "b.yaml", "l.yaml"]);
    assert!(!ended.success && ended.out.contains("the export `balancr`"), "{}", ended.out);
    let alone = folder.run(&["check", "l.yaml"]);
    assert!(alone.errors.contains("imports without values"), "{}", alone.errors);
    assert!(alone.out.contains("not-in-template"), "{}", alone.out);
}

#[test]
fn a_check_tells_what_is_wrong_within_a_nested_stack() {
    let parent =
        "Resources: {In: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: in.yaml}}}";
    let nested = "Resources: {A: {Type: 'A::B::C', Properties: {B: !Ref Nobody}}}";
    let folder = Folder::new(&[("t.yaml", parent), ("in.yaml", nested)]);
    let ended = folder.run(&["check", "--format", "json", "t.yaml"]);
    let found: Value = serde_json::from_str(&ended.out).unwrap();
    let finding = &found["findings"][0];
    assert!(finding["message"].as_str().unwrap().contains("`Nobody`"), "{found:#}");
    assert!(finding["template"] == "in.yaml", "{found:#}");
}

const PARTIAL: &str = "
Resources:
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Subnets: [a, b]}}
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {Port: 80, Protocol: HTTP, TargetType: lambda}
  Http:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: '404'}}]
  Rule:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Http
      Priority: 1
      Conditions: [{Field: path-pattern, Values: [/]}]
      Actions: [{Type: forward, TargetGroupArn: !Ref Group}]
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: https://example.com/elsewhere.yaml}
";

#[test]
fn what_is_not_emulated_can_be_left_out_and_is_told() {
    let folder = Folder::new(&[("t.yaml", PARTIAL)]);
    let ended = folder.run(&["route", "http://localhost/", "t.yaml"]);
    assert!(!ended.success);
    let ended = folder.run(&["route", "http://localhost/", "t.yaml", "--allow-partial"]);
    assert!(ended.success && ended.out.contains("404"), "{}{}", ended.out, ended.errors);
    for name in ["`Group` is left out", "`Rule` is left out", "`Inner` is left out"] {
        assert!(ended.errors.contains(name), "{}", ended.errors);
    }
    let ended = folder.run(&["report", "--format", "json", "t.yaml"]);
    assert!(!ended.success);
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(report["notEmulated"].as_array().unwrap().len(), 3, "{report:#}");
}

#[test]
fn a_resource_can_be_ignored_whatever_is_wrong_with_it() {
    let folder = Folder::new(&[("t.yaml", PARTIAL)]);
    let ignored = ["--ignore", "Group", "--ignore", "Rule", "--ignore", "Inner"];
    let all: Vec<_> = ["t.yaml"].into_iter().chain(ignored).collect();
    assert!(route(&folder, &all).contains("404"));
    let error = folder.error(&["t.yaml", "--ignore", "Grup"]);
    assert!(error.contains("no resource `Grup`") && error.contains("`Group`"), "{error}");
}

#[test]
fn a_nested_stack_is_found_beside_its_parent() {
    let parent = "
Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: 'https://bucket.s3.amazonaws.com/x/balancer.yaml'}
  Http:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !GetAtt Inner.Outputs.Arn
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: '204'}}]
";
    let folder = Folder::new(&[("x/parent.yaml", parent), ("x/balancer.yaml", BALANCER)]);
    assert!(route(&folder, &["x/parent.yaml"]).contains("204"));
    let asset = parent.replace("x/balancer.yaml", "0123abcd.yaml");
    let list = r#"{"files": {"0123abcd": {"source": {"path": "inner.nested.yaml"}}}}"#;
    let folder = Folder::new(&[
        ("parent.yaml", &asset),
        ("inner.nested.yaml", BALANCER),
        ("Parent.assets.json", list),
    ]);
    assert!(route(&folder, &["parent.yaml"]).contains("204"));
    folder.write("inner.nested.yaml", b"Resources:\n  A: {Typo: x}\n");
    let error = folder.error(&["parent.yaml"]);
    assert!(error.contains("the nested stack `Inner` cannot be read"), "{error}");
    assert!(error.contains("[inner.nested.yaml:2:") || error.contains("[./inner"), "{error}");
}

#[test]
fn a_parameter_is_made_up_as_the_first_value_that_is_allowed_whatever_is_in_it() {
    let place =
        "Place: {Type: String, AllowedValues: ['eu-west-1, Dublin', 'us-east-1, Virginia']}";
    let listener = LISTENER.replace("{Text: ", &format!("{{{place}, Text: "));
    let listener = listener.replace("!Ref Text", "!Ref Place");
    let folder = Folder::new(&[("balancer.yaml", BALANCER), ("listener.yaml", &listener)]);
    let given = ["balancer.yaml", "listener.yaml"];
    for command in [&["check"][..], &["report"], &["route", "http://localhost/"]] {
        let ended = folder.run(&[command, &given].concat());
        let told = unwrapped(&format!("{} {}", ended.out, ended.errors));
        assert!(told.contains("have made-up ones: `Place`;"), "{command:?}: {told}");
        assert!(!told.contains("ValidationError"), "{command:?}: {told}");
        if command[0] == "route" {
            assert!(told.contains("eu-west-1, Dublin"), "{told}");
        }
    }
}

#[test]
fn what_is_no_template_is_told_as_such() {
    let folder = Folder::new(&[
        ("empty.yaml", ""),
        ("blank.json", " \n\n"),
        ("package.json", r#"{"name": "shop", "version": "1.0.0"}"#),
        ("prose.txt", "This is not a template at all."),
        ("out/manifest.json", r#"{"artifacts": {}}"#),
        ("nothing/x", ""),
        ("broken/manifest.json", "{"),
    ]);
    folder.write("binary.json", b"{\"Resources\":\n \xff\xfe\x00}");
    folder.write("wide.yaml", b"\xff\xfeR\x00e\x00s\x00");
    for (name, told) in [
        ("empty.yaml", "the text is empty"),
        ("blank.json", "the text is empty"),
        ("package.json", "the section `name`, which does not exist"),
        ("prose.txt", "must be a mapping, and is a text"),
        ("binary.json", "[binary.json:2:"),
        ("wide.yaml", "save it as UTF-8"),
        ("out", "names no stack"),
        ("nothing", "has no manifest.json"),
        ("broken", "is not a manifest of CDK's"),
        ("none.yaml", "cannot read the template none.yaml"),
    ] {
        let error = folder.error(&[name]);
        assert!(error.contains(told), "{name}: {error}");
    }
}

#[test]
fn bombs_are_told_in_bounded_time_and_memory() {
    let mut laughs = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..30 {
        let ten = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(laughs, "a{level}: &a{level} [{ten}]").unwrap();
    }
    let long = format!("a: &a {}\nb: [{}]", "x".repeat(1 << 20), vec!["*a"; 50_000].join(", "));
    let anchors: Vec<_> = (0..90).map(|n| format!("&a{n} [")).collect();
    let anchors = format!("a: {}{}{}", anchors.concat(), "x, ".repeat(100_000), "]".repeat(90));
    let cycle = "Resources:\n  A: {Type: A::B::C, Properties: {X: !Ref B}}\n  B: {Type: A::B::C, Properties: {X: !GetAtt A.Arn}}\n";
    for (text, told) in [
        ("[".repeat(100_000), "nested more than 100 deep"),
        ("{\"a\":".repeat(100_000), "nested more than 100 deep"),
        (laughs, "aliases repeat more than"),
        (long, "aliases repeat more than"),
        (anchors, "aliases repeat more than"),
        (cycle.to_owned(), "`A` → `B` → `A` depend on one another in a circle"),
    ] {
        let folder = Folder::new(&[("bomb.yaml", &text)]);
        let error = folder.error(&["bomb.yaml"]);
        assert!(error.contains(told), "{told}: {}", error.chars().take(2000).collect::<String>());
        assert!(error.contains("[bomb.yaml:"), "{error}");
    }
}

#[test]
fn a_text_that_no_template_is_as_long_as_is_told_at_once() {
    let resource = r#""R": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "queue"}},"#;
    let text = format!("{{\"Resources\": {{{}", resource.repeat(50 * (1 << 20) / resource.len()));
    let folder = Folder::new(&[("large.json", &text)]);
    let error = folder.error(&["large.json"]);
    assert!(error.contains("more than 16 MB") && error.contains("at most 1 MB"), "{error}");
}

#[test]
fn many_mistakes_are_told_in_bounded_time() {
    let mut text = String::from("{\"Resources\": {");
    for n in 0..20_000 {
        write!(text, r#""R{n}": {{"Type": "A::B::C", "Properties": {{"X": {{"Ref": "Q{n}"}}}}}},"#)
            .unwrap();
    }
    text += "\"Last\": {\"Type\": \"A::B::C\"}}}";
    let folder = Folder::new(&[("many.json", &text)]);
    let error = folder.error(&["many.json"]);
    assert!(error.contains("of which these are the first 50"), "{}", &error[..200]);
}
