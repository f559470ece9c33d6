//! `local-env.toml`: how the services of a stack are built and run at one's desk, and the parameters
//! of its template there.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use miette::{Diagnostic, NamedSource, SourceSpan};
use serde::Deserialize;
use thiserror::Error;

use crate::{
    ecs::Command,
    environment::service_names,
    stack::{Service, Stack},
};

/// The file's usual name.
pub(super) const FILE_NAME: &str = "local-env.toml";

/// What a project file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Project {
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, String>,
    #[serde(default)]
    services: BTreeMap<String, Entry>,
    #[serde(skip)]
    path: PathBuf,
}

/// What it says of one service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// A shell command that makes what is run.
    build: Option<String>,
    /// The program and its arguments; not for a shell, so that signals reach the service itself.
    run: String,
    /// Where both run, seen from the project file.
    #[serde(default)]
    dir: PathBuf,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

/// A command to run before the services are started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Build {
    pub(super) service: String,
    pub(super) command: String,
    pub(super) folder: PathBuf,
}

/// What is wrong with a project file.
#[derive(Debug, Error, Diagnostic)]
pub(super) enum ProjectError {
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is not a project file: {message}")]
    #[diagnostic(help("what may stand in it is told in docs/local-env.toml.md"))]
    Parse {
        path: String,
        message: String,
        #[source_code]
        text: Arc<NamedSource<String>>,
        #[label("here")]
        place: Option<SourceSpan>,
    },
    #[error("{} does not say how to run {}", path.display(), services.join(", "))]
    #[diagnostic(help("add to it, with the command that starts each service:\n\n{lines}"))]
    Missing { path: PathBuf, services: Vec<String>, lines: String },
    #[error("in {}, the command of {service} cannot be read: {why}", path.display())]
    #[diagnostic(help("it stands in `run = \"…\"`, with quotes as in a shell"))]
    Command { path: PathBuf, service: String, why: String },
}

// === impl Project ===

