//! What a project file says of a service and of each of its containers.

use std::{
    collections::BTreeMap,
    io,
    path::{self, Path, PathBuf},
};

use serde::Deserialize;

use super::Process;
use stack::{Container, Service};

/// `[services.NAME]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "ServiceKeys")]
pub(super) struct ServiceEntry {
    /// That of its main container.
    own: Entry,
    containers: BTreeMap<String, Entry>,
}

/// How a container is run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// A shell command that makes what is run; without that, a folder to build an image of.
    pub(super) build: Option<String>,
    /// The program and its arguments; not for a shell, so that signals reach the service itself.
    /// Without it, a container of the image is run.
    pub(super) run: Option<String>,
    /// Where both run, seen from the project file.
    #[serde(default)]
    pub(super) dir: PathBuf,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// Whether the template's `Command` goes after the arguments.
    #[serde(default)]
    pub(super) command: bool,
    /// Whether the container is left out.
    #[serde(default)]
    pub(super) skip: bool,
}

/// The keys as they are written: those of [`Entry`] beside the table of containers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceKeys {
    build: Option<String>,
    run: Option<String>,
    #[serde(default)]
    dir: PathBuf,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    command: bool,
    #[serde(default)]
    skip: bool,
    #[serde(default)]
    containers: BTreeMap<String, Entry>,
}

// === impl ServiceEntry ===

impl ServiceEntry {
    /// Says how a container is run, or the main one.
    pub(super) fn set(&mut self, container: Option<&str>, entry: Entry) {
        match container {
            Some(container) => drop(self.containers.insert(container.to_owned(), entry)),
            None => self.own = entry,
        }
    }

    /// What is said of a container of the service.
    pub(super) fn container(&self, service: &Service, container: &Container) -> Option<&Entry> {
        let own = is_main(service, container).then_some(&self.own);
        let entry =
            own.filter(|own| own.is_said()).or_else(|| self.containers.get(&container.name));
        entry.filter(|entry| entry.is_said())
    }

    /// Names of containers that none of these services has, or of the main one if
    /// `[services.NAME]` speaks of that already.
    pub(super) fn unused<'a>(&'a self, services: &'a [&Service]) -> impl Iterator<Item = &'a str> {
        let is_used = |entry: &Entry| {
            let containers = services.iter().flat_map(|service| {
                service.task_definition.containers.iter().map(move |it| (service, it))
            });
            let mut used = containers.filter_map(|(service, it)| self.container(service, it));
            used.any(|used| std::ptr::eq(used, entry))
        };
        let unused = self.containers.iter().filter(move |(_, entry)| !is_used(entry));
        unused.map(|(name, _)| name.as_str()).filter(|_| !services.is_empty())
    }
}

impl From<ServiceKeys> for ServiceEntry {
    fn from(keys: ServiceKeys) -> Self {
        let ServiceKeys { build, run, dir, env, command, skip, containers } = keys;
        Self { own: Entry { build, run, dir, env, command, skip }, containers }
    }
}

// === impl Entry ===

impl Entry {
    /// An entry that runs a program, seen from the current folder.
    pub(super) fn of(process: &Process) -> io::Result<Self> {
        let Process { program, arguments, folder, variables } = process;
        let mut program = program.clone();
        if program.components().nth(1).is_some() {
            program = path::absolute(program)?;
        }
        let words = [program.to_string_lossy().into_owned()].into_iter().chain(arguments.clone());
        Ok(Self {
            run: Some(shell_words::join(words)),
            dir: path::absolute(folder.as_deref().unwrap_or(Path::new(".")))?,
            env: variables.clone(),
            ..Self::default()
        })
    }

    fn is_said(&self) -> bool {
        let Self { build, run, env, skip, .. } = self;
        *skip || run.is_some() || build.is_some() || !env.is_empty()
    }
}

/// Whether it is the container that a service's own entry is for: the first that is essential.
pub(super) fn is_main(service: &Service, container: &Container) -> bool {
    let mut containers = service.task_definition.containers.iter();
    containers.find(|it| it.essential).is_some_and(|main| main.name == container.name)
}
