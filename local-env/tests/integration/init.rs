//! `local-env init` as a user runs it: what is written, and what is left alone.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

const TEMPLATE: &str = "\
Parameters:
  DomainName: {Type: String}
  Stage: {Type: String, AllowedValues: [test, live]}
  Count: {Type: Number, MinValue: 2}
  Tag: {Type: String, Default: v1}
Resources:
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Cpu: 256
      Memory: 512
      NetworkMode: awsvpc
      ContainerDefinitions:
        - {Name: app, Image: !Sub 'team/shop:${Tag}'}
        - {Name: xray, Image: public.ecr.aws/xray/aws-xray-daemon, Essential: false}
  Shop:
    Type: AWS::ECS::Service
    Properties: {ServiceName: !Sub '${Stage}-shop', DesiredCount: !Ref Count, TaskDefinition: !Ref Task}
";

/// What is written for it.
const WRITTEN: &str = "
[parameters]
Count = \"1024\" # a guess
DomainName = \"services.example.com\" # a guess
Stage = \"test\" # a guess

[services.test-shop]
# from shop/package.json
build = \"npm install\"
run = \"node server.js\"
dir = \"shop\"

[services.test-shop.containers.xray]
# the X-Ray daemon: traces go nowhere here
skip = true
";

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("shop.yaml"), TEMPLATE).unwrap();
    fs::create_dir(folder.path().join("shop")).unwrap();
    let start = "{\"scripts\": {\"start\": \"node server.js\"}}";
    fs::write(folder.path().join("shop/package.json"), start).unwrap();
    folder
}

fn init(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-env"));
    command.current_dir(folder).arg("init").args(arguments).output().unwrap()
}

fn told(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn written(folder: &Path) -> String {
    fs::read_to_string(folder.join("local-env.toml")).unwrap()
}

#[test]
fn a_first_file_is_written_beside_the_template_and_is_complete() {
    let folder = folder();
    let text = told(init(folder.path(), &["shop.yaml"]));
    assert_eq!(text, "wrote local-env.toml: look it through, then run `local-env up`\n");
    assert!(written(folder.path()).ends_with(WRITTEN), "{}", written(folder.path()));
    let again = told(init(folder.path(), &["shop.yaml"]));
    assert_eq!(again, "local-env.toml has all that the stack needs\n");
}

#[test]
fn a_file_that_is_there_is_left_alone_and_what_it_lacks_is_told() {
    let folder = folder();
    let own =
        "[parameters]\nStage = \"live\"\nCount = \"3\"\n[services.live-shop]\nrun = \"shop\"\n";
    fs::write(folder.path().join("local-env.toml"), own).unwrap();
    let output = init(folder.path(), &["shop.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("is there already") && error.contains("--force"), "{error}");
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!(lines.contains("DomainName = ") && !lines.contains("Stage = "), "{lines}");
    assert!(lines.contains("[services.live-shop.containers.xray]"), "{lines}");
    assert!(!lines.contains("[services.live-shop]"), "{lines}");
    assert_eq!(written(folder.path()), own);
    told(init(folder.path(), &["shop.yaml", "--force"]));
    assert!(written(folder.path()).ends_with(WRITTEN));
}

#[test]
fn it_can_be_printed_and_then_nothing_is_written() {
    let folder = folder();
    let given = ["shop.yaml", "--print", "--parameter", "Stage=live"];
    let text = told(init(folder.path(), &given));
    assert!(
        text.contains("\nStage = \"live\"\n") && text.contains("[services.live-shop]"),
        "{text}"
    );
    assert!(!folder.path().join("local-env.toml").exists());
}

#[test]
fn the_services_of_this_repository_are_found_in_its_workspace() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = told(init(repository, &["--print"]));
    for part in [
        "[services.service2]\n# from service2/Cargo.toml\nbuild = \"cargo build -p service2\"\n\
         run = \"target/debug/service2\"\n\n",
        "DomainName = \"services.example.com\"",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn a_parameter_that_no_guess_fits_is_asked_for() {
    let folder = folder();
    let template = TEMPLATE.replace("{Type: Number,", "{Type: Number, MaxValue: 3,");
    fs::write(folder.path().join("shop.yaml"), template).unwrap();
    let output = init(folder.path(), &["shop.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("Count"), "{error}");
    assert!(!folder.path().join("local-env.toml").exists());
    told(init(folder.path(), &["shop.yaml", "--parameter", "Count=2"]));
}
