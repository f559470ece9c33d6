//! What can be wrong with a regular expression (alb §2.5).

use std::fmt;

use miette::Diagnostic;
use regex_syntax::ast;
use thiserror::Error;

/// AWS would not take a text as a regular expression.
#[derive(Clone, Debug, PartialEq, Error, Diagnostic)]
#[error("is `{expression}`, which AWS does not take as a regular expression")]
#[diagnostic(help("{syntax}{}", at(*column)))]
pub struct ExpressionFault {
    /// The text.
    pub expression: String,
    /// Why it is none.
    pub syntax: Syntax,
    /// The character where it ceases to be one, counted from 1, where that is known.
    pub column: Option<usize>,
}

/// Why a text is no regular expression to AWS.
#[derive(Clone, Debug, PartialEq)]
pub enum Syntax {
    /// It is one to nobody.
    Broken(Broken),
    /// It has a class of Unicode, such as `\pL`.
    UnicodeClass,
    /// It has a quantifier that gives nothing back, such as `a++`.
    PossessiveQuantifier,
    /// It refers to itself, as `(?R)` does.
    Recursion,
}

/// What the `regex` crate has against an expression; it tells it only in its own words.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken(Cause);

#[derive(Clone, Debug, PartialEq)]
enum Cause {
    Parsed(Box<ast::ErrorKind>),
    Compiled(regex::Error),
}

fn at(column: Option<usize>) -> String {
    column.map_or_else(String::new, |column| format!(", at character {column}"))
}

// === impl Broken ===

impl From<ast::ErrorKind> for Broken {
    fn from(kind: ast::ErrorKind) -> Self {
        Self(Cause::Parsed(Box::new(kind)))
    }
}

impl From<regex::Error> for Broken {
    fn from(error: regex::Error) -> Self {
        Self(Cause::Compiled(error))
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::Parsed(kind) => kind.fmt(f),
            Cause::Compiled(error) => {
                // The crate draws the place over several lines, and ends with the reason.
                let text = error.to_string();
                let line = text.lines().last().unwrap_or_default();
                f.write_str(line.strip_prefix("error: ").unwrap_or(line))
            }
        }
    }
}

// === impl Syntax ===

impl fmt::Display for Syntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(broken) => broken.fmt(f),
            Self::UnicodeClass => f.write_str("Unicode classes are not supported"),
            Self::PossessiveQuantifier => f.write_str("possessive quantifiers are not supported"),
            Self::Recursion => f.write_str("recursion is not supported"),
        }
    }
}
