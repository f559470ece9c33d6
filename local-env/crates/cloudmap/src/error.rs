//! What is wrong with a name.

use hickory_server::proto::ProtoError;

/// A name that DNS does not allow.
#[derive(Debug, thiserror::Error)]
#[error("`{name}` is not a DNS name")]
pub struct NameError {
    name: String,
    source: ProtoError,
}

// === impl NameError ===

impl NameError {
    /// Returns what makes an error about this name of what the DNS library says.
    pub(super) fn about(name: &str) -> impl FnOnce(ProtoError) -> Self {
        |source| Self { name: name.to_owned(), source }
    }

    /// Returns the name in question, as the stack has it.
    pub fn name(&self) -> &str {
        &self.name
    }
}
