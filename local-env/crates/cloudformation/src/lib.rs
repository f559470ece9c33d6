//! Reads CloudFormation templates, in JSON or YAML, and resolves them to plain values.
//!
//! [`Template::parse`] reads a [`Source`] into nodes that remember where they stand.
//! [`Template::resolve`] binds parameters, decides conditions, orders resources by their references
//! and evaluates every function, so that nothing is left but plain values; nested stacks come with
//! it. [`Resolved::joined`] makes one of several stacks. What AWS would have chosen, such as
//! identifiers and ARNs, is made up here, the same for the same input. Nothing here knows what a
//! resource does.
//!
//! What is wrong is data: each [`TemplateProblem`] has its place and what it is about, `Display`
//! makes a sentence of it and [`Diagnostic::help`](miette::Diagnostic::help) tells what to do.
//!
//! ```
//! use cloudformation::{Inputs, Source, Template, TemplateProblem};
//!
//! let text = "
//! Parameters: {Stage: {Type: String}}
//! Resources:
//!   Orders:
//!     Type: AWS::SQS::Queue
//!     Properties: {QueueName: !Sub 'orders-${Stage}'}
//! ";
//! let template = Template::parse(&Source::new("shop.yaml", text))?;
//!
//! let mut inputs = Inputs::new("Shop");
//! inputs.parameters.insert("Stage".into(), "test".into());
//! let resolved = template.resolve(&inputs)?;
//! let orders = &resolved.resources["Orders"];
//! assert_eq!(orders.resource_type, "AWS::SQS::Queue");
//! let name = orders.properties.get("QueueName").and_then(|node| node.text());
//! assert_eq!(name.as_deref(), Some("orders-test"));
//!
//! let error = template.resolve(&Inputs::new("Shop")).expect_err("a value is missing");
//! assert_eq!(error.to_string(), "shop.yaml: the template needs a value for `Stage`");
//! let [TemplateProblem::MissingParameters { names, .. }] = error.problems() else { panic!() };
//! assert_eq!(names, &["Stage"]);
//! # Ok::<(), cloudformation::TemplateError>(())
//! ```

#![deny(missing_docs)]

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
pub use inputs::Inputs;
pub use library::{Library, Wanted};
pub use nearest::nearest;
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
