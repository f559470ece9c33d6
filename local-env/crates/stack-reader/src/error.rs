//! Why a template's resources cannot be run, each problem with its place and its mend.

use miette::Diagnostic;
use thiserror::Error;

use cloudformation::{Problems, Span};

/// Why no stack can be made of a template.
pub type StackError = Problems<StackProblem>;

/// One problem of a stack.
#[derive(Debug, Error, Diagnostic)]
pub enum StackProblem {
    /// A property that AWS demands is absent.
    #[error("`{path}` is absent")]
    #[diagnostic(help("{help}"))]
    Missing {
        /// The way to the property.
        path: String,
        /// What belongs there.
        help: String,
        /// What lacks it.
        #[label("needs it")]
        span: Span,
    },
    /// A property is of another type than AWS's.
    #[error("`{path}` must be {expected}, and is {found}")]
    WrongType {
        /// The way to the property.
        path: String,
        /// What belongs there.
        expected: String,
        /// What stands there.
        found: String,
        /// Where it stands.
        #[label("not {expected}")]
        span: Span,
    },
    /// AWS would refuse the value.
    #[error("`{path}` {why}")]
    #[diagnostic(help("{help}"))]
    Refused {
        /// The way to the property.
        path: String,
        /// What is wrong with it.
        why: String,
        /// What to do.
        help: String,
        /// Where it stands.
        #[label("AWS would refuse this")]
        span: Span,
    },
    /// It would change routing or reachability, and the environment cannot do it yet.
    #[error("`{path}` asks for {what}, which is not emulated")]
    #[diagnostic(help("{help}"))]
    NotEmulated {
        /// The way to the property or resource.
        path: String,
        /// In the user's words.
        what: String,
        /// What is emulated, or what to do.
        help: String,
        /// Where it stands.
        #[label("not emulated")]
        span: Span,
    },
    /// A value that should name a resource of the template names none.
    #[error("`{path}` is `{value}`, which is no {kind} of this template")]
    #[diagnostic(help(
        "refer to a resource with `Ref` or `Fn::GetAtt`, or name the template that has it too; \
         `--allow-partial` leaves out what needs it"
    ))]
    NotInTemplate {
        /// The way to the property.
        path: String,
        /// Its value.
        value: String,
        /// What it should name.
        kind: &'static str,
        /// Where it stands.
        #[label("no {kind} has this name")]
        span: Span,
    },
    /// Two resources claim what only one can have.
    #[error("`{first}` (line {first_line}) and `{second}` both have {what}")]
    #[diagnostic(help("give one of them another"))]
    Twice {
        /// The first resource.
        first: String,
        /// The second resource.
        second: String,
        /// `priority 1 in one listener`.
        what: String,
        /// The first resource's place, counted from 1.
        first_line: usize,
        /// The second resource's place.
        #[label("has it too")]
        span: Span,
    },
}
