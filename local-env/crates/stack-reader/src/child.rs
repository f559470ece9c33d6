//! Resources that belong to another one, until they are given to it.

use cloudformation::Span;
use stack::Arn;

/// A resource that belongs to another one.
pub(super) struct Child<T> {
    pub(super) parent: Arn,
    pub(super) item: T,
    /// The place of its own resource.
    pub(super) span: Span,
}