impl Project {
    /// Reads the file. One that is not there says nothing.
    pub(super) fn read(path: &Path) -> Result<Self, ProjectError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(ProjectError::Read { path: path.to_owned(), source }),
        };
        let project: Self = toml::from_str(&text).map_err(|error| ProjectError::Parse {
            path: path.display().to_string(),
            message: error.message().to_owned(),
            place: error.span().map(SourceSpan::from),
            text: Arc::new(NamedSource::new(path.display().to_string(), text.clone())),
        })?;
        Ok(Self { path: path.to_owned(), ..project })
    }

    /// How to run each service of the stack, by its logical id.
    pub(super) fn commands(
        &self,
        stack: &Stack,
    ) -> Result<BTreeMap<String, Command>, ProjectError> {
        self.require_all(stack)?;
        let command = |service: &Service| {
            let (name, entry) = self.entry(stack, service)?;
            Some(self.command(name, entry).map(|command| (service.logical_id.clone(), command)))
        };
        stack.services.iter().filter_map(command).collect()
    }

    /// What to run before; a command that several services share is run once.
    pub(super) fn builds(&self, stack: &Stack) -> Vec<Build> {
        let mut builds: Vec<Build> = Vec::new();
        for service in &stack.services {
            let Some((name, entry)) = self.entry(stack, service) else { continue };
            let Some(command) = &entry.build else { continue };
            let build = Build {
                service: name.into(),
                command: command.clone(),
                folder: self.folder(entry),
            };
            let same =
                |other: &Build| other.command == build.command && other.folder == build.folder;
            if !builds.iter().any(same) {
                builds.push(build);
            }
        }
        builds
    }

    /// Entries that no service of the stack is meant by.
    pub(super) fn unused(&self, stack: &Stack) -> Vec<&str> {
        let is_used = |name: &str| {
            let mut services = stack.services.iter();
            services.any(|service| service_names(stack, service).contains(&name))
        };
        self.services.keys().map(String::as_str).filter(|name| !is_used(name)).collect()
    }

    fn require_all(&self, stack: &Stack) -> Result<(), ProjectError> {
        let has_none = |service: &&Service| self.entry(stack, service).is_none();
        let missing = stack.services.iter().filter(has_none);
        let services: Vec<_> = missing.map(|one| stack.local_name(one).to_owned()).collect();
        if services.is_empty() {
            return Ok(());
        }
        let lines = |name: &String| format!("[services.{name}]\nrun = \"target/debug/{name}\"\n");
        let lines = services.iter().map(lines).collect::<Vec<_>>().join("\n");
        Err(ProjectError::Missing { path: self.path.clone(), services, lines })
    }

    fn entry(&self, stack: &Stack, service: &Service) -> Option<(&str, &Entry)> {
        let names = service_names(stack, service);
        let (name, entry) = names.iter().find_map(|name| self.services.get_key_value(*name))?;
        Some((name, entry))
    }

    fn command(&self, service: &str, entry: &Entry) -> Result<Command, ProjectError> {
        let failed = |why: String| ProjectError::Command {
            path: self.path.clone(),
            service: service.to_owned(),
            why,
        };
        let words = shell_words::split(&entry.run).map_err(|error| failed(error.to_string()))?;
        let Some((program, arguments)) = words.split_first() else {
            return Err(failed("it is empty".to_owned()));
        };
        let folder = self.folder(entry);
        // Without a slash a program is looked for in PATH; with one it is a file seen from its folder.
        let program =
            if program.contains('/') { folder.join(program) } else { PathBuf::from(program) };
        let environment = entry.env.clone().into_iter().collect();
        Ok(Command { program, arguments: arguments.to_vec(), folder, environment })
    }

    fn folder(&self, entry: &Entry) -> PathBuf {
        // An empty path is no folder.
        let beside =
            Path::new(".").join(self.path.parent().unwrap_or(Path::new(""))).join(&entry.dir);
        std::path::absolute(&beside).unwrap_or(beside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cloudformation::{Inputs, Source, Template},
        stack::Allowed,
    };

    fn stack() -> Stack {
        let source = Source::new("template", &infra::services_template().to_json());
        let mut inputs = Inputs::new("services");
        for (name, value) in [("DomainName", "a.example"), ("HostedZoneId", "Z1")] {
            inputs.parameters.insert(name.into(), value.into());
        }
        Stack::read(
            &Template::parse(&source).unwrap().resolve(&inputs).unwrap(),
            Allowed::default(),
        )
        .unwrap()
    }

    fn read(text: &str) -> Result<Project, ProjectError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, text).unwrap();
        Project::read(&path)
    }

    fn all(entry: &str) -> Project {
        let entries = ["service1", "service2", "service3"];
        read(&entries.map(|name| format!("[services.{name}]\n{entry}\n")).concat()).unwrap()
    }

    #[test]
    fn services_without_an_entry_are_named_with_the_lines_to_add() {
        let project = read("[services.service2]\nrun = \"x\"").unwrap();
        let error = project.commands(&stack()).unwrap_err();
        assert!(
            error.to_string().ends_with("does not say how to run service1, service3"),
            "{error}"
        );
        let help = error.help().unwrap().to_string();
        assert!(help.contains("[services.service1]\nrun = \"target/debug/service1\""), "{help}");
        assert!(!help.contains("service2"), "{help}");
    }

    #[test]
    fn a_service_may_be_called_by_any_of_its_names() {
        let text = ["ServiceOne", "Service2", "service3"]
            .map(|name| format!("[services.{name}]\nrun = \"x\"\n"));
        let commands = read(&text.concat()).unwrap().commands(&stack()).unwrap();
        assert_eq!(commands.into_keys().collect::<Vec<_>>(), ["Service1", "Service2", "Service3"]);
    }

    #[test]
    fn an_entry_for_no_service_is_noticed() {
        let project = read("[services.servcie1]\nrun = \"x\"").unwrap();
        assert_eq!(project.unused(&stack()), ["servcie1"]);
    }

    #[test]
    fn a_command_is_split_as_a_shell_does_and_seen_from_its_folder() {
        let project = all("run = \"bin/serve --name 'a b'\"\ndir = \"web\"\nenv = { A = \"1\" }");
        let command = &project.commands(&stack()).unwrap()["Service1"];
        assert!(command.folder.is_absolute());
        assert!(command.folder.ends_with("web"));
        assert_eq!(command.program, command.folder.join("bin/serve"));
        assert_eq!(command.arguments, ["--name", "a b"]);
        assert_eq!(command.environment, [("A".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn a_program_without_a_slash_is_looked_for_in_the_path() {
        let command = &all("run = \"node server.js\"").commands(&stack()).unwrap()["Service2"];
        assert_eq!(command.program, Path::new("node"));
    }

    #[test]
    fn a_command_that_cannot_be_split_is_told_with_its_service() {
        for (run, why) in [("'open", "missing closing quote"), ("", "it is empty")] {
            let project = all(&format!("run = \"{run}\""));
            let error = project.commands(&stack()).unwrap_err().to_string();
            assert!(error.contains("the command of service1 cannot be read"), "{error}");
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_build_that_services_share_is_run_once() {
        let builds = all("run = \"x\"\nbuild = \"make\"").builds(&stack());
        let builds: Vec<_> =
            builds.iter().map(|build| (&*build.service, &*build.command)).collect();
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
}
