//! Project files, held against a stack.

use miette::Diagnostic as _;

use super::*;
use crate::ecs::{Command, Commands, ContainerCommand};
use cloudformation::{Inputs, Source, Template};
use stack::Allowed;

/// A service of a main container, which is not the first, and two others.
const SHOP: &str = "
Resources:
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Cpu: 256
      Memory: 512
      NetworkMode: awsvpc
      ContainerDefinitions:
        - {Name: init, Image: team/init, Essential: false}
        - Name: web
          Image: team/web
          EntryPoint: [/bin/web]
          Command: [--port, '80']
          EnvironmentFiles:
            - {Type: s3, Value: 'arn:aws:s3:::config/web/a.env'}
            - {Type: s3, Value: 'arn:aws:s3:::config/b.env'}
          Environment: [{Name: A, Value: template}, {Name: B, Value: template}]
          Secrets:
            - {Name: USER, ValueFrom: 'arn:aws:secretsmanager:r:1:secret:db-AbCdEf:user::'}
            - {Name: PASSWORD, ValueFrom: 'arn:aws:secretsmanager:r:1:secret:db-AbCdEf:password::'}
            - {Name: TOKEN, ValueFrom: /shop/token}
        - {Name: log, Image: team/log}
  Shop: {Type: AWS::ECS::Service, Properties: {ServiceName: shop, TaskDefinition: !Ref Task}}
";
/// What must be said of its containers.
const CONTAINERS: &str = "
[services.shop]
run = \"bin/web -v\"
env = { B = \"desk\" }
[services.shop.containers.init]
run = \"init\"
dir = \"setup\"
[services.shop.containers.log]
skip = true
";
const SECRETS: &str = "
[secrets]
db = '{\"user\": \"ada\", \"password\": \"hunter2\"}'
\"shop/token\" = \"hunter3\"
";
const FILES: &str = "
[environment_files]
\"a.env\" = \"config/a.env\"
\"arn:aws:s3:::config/b.env\" = \"b.env\"
";

fn stack() -> Stack {
    let parameters = [("DomainName", "a.example"), ("HostedZoneId", "Z1")];
    read_stack(&infra::services_template().to_json(), &parameters)
}

fn shop() -> Stack {
    read_stack(SHOP, &[])
}

fn read_stack(template: &str, parameters: &[(&str, &str)]) -> Stack {
    let source = Source::new("template", template);
    let mut inputs = Inputs::new("services");
    for &(name, value) in parameters {
        inputs.parameters.insert(name.into(), value.into());
    }
    let resolved = Template::parse(&source).unwrap().resolve(&inputs).unwrap();
    stack_reader::read(&resolved, Allowed::default()).unwrap()
}

fn read(text: &str) -> Result<Project, ProjectError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    fs::write(&path, text).unwrap();
    Project::read(&path)
}

/// In a folder with the environment files of `FILES`, and more secrets.
fn with_files<T>(text: &str, then: impl FnOnce(Project) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join("config")).unwrap();
    write("config/a.env", "A=first\nC=first\nUSER=first\n");
    write("b.env", "# more\nC=second\nD=second\n");
    write(
        "secrets.env",
        "/shop/token=from the file\ndb={\"user\": \"eve\", \"password\": \"p\"}\n",
    );
    write(FILE_NAME, text);
    then(Project::read(&folder.path().join(FILE_NAME)).unwrap())
}

/// What is wrong with a project file for the shop, and what to do.
fn shop_error(text: &str) -> (String, String) {
    with_files(text, |project| {
        let error = project.commands(&shop(), false).unwrap_err();
        assert!(!format!("{error:?}").contains("hunter"), "{error:?}");
        (error.to_string(), error.help().unwrap().to_string())
    })
}

fn run<'a>(commands: &'a Commands, service: &str, container: &str) -> &'a Command {
    match commands.get(service, container) {
        Some(ContainerCommand::Run(command)) => command,
        other => panic!("{other:?}"),
    }
}

