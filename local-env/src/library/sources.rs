//! What a stack and the commands of its containers are read from, now and again later.

use std::{path::PathBuf, sync::Arc};

use super::Error;
use crate::{
    ecs::Commands,
    project::{Process, Project},
    templates::Templates,
};
use stack::{Allowed, Stack};

/// Where the stack comes from, and how its services are run.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    pub(crate) origin: Origin,
    /// `local-env.toml`; beside the template unless another one is named.
    pub(crate) project_file: Option<PathBuf>,
    /// They win over the project file.
    pub(crate) processes: Vec<Given>,
    pub(crate) allowed: Allowed,
}

/// A program for a container of a service.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// What one calls the service.
    pub(crate) service: String,
    /// The container's name; the main one where there is none.
    pub(crate) container: Option<String>,
    pub(crate) process: Process,
}

/// What describes the stack.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    Templates(Templates),
    Stack(Box<Stack>),
}

/// A stack, and how its services are run.
#[derive(Clone)]
pub(crate) struct Reading {
    pub(crate) stack: Arc<Stack>,
    pub(crate) project: Project,
}

// === impl Sources ===

impl Sources {
    /// Reads the templates and the project file.
    pub(crate) fn read(&self) -> Result<Reading, Error> {
        let mut project = self.project()?;
        let stack = match &self.origin {
            Origin::Templates(templates) => {
                stack_reader::read(&templates.parse()?.resolve(&project)?, self.allowed)?
            }
            Origin::Stack(stack) => Stack::clone(stack),
        };
        for Given { service, container, process } in &self.processes {
            let service = stack.service_named(service)?;
            project.run(&stack, service, container.as_deref(), process)?;
        }
        Ok(Reading { stack: Arc::new(stack), project })
    }

    /// Returns the files that say what is run: a change of one may change it.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let templates = self.templates().map(Templates::files).into_iter().flatten();
        templates.chain(self.project_file()).collect()
    }

    pub(crate) fn templates(&self) -> Option<&Templates> {
        match &self.origin {
            Origin::Templates(templates) => Some(templates),
            Origin::Stack(_) => None,
        }
    }

    fn project(&self) -> Result<Project, Error> {
        let file = self.project_file();
        Ok(file.map_or_else(|| Ok(Project::default()), |file| Project::read(&file))?)
    }

    fn project_file(&self) -> Option<PathBuf> {
        self.project_file.clone().or_else(|| self.templates().map(Templates::project_file))
    }
}

// === impl Reading ===

impl Reading {
    /// Returns how each container is run; as a container of its image only where an engine runs those.
    pub(crate) fn commands(&self, has_containers: bool) -> Result<Commands, Error> {
        Ok(self.project.commands(&self.stack, has_containers)?)
    }
}
