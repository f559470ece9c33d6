//! The name of a resource in its template.

use std::{borrow::Borrow, fmt, sync::Arc};

/// The name that a template gives a resource, unique in it: `Service1`. It is cheap to clone, and a
/// map by such names can be asked with a text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogicalId(Arc<str>);

// === impl LogicalId ===

impl LogicalId {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for LogicalId {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for LogicalId {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl From<&String> for LogicalId {
    fn from(name: &String) -> Self {
        Self::from(name.as_str())
    }
}

impl Borrow<str> for LogicalId {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for LogicalId {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for LogicalId {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for LogicalId {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl fmt::Debug for LogicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for LogicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Padded as a text is.
        fmt::Display::fmt(self.as_str(), f)
    }
}
