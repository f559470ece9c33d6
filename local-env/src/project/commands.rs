//! What a project file runs for each container of a stack.

use std::{collections::BTreeMap, path::PathBuf};

use super::{Part, Project, ProjectError, entry::Entry, given::Given};
use crate::ecs::{Command, Commands, ContainerCommand, Image, Value};
use stack::{Service, Stack};

// === impl Project ===

impl Project {
    /// Whether any container of the stack is to be run as one.
    pub(crate) fn wants_engine(&self, stack: &Stack) -> bool {
        self.parts(stack).iter().any(Part::is_of_image)
    }

    /// The images that are not built here, as one calls the containers that they are for.
    pub(crate) fn images(&self, stack: &Stack) -> BTreeMap<String, String> {
        let parts = self.parts(stack).into_iter();
        let images = parts.filter(|part| part.is_of_image() && part.built_from().is_none());
        images.map(|part| (part.image(), part.called)).collect()
    }

    /// What is run for each container of the stack; images only where there is an engine for them.
    pub(crate) fn commands(
        &self,
        stack: &Stack,
        has_engine: bool,
    ) -> Result<Commands, ProjectError> {
        let parts = self.parts(stack);
        self.require_all(&parts, has_engine)?;
        let (skipped, run): (Vec<_>, Vec<_>) = parts.into_iter().partition(Part::is_skipped);
        let given = Given::new(self, &run)?;
        let run = run.iter().map(|part| {
            let definition = given.variables(part)?;
            let command = match part.entry {
                Some(entry) if !part.is_of_image() => {
                    ContainerCommand::Run(self.command(part, entry, definition)?)
                }
                entry => ContainerCommand::Image(Image {
                    name: part.image(),
                    definition,
                    environment: entry.map(|it| it.env.clone()).into_iter().flatten().collect(),
                }),
            };
            Ok((part.key(), command))
        });
        let skipped = skipped.iter().map(|part| Ok((part.key(), ContainerCommand::Skip)));
        run.chain(skipped).collect()
    }

    fn require_all(&self, parts: &[Part<'_>], has_engine: bool) -> Result<(), ProjectError> {
        let missing = parts.iter().filter(|part| part.is_of_image() && !has_engine);
        let missing: Vec<_> = missing.collect();
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
        self.require_one_kind(parts)?;
        match parts.iter().find(|part| !runs(part.service)) {
            Some(part) => Err(self.refused(
                part,
                "leaves nothing to run",
                "a task has a container that runs: let one go without `skip`",
            )),
            None => Ok(()),
        }
    }

    /// Processes and containers of one task would not share what the containers of a task do.
    fn require_one_kind(&self, parts: &[Part<'_>]) -> Result<(), ProjectError> {
        for image in parts.iter().filter(|part| part.is_of_image()) {
            let of_task =
                parts.iter().filter(|it| it.service.logical_id == image.service.logical_id);
            let mut processes = of_task.filter(|it| !it.is_of_image() && !it.is_skipped());
            if let Some(process) = processes.next() {
                return Err(self.refused(
                    image,
                    &format!("would run as a container, and {} as a process", process.called),
                    "a task runs as one or the other: give all of its containers `run` or `skip`, or \
                     none of them `run`",
                ));
            }
        }
        Ok(())
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
