//! Where a value stands in a template: the way to it from the root, or from a resource's properties.
//!
//! While a template is read, a [`Path`] borrows the names on the way and costs nothing. What goes
//! wrong keeps a [`PropertyPath`].

pub use property_path::{PropertyPath, Step};

/// A way that borrows the names on it and is only written out when a problem needs it.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    /// The template itself.
    Root,
    /// A section of the template.
    Section(&'a str),
    /// The value of a key.
    Key(&'a Path<'a>, &'a str),
    /// An item of a list, counted from 0.
    Item(&'a Path<'a>, usize),
}

// === impl Path ===

impl<'a> Path<'a> {
    pub(super) fn key(&'a self, key: &'a str) -> Path<'a> {
        Path::Key(self, key)
    }

    pub(super) fn item(&'a self, index: usize) -> Path<'a> {
        Path::Item(self, index)
    }
}

impl From<&Path<'_>> for PropertyPath {
    fn from(path: &Path<'_>) -> Self {
        match path {
            Path::Root => Self::default(),
            Path::Section(name) => Self::default().key(*name),
            Path::Key(parent, key) => Self::from(*parent).key(*key),
            Path::Item(parent, index) => Self::from(*parent).index(*index),
        }
    }
}
