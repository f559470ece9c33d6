//! A stack's template as text, and how files are read.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use super::TemplatesError;
use cloudformation::{LARGEST, Source, TemplateError};

/// A stack's template, not yet read.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) stack_name: String,
    /// What CDK calls it besides.
    pub(super) aliases: Vec<String>,
    /// Region and account, where CDK knows them.
    pub(super) region: Option<String>,
    pub(super) account: Option<String>,
    pub(super) source: Source,
    /// Whether it is run; the others only give their exports.
    pub(super) is_chosen: bool,
}

/// The text of a file, of which no more is read than a template can have.
pub(super) fn file(path: &Path) -> Result<Source, TemplatesError> {
    let bytes = bytes(path).map_err(|source| unreadable(path, source))?;
    Ok(text(path, &bytes)?)
}

pub(super) fn text(path: &Path, bytes: &[u8]) -> Result<Source, TemplateError> {
    Source::from_bytes(path.display().to_string(), bytes)
}

pub(super) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    bounded(File::open(path)?)
}

pub(super) fn bounded(from: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn unreadable(path: &Path, source: io::Error) -> TemplatesError {
    TemplatesError::Unreadable { path: path.to_owned(), source }
}

// === impl Input ===

impl Input {
    pub(super) fn new(stack_name: impl Into<String>, source: Source) -> Self {
        Self {
            stack_name: stack_name.into(),
            aliases: Vec::new(),
            region: None,
            account: None,
            source,
            is_chosen: true,
        }
    }

    pub(super) fn is_called(&self, name: &str) -> bool {
        self.stack_name == name || self.aliases.iter().any(|alias| alias == name)
    }
}
