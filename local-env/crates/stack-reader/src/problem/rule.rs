//! What can be wrong with the conditions and transforms of rules (alb §2).

use miette::Diagnostic;
use thiserror::Error;

use super::{ExpressionFault, listed};

/// The kinds of conditions that AWS knows, as `Field` names them.
pub(crate) const CONDITIONS: [&str; 6] = [
    "path-pattern",
    "host-header",
    "http-header",
    "http-request-method",
    "query-string",
    "source-ip",
];

/// What is wrong with a rule's conditions or transforms.
#[derive(Clone, Debug, PartialEq, Error, Diagnostic)]
pub enum RuleFault {
    /// The list of conditions is empty.
    #[error("is empty")]
    #[diagnostic(help("a rule needs at least one condition"))]
    NoConditions,
    /// The list of a condition's values is empty.
    #[error("is empty")]
    #[diagnostic(help("a condition needs at least one value"))]
    NoValues,
    /// AWS would not know this kind of condition, which is one letter or so from one that it knows.
    #[error("is `{found}`, which is no condition")]
    #[diagnostic(help("did you mean `{near}`?"))]
    UnknownCondition {
        /// The kind that is asked for.
        found: String,
        /// The kind that may be meant.
        near: &'static str,
    },
    /// The rule has two conditions of a kind of which it may have one.
    #[error("has more than one condition on `{kind}`")]
    #[diagnostic(help("put all values into one condition"))]
    RepeatedCondition {
        /// The kind, as `Field` names it.
        kind: &'static str,
    },
    /// The rule has more values than AWS takes.
    #[error("has {found} values")]
    #[diagnostic(help("AWS takes up to {most} in one rule: give the others to a second rule"))]
    TooManyValues {
        /// How many there are in all conditions.
        found: usize,
        /// The most that AWS takes.
        most: usize,
    },
    /// The rule has more wildcards than AWS takes.
    #[error("has {found} wildcards")]
    #[diagnostic(help("AWS takes up to {most} of `*` and `?` in one rule"))]
    TooManyWildcards {
        /// How many there are in all conditions.
        found: usize,
        /// The most that AWS takes.
        most: usize,
    },
    /// A condition has wildcards and regular expressions.
    #[error("stands beside `Values`")]
    #[diagnostic(help("give either `Values` or `RegexValues`"))]
    RegexBesideValues,
    /// A condition has its values in two places.
    #[error("stands beside `{config}`")]
    #[diagnostic(help("keep the values in `{config}`"))]
    ValuesTwice {
        /// The other place, which is the newer one.
        config: &'static str,
    },
    /// The range is the one address that AWS takes nowhere.
    #[error("is `255.255.255.255/32`")]
    #[diagnostic(help("AWS takes any address but this one"))]
    BroadcastAddress,
    /// A condition on headers looks at the host.
    #[error("is `{found}`")]
    #[diagnostic(help("use a `host-header` condition"))]
    HostAsHeader {
        /// The header's name, as it is written.
        found: String,
    },
    /// There is no such type of transform.
    #[error("is `{found}`, which is no transform")]
    #[diagnostic(help("write {}", listed::either(&["url-rewrite", "host-header-rewrite"])))]
    UnknownTransform {
        /// The type that is asked for.
        found: String,
    },
    /// The rule has two transforms of a type.
    #[error("is `{kind}` again")]
    #[diagnostic(help("a rule has at most one transform of each type"))]
    RepeatedTransform {
        /// The type.
        kind: String,
    },
    /// A transform has not exactly one rewrite.
    #[error("has {found} entries")]
    #[diagnostic(help("give exactly one `Regex` with its `Replace`"))]
    Rewrites {
        /// How many there are.
        found: usize,
    },
    /// AWS would not take the text as a regular expression.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Expression(#[from] ExpressionFault),
}
