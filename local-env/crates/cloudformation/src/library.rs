//! Where the templates of nested stacks come from.
//!
//! Where they lie is nothing that is known here: whoever makes a library says how to find them.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{problem::TemplateError, source::Source, template::Template};

type Find = dyn Fn(&Wanted<'_>) -> Option<Result<Arc<Template>, TemplateError>> + Send + Sync;

/// A way to find the templates of nested stacks. It is cheap to clone.
#[derive(Clone)]
pub struct Library {
    find: Arc<Find>,
    depth: usize,
    found: Arc<AtomicUsize>,
}

/// What is known of the template of a nested stack that is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The text of the template that has the resource.
    pub parent: &'a Source,
    /// The resource's `TemplateURL` or `Location`, without functions.
    pub url: &'a str,
    /// The path of the template's file seen from the parent's, where CDK says it.
    pub asset: Option<&'a str>,
}

// === impl Library ===

impl Library {
    /// Returns a library that finds templates by this function, which gives `None` for a template
    /// that it does not have and an error for one that is wrong. A template may be given again and again.
    pub fn new(
        find: impl Fn(&Wanted<'_>) -> Option<Result<Arc<Template>, TemplateError>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self { find: Arc::new(find), depth: 0, found: Arc::default() }
    }

    /// Returns a library that has no templates, so that nested stacks stay plain resources.
    pub fn empty() -> Self {
        Self::new(|_| None)
    }

    /// Returns the template that is wanted, if it has it; each time counts as one that was found.
    pub(super) fn find(&self, wanted: &Wanted<'_>) -> Option<Result<Arc<Template>, TemplateError>> {
        let found = (self.find)(wanted)?;
        self.found.fetch_add(1, Ordering::Relaxed);
        Some(found)
    }

    /// Returns how many templates the one that asks is nested in.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Returns how many templates it has found so far, for whatever template.
    pub(super) fn found(&self) -> usize {
        self.found.load(Ordering::Relaxed)
    }

    /// Returns the same for the templates that one of its own nests.
    pub(super) fn deeper(&self) -> Self {
        Self { depth: self.depth + 1, ..self.clone() }
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").finish_non_exhaustive()
    }
}