/// Of one of the sample's services.
fn sample_command(project: &Project, number: usize) -> Command {
    let stack = stack();
    let service = &stack.services[number - 1];
    assert_eq!(service.logical_id, format!("Service{number}"));
    let container = &service.task_definition.containers[0].name;
    run(&project.commands(&stack, false).unwrap(), service.logical_id.as_str(), container).clone()
}

fn variables(command: &Command) -> Vec<(&str, &str)> {
    command.definition.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn all(entry: &str) -> Project {
    let entries = ["service1", "service2", "service3"];
    read(&entries.map(|name| format!("[services.{name}]\n{entry}\n")).concat()).unwrap()
}

#[test]
fn services_without_an_entry_are_named_with_the_lines_to_add() {
    let project = read("[services.service2]\nrun = \"x\"").unwrap();
    let error = project.commands(&stack(), false).unwrap_err();
    assert!(error.to_string().ends_with("does not say how to run service1, service3"), "{error}");
    let help = error.help().unwrap().to_string();
    assert!(help.contains("[services.service1]\nrun = \"target/debug/service1\""), "{help}");
    assert!(!help.contains("service2"), "{help}");
}

#[test]
fn a_service_may_be_called_by_any_of_its_names() {
    let text = ["ServiceOne", "Service2", "service3"]
        .map(|name| format!("[services.{name}]\nrun = \"x\"\n"));
    let project = read(&text.concat()).unwrap();
    for number in 1..=3 {
        assert_eq!(sample_command(&project, number).program, Path::new("x"));
    }
}

#[test]
fn an_entry_for_no_service_is_noticed() {
    let project = read("[services.servcie1]\nrun = \"x\"").unwrap();
    assert_eq!(project.unused(&stack()), ["servcie1, which is no service of the stack"]);
}

#[test]
fn a_command_is_split_as_a_shell_does_and_seen_from_its_folder() {
    let project = all("run = \"bin/serve --name 'a b'\"\ndir = \"web\"\nenv = { A = \"1\" }");
    let command = sample_command(&project, 1);
    assert!(command.folder.is_absolute());
    assert!(command.folder.ends_with("web"));
    assert_eq!(command.program, command.folder.join("bin/serve"));
    assert_eq!(command.arguments, ["--name", "a b"]);
    assert_eq!(command.environment, [("A".to_owned(), "1".to_owned())]);
}

#[test]
fn a_program_without_a_slash_is_looked_for_in_the_path() {
    let command = sample_command(&all("run = \"node server.js\""), 2);
    assert_eq!(command.program, Path::new("node"));
}

#[test]
fn a_command_that_cannot_be_split_is_told_with_its_service() {
    for (run, why) in [("'open", "missing closing quote"), ("", "it is empty")] {
        let project = all(&format!("run = \"{run}\""));
        let error = project.commands(&stack(), false).unwrap_err().to_string();
        assert!(error.contains("the command of service1 cannot be read"), "{error}");
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_build_that_services_share_is_run_once() {
    let builds = all("run = \"x\"\nbuild = \"make\"").builds(&stack());
    let builds: Vec<_> = builds.iter().map(|build| (&*build.service, &*build.command)).collect();
    assert_eq!(builds, [("service1", "make")]);
}

#[test]
fn an_unknown_key_is_told_with_its_place() {
    let error = read("[services.service1]\nrunn = \"x\"").unwrap_err();
    let ProjectError::Parse { message, place, .. } = error else { panic!("{error}") };
    assert!(message.contains("unknown field `runn`"), "{message}");
    assert_eq!(place.unwrap().offset(), 20);
}

#[test]
fn a_file_that_is_not_there_says_nothing() {
    let project = Project::read(Path::new("/nowhere/local-env.toml")).unwrap();
    assert!(project.builds(&stack()).is_empty());
}

#[test]
fn each_container_has_its_command() {
    with_files(&[CONTAINERS, SECRETS, FILES].concat(), |project| {
        let stack = shop();
        let commands = project.commands(&stack, false).unwrap();
        let (init, web) = (run(&commands, "Shop", "init"), run(&commands, "Shop", "web"));
        assert_eq!((init.program.as_path(), init.definition.len()), (Path::new("init"), 0));
        assert!(init.folder.ends_with("setup"));
        assert_eq!(web.program, web.folder.join("bin/web"));
        assert_eq!(web.arguments, ["-v"]);
        assert_eq!(commands.get("Shop", "log"), Some(&ContainerCommand::Skip));
        assert_eq!(commands.get("Shop", "other"), None);
        assert_eq!(project.skipped(&stack), ["the container log of shop"]);
        assert_eq!(project.unused(&stack), [""; 0]);
    });
}

#[test]
fn ecs_079_variables_come_from_files_then_the_template_then_secrets() {
    with_files(&[CONTAINERS, SECRETS, FILES].concat(), |project| {
        let commands = project.commands(&shop(), false).unwrap();
        let web = run(&commands, "Shop", "web");
        assert_eq!(
            variables(web),
            [
                ("A", "template"),
                ("C", "first"),
                ("USER", "ada"),
                ("D", "second"),
                ("B", "template"),
                ("PASSWORD", "hunter2"),
                ("TOKEN", "hunter3"),
            ]
        );
        assert_eq!(web.environment, [("B".to_owned(), "desk".to_owned())]);
        let shown = format!("{commands:?} {project:?}");
        assert!(!shown.contains("hunter"), "{shown}");
    });
}

#[test]
fn secrets_may_stand_in_a_file_of_their_own() {
    let token = "[secrets]\n\"/shop/token\" = \"from the table\"\n";
    let text = ["secrets_file = \"secrets.env\"\n", CONTAINERS, token, FILES].concat();
    with_files(&text, |project| {
        let commands = project.commands(&shop(), false).unwrap();
        let variables = variables(run(&commands, "Shop", "web"));
        for variable in [("USER", "eve"), ("PASSWORD", "p"), ("TOKEN", "from the table")] {
            assert!(variables.contains(&variable), "{variable:?} is not in {variables:?}");
        }
    });
    let text = ["secrets_file = \"nowhere.env\"\n", CONTAINERS].concat();
    let error =
        with_files(&text, |project| project.commands(&shop(), false).unwrap_err().to_string());
    assert!(error.starts_with("cannot read ") && error.ends_with("nowhere.env"), "{error}");
}

#[test]
fn containers_without_an_entry_are_named_with_the_lines_to_add() {
    let (error, help) = shop_error("[services.shop.containers.init]\nrun = \"init\"");
    assert!(error.ends_with("does not say how to run shop, the container log of shop"), "{error}");
    let main = "[services.shop]\nrun = \"target/debug/shop\"\n";
    assert!(help.contains(main), "{help}");
    let log = "[services.shop.containers.log]\nrun = \"target/debug/log\" # or: skip = true\n";
    assert!(help.contains(log), "{help}");
}

#[test]
fn secrets_that_nobody_gives_are_named_with_the_lines_to_add() {
    let (error, help) = shop_error(&[CONTAINERS, FILES].concat());
    assert!(
        error.ends_with(
            "does not have the secrets of shop (USER from \
             arn:aws:secretsmanager:r:1:secret:db-AbCdEf:user::), shop (PASSWORD from \
             arn:aws:secretsmanager:r:1:secret:db-AbCdEf:password::), shop (TOKEN from /shop/token)"
        ),
        "{error}"
    );
    let lines =
        "[secrets]\n\"/shop/token\" = \"…\"\n\"db\" = '{\"user\": \"…\", \"password\": \"…\"}'\n";
    assert!(help.ends_with(lines), "{help}");
    let written = [CONTAINERS, lines, FILES].concat();
    with_files(&written, |project| assert!(project.commands(&shop(), false).is_ok()));
}

#[test]
fn a_secret_that_has_no_such_member_is_told_without_its_value() {
    for (value, why) in [
        ("hunter2", "is no JSON object with a member `user`"),
        ("{\"password\": \"hunter2\"}", "has no member `user`"),
    ] {
        let secrets = format!("[secrets]\ndb = '{value}'\n\"shop/token\" = \"x\"\n");
        let (error, _) = shop_error(&[CONTAINERS, &secrets, FILES].concat());
        assert!(
            error.contains(&format!("the secret `db` {why}, which shop (USER from")),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn environment_files_that_nobody_gives_are_named_with_the_lines_to_add() {
    let (error, help) = shop_error(&[CONTAINERS, SECRETS].concat());
    assert!(error.ends_with("does not say where the environment files of shop are"), "{error}");
    let lines = "[environment_files]\n\"a.env\" = \"a.env\"\n\"b.env\" = \"b.env\"\n";
    assert!(help.ends_with(lines), "{help}");
}

#[test]
fn what_a_skipped_container_asks_for_need_not_be_given() {
    let text = "[services.shop]\nskip = true\n[services.shop.containers]\ninit = { run = \"x\" }\nlog = { skip = true }";
    with_files(text, |project| {
        let commands = project.commands(&shop(), false).unwrap();
        assert_eq!(commands.get("Shop", "web"), Some(&ContainerCommand::Skip));
    });
}

#[test]
fn a_service_runs_something() {
    let skip = ["services.shop", "services.shop.containers.init", "services.shop.containers.log"];
    let (error, _) = shop_error(&skip.map(|table| format!("[{table}]\nskip = true\n")).concat());
    assert!(error.contains("the container init of shop leaves nothing to run"), "{error}");
}

#[test]
fn the_templates_command_is_appended_where_it_is_asked_for() {
    let with_command = CONTAINERS.replace("env =", "command = true\nenv =");
    with_files(&[&with_command, SECRETS, FILES].concat(), |project| {
        let commands = project.commands(&shop(), false).unwrap();
        assert_eq!(run(&commands, "Shop", "web").arguments, ["-v", "--port", "80"]);
    });
    let of_init = CONTAINERS.replace("dir =", "command = true\ndir =");
    let (error, _) = shop_error(&[&of_init, SECRETS, FILES].concat());
    let why = "the container init of shop asks for a `Command` that the template does not have";
    assert!(error.contains(why), "{error}");
}

#[test]
fn what_nothing_of_the_stack_asks_for_is_noticed() {
    let more = "
[services.shop.containers.web]
run = \"x\"
[services.shop.containers.lgo]
run = \"x\"
[secrets]
dB = \"hunter2\"
[environment_files]
\"c.env\" = \"c.env\"
";
    let project = read(&[CONTAINERS, more].concat()).unwrap();
    assert_eq!(
        project.unused(&shop()),
        [
            "the container lgo of shop, which is of no use",
            "the container web of shop, which is of no use",
            "`dB`, which no container asks for",
            "`c.env`, which no container asks for",
        ]
    );
}

#[test]
fn a_file_that_cannot_be_read_is_shown_without_its_secrets() {
    for text in [
        "[secrets]\ndb = hunter2\n",
        "[secrets]\ndb = 2\nother = \"hunter2\"",
        "secrets = \"hunter2\"",
        "[secrets]\ndb = \"hunter2\"\n[services.a]\nrunn = \"x\"\n",
    ] {
        let error = read(text).unwrap_err();
        let ProjectError::Parse { text: shown, .. } = &error else { panic!("{error}") };
        let told = format!("{error} {error:?} {}", shown.inner());
        assert!(!told.contains("hunter2"), "{told}");
        let report = format!("{:?}", miette::Report::new(error));
        assert!(!report.contains("hunter2"), "{report}");
    }
}

#[test]
fn containers_have_no_containers() {
    let error = read("[services.a.containers.b.containers.c]\nrun = \"x\"").unwrap_err();
    assert!(error.to_string().contains("unknown field `containers`"), "{error}");
}
