//! CloudFormation: the text of a template, as JSON or YAML, to resolved resources.
//!
//! [`Template::parse`] reads a [`Source`] into nodes that remember where they stand.
//! [`Template::resolve`] binds parameters, decides conditions, orders resources by their references
//! and evaluates every function, so that nothing is left but plain values. What AWS would have
//! chosen, such as identifiers and ARNs, is made up here, the same for the same input.
//!
//! Nothing here knows what a resource does. Errors carry the place in the text and what to do.

mod condition;
mod error;
mod evaluate;
mod function;
mod identity;
mod json;
mod nearest;
mod node;
mod order;
mod parameter;
mod path;
mod physical;
mod reference;
mod resolve;
mod source;
mod sub;
mod template;
#[cfg(test)]
mod tests;
mod yaml;

pub use error::{Problems, TemplateError, TemplateProblem};
pub use identity::Identity;
pub(crate) use nearest::did_you_mean;
pub use node::{Entry, Map, Node, Value};
pub use resolve::{Inputs, Note, Output, Resolved, Resource};
pub use source::{Source, Span};
pub use template::Template;
