//! A program that is run for a service in place of its image.

use std::{collections::BTreeMap, ffi::OsStr, path::PathBuf};

/// A program that is run for the main container of a service: the first that is essential.
///
/// It is told where to listen by the variables `HOST` and `PORT`, and is given the variables that the
/// template has for the container. It must listen on `HOST` alone, since all tasks of a service
/// listen on the same port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) variables: BTreeMap<String, String>,
}

// === impl Process ===

impl Process {
    /// Runs `program`: a path, seen from the current folder, or without a slash a name that is looked
    /// for in `PATH`.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: PathBuf::from(program.as_ref()),
            arguments: Vec::new(),
            folder: None,
            variables: BTreeMap::new(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Gives it a variable, which wins over the template's.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Runs it in this folder instead of the current one.
    #[must_use]
    pub fn dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }
}
