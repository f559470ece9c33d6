//! Who a service is.

/// What makes a service this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name, and so its first path segment.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Where it listens unless told otherwise.
    pub port: u16,
}

// === impl Identity ===

impl Identity {
    pub(crate) fn root(&self) -> String {
        format!("/{}", self.name)
    }
}
