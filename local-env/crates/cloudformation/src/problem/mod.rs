//! What can be wrong with a template, as data: names, places, limits, what was found and what is
//! near.
//!
//! `Display` makes the sentence and [`Diagnostic::help`](miette::Diagnostic::help) the mend, so that
//! nobody has to read either to know what a problem is about.

mod function;
mod help;
mod name;
mod parameter;
mod syntax;

use thiserror::Error;

use self::name::{in_words, listed};
pub use self::{
    function::FunctionFault,
    name::{Elsewhere, Expected, NameKind, Unemulated},
    parameter::{Bounds, ParameterRule},
    syntax::SyntaxFault,
};
use super::{
    node::{MAX_DEPTH, Node},
    path::{Path, PropertyPath},
    problems::Problems,
    source::Span,
};

/// Why a template cannot be read or resolved.
pub type TemplateError = Problems<TemplateProblem>;

/// What gives a value, or the problem that it cannot.
pub(super) type Result<T> = std::result::Result<T, TemplateProblem>;

/// One problem of a template.
#[derive(Debug, Error)]
pub enum TemplateProblem {
    /// The text is neither JSON nor YAML.
    #[error("{reason}")]
    Syntax {
        /// What is wrong with it.
        reason: SyntaxFault,
        /// Where reading stopped.
        span: Span,
    },
    /// A mapping has a key twice.
    #[error("the key `{key}` is given twice in one mapping, first on line {first_line}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// The line of its first place, counted from 1.
        first_line: usize,
        /// Its second place.
        span: Span,
    },
    /// The template's `AWSTemplateFormatVersion` is one that CloudFormation does not have.
    #[error("`AWSTemplateFormatVersion` must be `2010-09-09`, and is `{found}`")]
    Version {
        /// The version that is given.
        found: String,
        /// Where it stands.
        span: Span,
    },
    /// A part of the template has not the form that CloudFormation wants.
    #[error("{} must be {expected}, and is {found}", in_words(.path))]
    Malformed {
        /// The way to the part.
        path: PropertyPath,
        /// What belongs there.
        expected: Expected,
        /// What stands there, as [`Node::kind`](crate::Node::kind) says it.
        found: &'static str,
        /// Where it stands.
        span: Span,
    },
    /// A part that CloudFormation requires is absent.
    #[error("{} lacks `{key}`", in_words(.path))]
    Missing {
        /// The way to what lacks it.
        path: PropertyPath,
        /// The key that is absent.
        key: &'static str,
        /// Where that stands which lacks it.
        span: Span,
    },
    /// A name that nothing in the template, or in CloudFormation, has.
    #[error("{} names the {kind} `{name}`, which does not exist", in_words(.path))]
    UnknownName {
        /// What sort of thing was looked for.
        kind: NameKind,
        /// The name, of an attribute with its resource: `Resource.Attribute`.
        name: String,
        /// The way to the value that has it.
        path: PropertyPath,
        /// The nearest name that exists.
        near: Option<String>,
        /// All names that exist, where they are few and none is near.
        known: Vec<String>,
        /// Where it is named.
        span: Span,
    },
    /// A reference to a resource that its condition leaves out.
    #[error(
        "{} refers to `{logical_id}`, which is not created: its condition `{condition}` is false",
        in_words(.path)
    )]
    NotCreated {
        /// The resource's logical id.
        logical_id: String,
        /// The name of its condition.
        condition: String,
        /// The way to the reference.
        path: PropertyPath,
        /// Where the reference stands.
        span: Span,
    },
    /// Something of CloudFormation's that is not emulated.
    #[error("{} uses {what}, which is not emulated", in_words(.path))]
    NotEmulated {
        /// The function or macro.
        what: Unemulated,
        /// The way to it.
        path: PropertyPath,
        /// Where it stands.
        span: Span,
    },
    /// A value of another stack that none of the given ones has.
    #[error("{} asks for {value}, which none of the given stacks has", in_words(.path))]
    NotExported {
        /// The export or output.
        value: Elsewhere,
        /// The way to the function.
        path: PropertyPath,
        /// The nearest name that exists.
        near: Option<String>,
        /// Where it stands.
        span: Span,
    },
    /// A nested stack whose own template is wrong.
    #[error("the nested stack `{logical_id}` cannot be read")]
    Nested {
        /// The nested stack's logical id.
        logical_id: String,
        /// What is wrong with its template.
        error: Box<TemplateError>,
        /// The resource's place.
        span: Span,
    },
    /// A nested stack that is too deep within others.
    #[error("the nested stack `{logical_id}` is more than {most} stacks deep")]
    NestedTooDeep {
        /// The nested stack's logical id.
        logical_id: String,
        /// The most that may stand within one another.
        most: usize,
        /// The resource's place.
        span: Span,
    },
    /// A nested stack that comes after too many others.
    #[error("there are more than {most} nested stacks, so that `{logical_id}` is not read")]
    TooManyNested {
        /// The nested stack's logical id.
        logical_id: String,
        /// The most that are read.
        most: usize,
        /// The resource's place.
        span: Span,
    },
    /// An assertion of the template's `Rules` that does not hold.
    #[error("the template's own rule at {} is broken", in_words(.path))]
    Assertion {
        /// The way to the assertion.
        path: PropertyPath,
        /// The template's `AssertDescription`.
        description: Option<String>,
        /// Where it stands.
        span: Span,
    },
    /// A function's argument cannot be taken.
    #[error("`{function}` at {} {reason}", in_words(.path))]
    Function {
        /// The function's name: `Fn::Join`.
        function: &'static str,
        /// The way to it.
        path: PropertyPath,
        /// What is wrong.
        reason: FunctionFault,
        /// How it is written.
        form: &'static str,
        /// Where it stands.
        span: Span,
    },
    /// Resources or conditions that need one another.
    #[error("{} depend on one another in a circle", circle(.names))]
    Cycle {
        /// Their names, each of which needs the next; the last one is the first one again.
        names: Vec<String>,
        /// The declaration of the first.
        span: Span,
    },
    /// Parameters without default that were not given.
    #[error("the template needs a value for {}", listed(.names))]
    MissingParameters {
        /// The names of all of them, at least one.
        names: Vec<String>,
        /// The declaration of the first.
        span: Span,
    },
    /// A value was given for a parameter that the template has not.
    #[error("the template has no parameter `{name}`, but a value is given for it")]
    UnknownParameter {
        /// The name as given.
        name: String,
        /// The nearest name that exists.
        near: Option<String>,
    },
    /// A parameter's value breaks the parameter's own rule.
    #[error("the parameter `{name}` must {rule}, and {}", parameter::found(.value.as_deref()))]
    ParameterValue {
        /// The parameter's name.
        name: String,
        /// Its value, or the item of it that is wrong; `None` where the template hides it (`NoEcho`).
        value: Option<String>,
        /// The rule that it breaks.
        rule: Box<ParameterRule>,
        /// The template's `ConstraintDescription`.
        description: Option<String>,
        /// The declaration's place.
        span: Span,
    },
}

// === impl TemplateProblem ===

impl TemplateProblem {
    /// Returns what is wrong with the nested stack that cannot be read.
    pub fn nested(&self) -> Option<&TemplateError> {
        if let Self::Nested { error, .. } = self { Some(error) } else { None }
    }

    pub(super) fn nested_in(logical_id: &str, error: TemplateError, span: Span) -> Self {
        Self::Nested { logical_id: logical_id.to_owned(), error: Box::new(error), span }
    }

    pub(super) fn syntax(reason: SyntaxFault, span: impl Into<Span>) -> Self {
        Self::Syntax { reason, span: span.into() }
    }

    pub(super) fn too_deep(span: impl Into<Span>) -> Self {
        Self::syntax(SyntaxFault::TooDeep { most: MAX_DEPTH }, span)
    }

    pub(super) fn malformed(path: &Path<'_>, expected: Expected, node: &Node) -> Self {
        Self::Malformed { path: path.into(), expected, found: node.kind(), span: node.span }
    }
}

fn circle(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(" → ")
}
