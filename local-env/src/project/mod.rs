//! `local-env.toml`: how the services of a stack are built and run at one's desk, the parameters of
//! its template there, and what its containers are given that the template doesn't have.

mod commands;
mod entry;
mod environment_file;
mod error;
mod given;
mod lacking;
mod masked;
mod part;
mod process;
mod secret;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use miette::{NamedSource, SourceSpan};
use serde::{Deserialize, Deserializer};

use crate::{
    builds::{Build, Doing},
    ecs::Value,
};
use entry::{Entry, ServiceEntry};
pub use error::ProjectError;
pub(crate) use lacking::Lacking;
pub(crate) use part::{Part, key};
pub use process::Process;
use stack::service_names;
use stack::{Service, Stack};

/// The file's usual name.
pub(crate) const FILE_NAME: &str = "local-env.toml";

/// What a project file says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, String>,
    /// What AWS's Parameter Store keeps, by name.
    #[serde(default)]
    pub(crate) ssm: BTreeMap<String, String>,
    /// What stacks export that are not given.
    #[serde(default)]
    pub(crate) imports: BTreeMap<String, String>,
    /// What resources would answer that only AWS has, by `Resource.Attribute`.
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, String>,
    #[serde(default)]
    services: BTreeMap<String, ServiceEntry>,
    /// By what a container's secret is called.
    #[serde(default, deserialize_with = "values")]
    secrets: BTreeMap<String, Value>,
    /// More of them.
    secrets_file: Option<PathBuf>,
    /// By the ARN of an object in S3, or the last part of it.
    #[serde(default)]
    environment_files: BTreeMap<String, PathBuf>,
    #[serde(skip)]
    path: PathBuf,
}

// === impl Project ===

impl Project {
    /// Reads the file. One that is not there says nothing.
    pub(crate) fn read(path: &Path) -> Result<Self, ProjectError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(ProjectError::Read { path: path.to_owned(), source }),
        };
        let project: Self =
            toml::from_str(&text).map_err(|error| unreadable(path, &text, &error))?;
        Ok(Self { path: path.to_owned(), ..project })
    }

    /// Has a program run for a container of a service, or for the main one, whatever else is said of
    /// that.
    pub(crate) fn run(
        &mut self,
        stack: &Stack,
        service: &Service,
        container: Option<&str>,
        process: &Process,
    ) -> Result<(), ProjectError> {
        let names = service_names(stack, service);
        let called = names.iter().find(|name| self.services.contains_key(**name));
        let name = called.copied().unwrap_or_else(|| stack.local_name(service)).to_owned();
        let entry = Entry::of(process).map_err(|source| ProjectError::NoFolder { source })?;
        self.services.entry(name).or_default().set(container, entry);
        Ok(())
    }

    /// Containers that are left out here, as one calls them.
    pub(crate) fn skipped(&self, stack: &Stack) -> Vec<String> {
        let parts = self.parts(stack).into_iter();
        parts.filter(Part::is_skipped).map(|part| part.called).collect()
    }

    /// What to run before; a command that several services share is run once.
    pub(crate) fn builds(&self, stack: &Stack) -> Vec<Build> {
        let mut builds: Vec<Build> = Vec::new();
        for part in self.parts(stack) {
            let Some(entry) = part.entry.filter(|entry| !entry.skip) else { continue };
            let Some(command) = entry.build.clone() else { continue };
            let (command, folder) = match part.built_from() {
                Some(folder) => (format!("docker build -t {} .", part.image()), folder),
                None => (command, entry.dir.clone()),
            };
            let (doing, folder) = (Doing::Building, self.beside(&folder));
            let build = Build { doing, service: part.called, command, folder };
            let same =
                |other: &Build| other.command == build.command && other.folder == build.folder;
            if !builds.iter().any(same) {
                builds.push(build);
            }
        }
        builds
    }

    /// Entries that nothing of the stack is meant by, as one would tell of them.
    pub(crate) fn unused(&self, stack: &Stack) -> Vec<String> {
        let mut unused = Vec::new();
        for (name, entry) in &self.services {
            let is_called =
                |service: &&Service| service_names(stack, service).contains(&name.as_str());
            let services: Vec<_> = stack.services.iter().filter(is_called).collect();
            if services.is_empty() {
                unused.push(format!("{name}, which is no service of the stack"));
            }
            unused.extend(entry.unused(&services).map(|container| {
                format!("the container {container} of {name}, which is of no use")
            }));
        }
        let definitions = stack.services.iter().map(|service| &service.task_definition);
        let containers = definitions.flat_map(|definition| &definition.containers);
        let asked: Vec<_> = containers.flat_map(given::asks_for).collect();
        let given = self.secrets.keys().chain(self.environment_files.keys());
        let given = given.filter(|key| !asked.contains(key));
        unused.extend(given.map(|key| format!("`{key}`, which no container asks for")));
        unused
    }

    /// A path that is seen from the project file.
    fn beside(&self, path: &Path) -> PathBuf {
        // An empty path is no folder.
        let folder = Path::new(".").join(self.path.parent().unwrap_or(Path::new("")));
        let beside = folder.join(path);
        std::path::absolute(&beside).unwrap_or(beside)
    }
}

/// Why a project file is none, told without a secret of it.
fn unreadable(path: &Path, text: &str, error: &toml::de::Error) -> ProjectError {
    let secret = masked::secret(text);
    let is_secret = error.span().is_some_and(|span| {
        secret.iter().any(|secret| span.start < secret.end && secret.start <= span.end)
    });
    let message = if is_secret { "a secret is `\"name\" = \"text\"`" } else { error.message() };
    let source = NamedSource::new(path.display().to_string(), masked::masked(text));
    ProjectError::Parse {
        path: path.display().to_string(),
        message: message.to_owned(),
        place: error.span().map(SourceSpan::from),
        text: Arc::new(source),
    }
}

fn values<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Value>, D::Error> {
    let texts = BTreeMap::<String, String>::deserialize(from)?;
    Ok(texts.into_iter().map(|(key, text)| (key, text.into())).collect())
}

/// Text as TOML has it.
pub(crate) fn quoted(text: &str) -> String {
    // JSON's escapes are TOML's too.
    serde_json::Value::from(text).to_string()
}
