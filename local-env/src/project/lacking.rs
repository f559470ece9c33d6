//! What a project file does not say yet, so that a stack cannot be run with it.

use super::{Part, Project, ProjectError, given::Given};
use stack::Stack;

/// What a project file lacks for a stack.
pub(crate) struct Lacking<'a> {
    /// Containers without an entry.
    pub(crate) parts: Vec<Part<'a>>,
    /// A line for each secret.
    pub(crate) secrets: Vec<String>,
    /// The names of environment files.
    pub(crate) files: Vec<String>,
}

// === impl Project ===

impl Project {
    /// What is to be added; a container that will be skipped is given nothing.
    pub(crate) fn lacking<'a>(
        &'a self,
        stack: &'a Stack,
        will_skip: impl Fn(&Part<'_>) -> bool,
    ) -> Result<Lacking<'a>, ProjectError> {
        let is_left_out =
            |part: &Part<'_>| part.is_skipped() || part.entry.is_none() && will_skip(part);
        let run: Vec<_> = self.parts(stack).into_iter().filter(|part| !is_left_out(part)).collect();
        let given = Given::read(self)?;
        let (secrets, files) = (given.lacking_secret_lines(&run), given.lacking_files(&run));
        let parts = self.parts(stack).into_iter().filter(|part| part.entry.is_none()).collect();
        Ok(Lacking { parts, secrets, files })
    }
}
