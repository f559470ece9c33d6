//! What is run here for each container, in place of its image.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use scheduler::Revision;

/// What is run for every container of every service of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Commands(HashMap<(String, String), ContainerCommand>);

/// What is run for each revision of a stack. It is cheap to clone, and all clones are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandBook(Arc<Mutex<BTreeMap<Revision, Arc<Commands>>>>);

/// What is run for one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ContainerCommand {
    /// A program of this machine.
    Run(Command),
    /// A container of an image that the Docker Engine has.
    Image(Image),
    /// Nothing: the container counts as started, as healthy and as ended with success.
    Skip,
}

/// A program, and what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// The program, with a path or to be found in `PATH`.
    pub program: PathBuf,
    /// The arguments of the program.
    pub arguments: Vec<String>,
    /// The folder that the program runs in.
    pub folder: PathBuf,
    /// The container's own variables, each once: from its environment files, its `Environment` and
    /// its secrets.
    pub definition: Vec<(String, Value)>,
    /// Variables that the task definition doesn't have, or that differ here; they win over all.
    pub environment: Vec<(String, String)>,
}

/// An image, and what its container is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// The image's name, with a tag.
    pub name: String,
    /// The container's own variables, as a [`Command`]'s.
    pub definition: Vec<(String, Value)>,
    /// Variables that win over all others, as a [`Command`]'s.
    pub environment: Vec<(String, String)>,
}

/// The value of a variable, which may be a secret and is therefore not shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Value(String);

// === impl Commands ===

impl Commands {
    /// Returns what is run for the container with this name of the service with this logical id.
    pub(crate) fn get(&self, service: &str, container: &str) -> Option<&ContainerCommand> {
        self.0.get(&(service.to_owned(), container.to_owned()))
    }
}

impl FromIterator<((String, String), ContainerCommand)> for Commands {
    /// Collects what is run by pairs of a service's logical id and a container's name.
    fn from_iter<I: IntoIterator<Item = ((String, String), ContainerCommand)>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

// === impl CommandBook ===

impl CommandBook {
    /// Sets what is run from this revision on.
    pub(crate) fn add(&self, revision: Revision, commands: Commands) {
        self.lock().insert(revision, Arc::new(commands));
    }

    /// Returns whether nothing has been said yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Returns what is run for this revision.
    pub(crate) fn at(&self, revision: Revision) -> Arc<Commands> {
        let book = self.lock();
        book.range(..=revision).next_back().map(|(_, it)| Arc::clone(it)).unwrap_or_default()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Revision, Arc<Commands>>> {
        // No holder of this lock can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Value ===

impl Value {
    /// Returns the text itself.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_shown() {
        let command = Command {
            program: "web".into(),
            arguments: Vec::new(),
            folder: PathBuf::new(),
            definition: vec![("KEY".to_owned(), "hunter2".into())],
            environment: Vec::new(),
        };
        let shown = format!("{command:?} {command:#?}");
        assert!(shown.contains("***") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_revision_is_run_as_was_said_last_before_it() {
        let book = CommandBook::default();
        let key = ("web".to_owned(), "web".to_owned());
        let skip = Commands::from_iter([(key, ContainerCommand::Skip)]);
        book.add(Revision(1), Commands::default());
        book.add(Revision(3), skip);
        assert!(book.at(Revision(2)).get("web", "web").is_none());
        assert!(book.at(Revision(3)).get("web", "web").is_some());
        assert!(book.at(Revision(9)).get("web", "web").is_some());
    }
}
