//! How a container might be run, told from what is near by: a folder that is called like it, and the
//! manifest of a language in there.

mod dockerfile;
mod folders;
mod go;
mod node;
mod python;
mod rust;

use std::path::{Path, PathBuf};

use self::dockerfile::Dockerfile;
pub(super) use self::folders::{Folders, seen_from};
use super::sidecar;
use crate::project::Part;
use stack::service_names;
use stack::{Container, Service, Stack};

/// What is thought of a container.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Guess {
    Run(Run),
    /// It makes no sense here, for this reason.
    Skip(&'static str),
    /// A file may tell what its image runs.
    Unknown(Option<(PathBuf, String)>),
}

/// How a program is made and started.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// A shell command.
    pub(super) build: Option<String>,
    /// Words, quoted as for a shell.
    pub(super) words: String,
    /// Where both run.
    pub(super) folder: PathBuf,
    /// Whether the template's `Command` goes after it.
    pub(super) command: bool,
    /// The file that says so.
    pub(super) from: PathBuf,
}

/// The best guess for a container.
pub(super) fn guess(stack: &Stack, part: &Part<'_>, folders: &Folders) -> Guess {
    if is_skipped(part.service, part.container)
        && let Some(why) = sidecar::why(part.container)
    {
        return Guess::Skip(why);
    }
    let mut hint = None;
    for folder in folders.called(&names(stack, part)) {
        let dockerfile = Dockerfile::read(&folder);
        if let Some(run) = manifest(&folder) {
            // Where an image has an entry point of its own, `Command` is its arguments.
            let has_entry_point = part.container.entry_point.is_some()
                || dockerfile.as_ref().is_some_and(|it| it.entry_point.is_some());
            let command = part.container.command.is_some() && has_entry_point;
            return Guess::Run(Run { command, ..run });
        }
        let Some(dockerfile) = dockerfile else { continue };
        if let Some(run) = dockerfile.guess(part.container) {
            return Guess::Run(run);
        }
        hint = hint.or_else(|| Some(dockerfile.told()));
    }
    Guess::Unknown(hint)
}

/// Whether it is left out: a task has at least one container that runs.
pub(super) fn is_skipped(service: &Service, container: &Container) -> bool {
    let others = &service.task_definition.containers;
    sidecar::why(container).is_some() && others.iter().any(|it| sidecar::why(it).is_none())
}

fn manifest(folder: &Path) -> Option<Run> {
    let readers = [rust::read, node::read, go::read, python::read];
    readers.iter().find_map(|read| read(folder))
}

/// What a container's folder may be called, the best first. A service's own name is for the first
/// essential container that is no sidecar.
fn names<'a>(stack: &'a Stack, part: &Part<'a>) -> Vec<&'a str> {
    let (service, container) = (part.service, part.container);
    let mut containers = service.task_definition.containers.iter();
    let main = containers.find(|it| it.essential && sidecar::why(it).is_none());
    let mut names = Vec::new();
    if main.is_some_and(|main| main.name == container.name) {
        names.extend(service_names(stack, service));
    }
    names.extend([container.repository(), &container.name]);
    names
}

/// A file's text, if it can be read.
fn text(folder: &Path, name: &str) -> Option<String> {
    std::fs::read_to_string(folder.join(name)).ok()
}

// === impl Run ===

impl Run {
    fn new(folder: &Path, from: &str, words: String) -> Self {
        let (folder, from) = (folder.to_owned(), folder.join(from));
        Self { build: None, words, folder, command: false, from }
    }

    fn built(self, build: impl Into<String>) -> Self {
        Self { build: Some(build.into()), ..self }
    }
}

#[cfg(test)]
mod tests;
