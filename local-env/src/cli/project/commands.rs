//! What a project file runs for each container of a stack.

use std::path::PathBuf;

use super::{Part, Project, ProjectError, entry::Entry, given::Given};
use crate::{
    ecs::{Command, Commands, ContainerCommand, Value},
    stack::{Service, Stack},
};

// === impl Project ===

impl Project {
    /// What is run for each container of the stack.
    pub(in crate::cli) fn commands(&self, stack: &Stack) -> Result<Commands, ProjectError> {
        let parts = self.parts(stack);
        self.require_all(&parts)?;
        let (skipped, run): (Vec<_>, Vec<_>) = parts.into_iter().partition(Part::is_skipped);
        let given = Given::new(self, &run)?;
        let run = run.iter().filter_map(|part| Some((part, part.entry?)));
        let run = run.map(|(part, entry)| {
            let definition = given.variables(part)?;
            Ok((part.key(), ContainerCommand::Run(self.command(part, entry, definition)?)))
        });
        let skipped = skipped.iter().map(|part| Ok((part.key(), ContainerCommand::Skip)));
        run.chain(skipped).collect()
    }

    fn require_all(&self, parts: &[Part<'_>]) -> Result<(), ProjectError> {
        let missing: Vec<_> = parts.iter().filter(|part| part.entry.is_none()).collect();
        if !missing.is_empty() {
            let lines: Vec<_> = missing.iter().map(|part| part.lines()).collect();
            return Err(ProjectError::Missing {
                path: self.path.clone(),
                containers: missing.into_iter().map(|part| part.called.clone()).collect(),
                lines: lines.join("\n"),
            });
        }
        let runs = |service: &Service| {
            let mut own = parts.iter().filter(|it| it.service.logical_id == service.logical_id);
            own.any(|part| !part.is_skipped())
        };
        match parts.iter().find(|part| !runs(part.service)) {
            Some(part) => Err(self.refused(
                part,
                "leaves nothing to run",
                "a task has a container that runs: let one go without `skip`",
            )),
            None => Ok(()),
        }
    }

    fn command(
        &self,
        part: &Part<'_>,
        entry: &Entry,
        definition: Vec<(String, Value)>,
    ) -> Result<Command, ProjectError> {
        let failed = |why: String| ProjectError::Command {
            path: self.path.clone(),
            container: part.called.clone(),
            why,
        };
        let run = entry.run.as_deref().unwrap_or_default();
        let words = shell_words::split(run).map_err(|error| failed(error.to_string()))?;
        let Some((program, arguments)) = words.split_first() else {
            return Err(failed("it is empty".to_owned()));
        };
        let mut arguments = arguments.to_vec();
        if entry.command {
            arguments.extend_from_slice(self.appended(part)?);
        }
        let folder = self.beside(&entry.dir);
        // Without a slash a program is looked for in PATH; with one it is a file seen from its folder.
        let program =
            if program.contains('/') { folder.join(program) } else { PathBuf::from(program) };
        let environment = entry.env.clone().into_iter().collect();
        Ok(Command { program, arguments, folder, definition, environment })
    }

    /// The template's `Command`, which an entry asks for.
    fn appended<'a>(&self, part: &Part<'a>) -> Result<&'a [String], ProjectError> {
        let help = "take `command = true` out, or give the container a `Command`";
        let none =
            || self.refused(part, "asks for a `Command` that the template does not have", help);
        part.container.command.as_deref().ok_or_else(none)
    }

    fn refused(&self, part: &Part<'_>, why: &str, help: &str) -> ProjectError {
        ProjectError::Entry {
            path: self.path.clone(),
            container: part.called.clone(),
            why: why.to_owned(),
            help: help.to_owned(),
        }
    }
}
