//! Drafts, read back as project files.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::project::{FILE_NAME, Project};
use cloudformation::{Inputs, Source, Template};
use stack::Allowed;

const SHOP: &str = "
Resources:
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Cpu: 256
      Memory: 512
      NetworkMode: awsvpc
      ContainerDefinitions:
        - {Name: proxy, Image: 'public.ecr.aws/appmesh/aws-appmesh-envoy:v1'}
        - Name: app
          Image: team/app
          EnvironmentFiles:
            - {Type: s3, Value: 'arn:aws:s3:::config/there.env'}
            - {Type: s3, Value: 'arn:aws:s3:::config/gone.env'}
          Secrets: [{Name: USER, ValueFrom: 'arn:aws:secretsmanager:r:1:secret:db-AbCdEf:user::'}]
        - {Name: log_1, Image: team/log}
  Shop: {Type: AWS::ECS::Service, Properties: {ServiceName: shop, TaskDefinition: !Ref Task}}
";

fn stack(template: &str, parameters: &[(&str, &str)]) -> Stack {
    let mut inputs = Inputs::new("services");
    let parameters = parameters.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    inputs.parameters.extend(parameters);
    let template = Template::parse(&Source::new("template", template)).unwrap();
    stack_reader::read(&template.resolve(&inputs).unwrap(), Allowed::default()).unwrap()
}

fn sample() -> Stack {
    let parameters = [("DomainName", "a.example"), ("HostedZoneId", "Z1")];
    stack(&infra::services_template().to_json(), &parameters)
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// A draft for what `project` lacks.
fn draft(folder: &TempDir, stack: &Stack, project: &Project) -> Draft {
    let skips = |part: &Part<'_>| super::super::guess::is_skipped(part.service, part.container);
    let lacking = project.lacking(stack, skips).unwrap();
    let folders = Folders::near(folder.path(), folder.path());
    Draft::new(folder.path(), &folders, stack, &lacking)
}

/// What it says, as it is read back.
fn read_back(folder: &TempDir, text: &str) -> Project {
    let path = folder.path().join(FILE_NAME);
    fs::write(&path, text).unwrap();
    Project::read(&path).unwrap()
}

#[test]
fn a_draft_for_the_sample_is_a_project_file_that_runs_it() {
    let package = |name: &str| {
        let manifest = format!("[package]\nname = \"{name}\"\n[[bin]]\nname = \"{name}\"\n");
        (format!("{name}/Cargo.toml"), manifest)
    };
    let packages = ["service1", "service2", "service3"].map(package);
    let folder = folder(&packages.each_ref().map(|(name, text)| (name.as_str(), text.as_str())));
    let stack = sample();
    let draft = draft(&folder, &stack, &Project::default());
    assert!(draft.open.is_empty(), "{:?}", draft.open);
    let parameters = [("HostedZoneId".to_owned(), "Z1 \"a\"".to_owned())].into();
    let imports = [("net:Vpc".to_owned(), "vpc-1".to_owned())].into();
    let attributes = [("Rule.Priority".to_owned(), "1".to_owned())].into();
    let made_up = MadeUp { parameters, imports, attributes };
    let given = [("DomainName".to_owned(), "a.example".to_owned())];
    let project = read_back(&folder, &draft.with_values(&given, &made_up).file());
    assert_eq!(project.imports["net:Vpc"], "vpc-1");
    assert_eq!(project.attributes["Rule.Priority"], "1");
    assert_eq!(project.parameters["HostedZoneId"], "Z1 \"a\"");
    assert_eq!(project.parameters["DomainName"], "a.example");
    project.commands(&stack, false).unwrap();
    assert!(project.unused(&stack).is_empty());
    let builds = project.builds(&stack);
    let folders: Vec<_> = builds.iter().map(|it| it.folder.file_name().unwrap()).collect();
    assert_eq!(folders, ["service1", "service2", "service3"]);
}

#[test]
fn what_nobody_knows_is_left_open_and_asked_for_by_up() {
    let folder = folder(&[
        ("shop/package.json", "{\"main\": \"a.js\"}"),
        ("log-1/Dockerfile", "FROM scratch\nENTRYPOINT [\"/log\\u001b\"]\n"),
        ("there.env", ""),
    ]);
    let stack = stack(SHOP, &[]);
    let draft = draft(&folder, &stack, &Project::default());
    let text = draft.file();
    for part in [
        "[services.shop]\n# App Mesh's proxy: services reach one another without it here\nskip = true\n",
        "[services.shop.containers.app]\n# from shop/package.json\nbuild = \"npm install\"\n",
        "# log-1/Dockerfile has ENTRYPOINT /log \n# [services.shop.containers.log_1]\n# run = ",
        "# \"db\" = '{\"user\": \"…\"}'\n",
        "[environment_files]\n# \"gone.env\" = \"gone.env\"\n\"there.env\" = \"there.env\"\n",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let open =
        ["how the container log_1 of shop is run", "the values of secrets", "where gone.env is"];
    assert_eq!(draft.open, open);
    let project = read_back(&folder, &text);
    assert!(project.unused(&stack).is_empty(), "{:?}", project.unused(&stack));
    let error = project.commands(&stack, false).unwrap_err().to_string();
    assert!(error.ends_with("does not say how to run the container log_1 of shop"), "{error}");
}

#[test]
fn only_what_a_file_lacks_is_drafted_and_with_it_the_stack_runs() {
    let folder = folder(&[("gone.env", ""), ("there.env", ""), ("shop/go.mod", "module shop")]);
    let stack = stack(SHOP, &[]);
    let own =
        "[secrets]\ndb = '{\"user\": \"ada\"}'\n[services.shop.containers]\nlog_1.skip = true\n";
    let lines = draft(&folder, &stack, &read_back(&folder, own)).lines();
    assert!(!lines.contains("log_1") && !lines.contains("[secrets]"), "{lines}");
    let project = read_back(&folder, &format!("{own}{lines}"));
    project.commands(&stack, false).unwrap();
    assert!(draft(&folder, &stack, &project).lines().is_empty());
}

#[test]
fn a_task_of_sidecars_alone_is_not_left_out() {
    let folder = folder(&[]);
    let template = SHOP.replace("team/app", "envoyproxy/envoy").replace("team/log", "fluent-bit");
    let stack = stack(&template, &[]);
    let text = draft(&folder, &stack, &Project::default()).file();
    assert!(!text.contains("skip = true"), "{text}");
}
