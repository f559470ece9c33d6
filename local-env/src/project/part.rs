//! The containers of a stack, each with its entry in the project file.

use std::path::PathBuf;

use super::{
    Project,
    entry::{Entry, is_main},
    quoted,
};
use stack::service_names;
use stack::{Container, Service, Stack};

/// A container of a service, and what is said of it.
pub(crate) struct Part<'a> {
    pub(crate) service: &'a Service,
    pub(crate) container: &'a Container,
    /// `service1`, or `the container log of service1`.
    pub(crate) called: String,
    /// Where its entry belongs.
    pub(crate) table: String,
    pub(super) entry: Option<&'a Entry>,
}

// === impl Project ===

impl Project {
    /// In the template's order.
    pub(super) fn parts<'a>(&'a self, stack: &'a Stack) -> Vec<Part<'a>> {
        let containers = |service: &'a Service| {
            service.task_definition.containers.iter().map(move |it| (service, it))
        };
        let all = stack.services.iter().flat_map(containers);
        all.map(|(service, container)| self.part(stack, service, container)).collect()
    }

    fn part<'a>(
        &'a self,
        stack: &'a Stack,
        service: &'a Service,
        container: &'a Container,
    ) -> Part<'a> {
        let names = service_names(stack, service);
        let found = names.iter().find_map(|name| self.services.get_key_value(*name));
        let name = found.map_or_else(|| stack.local_name(service), |(name, _)| name);
        let entry = found.and_then(|(_, entry)| entry.container(service, container));
        let own = &container.name;
        let (called, table) = if is_main(service, container) {
            (name.to_owned(), format!("services.{}", key(name)))
        } else {
            let table = format!("services.{}.containers.{}", key(name), key(own));
            (format!("the container {own} of {name}"), table)
        };
        Part { service, container, called, table, entry }
    }
}

// === impl Part ===

impl Part<'_> {
    /// Whether it is left out here.
    pub(super) fn is_skipped(&self) -> bool {
        self.entry.is_some_and(|entry| entry.skip)
    }

    /// Whether it is run as a container of its image.
    pub(super) fn is_of_image(&self) -> bool {
        self.entry.is_none_or(|entry| entry.run.is_none() && !entry.skip)
    }

    /// The folder of a Dockerfile that its image is built of, seen from the project file.
    pub(super) fn built_from(&self) -> Option<PathBuf> {
        let entry = self.entry.filter(|_| self.is_of_image())?;
        Some(entry.dir.join(entry.build.as_ref()?))
    }

    /// The image that it is a container of: its own, or that which is built in its place.
    pub(super) fn image(&self) -> String {
        if self.built_from().is_none() {
            return self.container.image.clone();
        }
        let name = format!("{}-{}", self.service.logical_id, self.container.name);
        format!("local-env/{}", name.to_ascii_lowercase().replace('_', "-"))
    }

    /// The names that its command is found by.
    pub(super) fn key(&self) -> (String, String) {
        (self.service.logical_id.to_string(), self.container.name.clone())
    }

    /// An entry to begin with.
    pub(super) fn lines(&self) -> String {
        let (name, or) = if is_main(self.service, self.container) {
            (&self.called, "")
        } else {
            (&self.container.name, " # or: skip = true")
        };
        format!("[{}]\nrun = {}{or}\n", self.table, quoted(&format!("target/debug/{name}")))
    }
}

/// A part of a table's name, in quotes if it needs them.
pub(crate) fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.chars().all(is_bare) { name.to_owned() } else { quoted(name) }
}
