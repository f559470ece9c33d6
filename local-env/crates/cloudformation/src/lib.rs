//! CloudFormation: the text of a template, as JSON or YAML, to resolved resources.
//!
//! [`Template::parse`] reads a [`Source`] into nodes that remember where they stand.
//! [`Template::resolve`] binds parameters, decides conditions, orders resources by their references
//! and evaluates every function, so that nothing is left but plain values; nested stacks come with
//! it. [`Resolved::joined`] makes one of several stacks. What AWS would have
//! chosen, such as identifiers and ARNs, is made up here, the same for the same input.
//!
//! Nothing here knows what a resource does. Errors carry the place in the text and what to do.

mod binding;
mod condition;
mod document;
mod dynamic;
mod evaluate;
mod foreach;
mod identity;
mod inputs;
mod join;
mod json;
mod library;
mod nearest;
mod nested;
mod node;
mod note;
mod order;
mod parameter;
mod path;
mod physical;
mod problem;
mod problems;
mod reference;
mod resolve;
mod resolved;
mod rules;
mod scope;
mod shape;
mod source;
mod sub;
mod template;
#[cfg(test)]
mod tests;
mod yaml;

pub use document::LARGEST;
pub use dynamic::{DynamicPiece, DynamicReference, dynamic_pieces};
pub use identity::Identity;
pub use inputs::Inputs;
pub use library::{Library, Wanted};
pub use nearest::{did_you_mean, nearest};
pub use nested::is_nested;
pub use node::{Entry, Map, Node, Value};
pub use note::Note;
pub use path::{PropertyPath, Step};
pub use problem::{
    Bounds, Elsewhere, Expected, FunctionFault, NameKind, ParameterRule, SyntaxFault,
    TemplateError, TemplateProblem, Unemulated,
};
pub use problems::Problems;
pub use resolved::{Output, Resolved, Resource};
pub use source::{Source, Span};
pub use template::Template;
