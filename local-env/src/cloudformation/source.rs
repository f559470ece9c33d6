//! A template's text with the name that messages call it by.

use std::{fmt, sync::Arc};

use miette::{NamedSource, SourceCode};

/// A range of bytes in a source.
pub type Span = miette::SourceSpan;

/// A template's text. Cheap to clone.
#[derive(Clone)]
pub struct Source(NamedSource<Arc<str>>);

// === impl Source ===

impl Source {
    /// `name` is for messages: a path, or what else tells the user which text is meant.
    pub fn new(name: impl AsRef<str>, text: &str) -> Self {
        // Editors on Windows write a byte order mark, which neither format counts as content.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self(NamedSource::new(name, text.into()))
    }

    /// What messages call it.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The text, without a byte order mark.
    pub fn text(&self) -> &str {
        self.0.inner()
    }

    /// The line of a place in it, counted from 1.
    pub fn line(&self, span: Span) -> usize {
        line(self.text(), span)
    }

    pub(super) fn code(&self) -> &dyn SourceCode {
        &self.0
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.name()).finish()
    }
}

pub(super) fn line(text: &str, span: Span) -> usize {
    let before = text.bytes().take(span.offset());
    1 + before.filter(|byte| *byte == b'\n').count()
}
