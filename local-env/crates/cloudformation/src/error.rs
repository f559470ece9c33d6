//! Why a template cannot be used, each problem with its place and its mend.

use std::{error, fmt};

use miette::{Diagnostic, LabeledSpan, SourceCode};
use thiserror::Error;

use super::{Source, Span, path::Path};

/// Nobody reads more at once.
const MOST_SHOWN: usize = 50;

/// All the problems that were found in one text, at least one. A single problem shows as itself.
#[derive(Debug)]
pub struct Problems<P> {
    source: Source,
    problems: Vec<P>,
}

/// Why a template cannot be read or resolved.
pub type TemplateError = Problems<TemplateProblem>;

/// One problem of a template.
#[derive(Debug, Error, Diagnostic)]
pub enum TemplateProblem {
    /// The text is neither JSON nor YAML.
    #[error("{what}")]
    Syntax {
        /// In the user's words.
        what: String,
        /// What to do.
        #[help]
        help: Option<String>,
        /// Where reading stopped.
        #[label("here")]
        span: Span,
    },
    /// A mapping has a key twice.
    #[error("the key `{key}` is given twice in one mapping, first on line {first_line}")]
    #[diagnostic(help("remove one of the two, or rename it"))]
    DuplicateKey {
        /// The key.
        key: String,
        /// Its first place, counted from 1.
        first_line: usize,
        /// Its second place.
        #[label("given again")]
        span: Span,
    },
    /// A part of the template has not the form that CloudFormation wants.
    #[error("`{path}` must be {expected}, and is {found}")]
    Malformed {
        /// The way to the part.
        path: String,
        /// What belongs there.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
        /// Where it stands.
        #[label("{found}")]
        span: Span,
    },
    /// A part that CloudFormation demands is absent.
    #[error("`{path}` lacks `{key}`")]
    #[diagnostic(help("CloudFormation needs `{key}` here"))]
    Missing {
        /// The way to what lacks it.
        path: String,
        /// What is absent.
        key: &'static str,
        /// What lacks it.
        #[label("has no `{key}`")]
        span: Span,
    },
    /// A name that nothing in the template, or in CloudFormation, has.
    #[error("`{path}` names the {kind} `{name}`, which does not exist")]
    UnknownName {
        /// What sort of thing was looked for.
        kind: &'static str,
        /// The name.
        name: String,
        /// The way to the value that has it.
        path: String,
        /// The nearest name that exists.
        #[help]
        help: Option<String>,
        /// Where it is named.
        #[label("no such {kind}")]
        span: Span,
    },
    /// A reference to a resource that its condition leaves out.
    #[error(
        "`{path}` refers to `{name}`, which is not created: its condition `{condition}` is false"
    )]
    #[diagnostic(help("guard the reference with `Fn::If` on `{condition}`"))]
    NotCreated {
        /// The resource.
        name: String,
        /// Its condition.
        condition: String,
        /// The way to the reference.
        path: String,
        /// Where the reference stands.
        #[label("refers to `{name}`")]
        span: Span,
    },
    /// Something of CloudFormation's that is not emulated.
    #[error("`{path}` uses {what}, which is not emulated")]
    #[diagnostic(help("{help}"))]
    NotEmulated {
        /// The function or section.
        what: String,
        /// The way to it.
        path: String,
        /// What to do.
        help: &'static str,
        /// Where it stands.
        #[label("not emulated")]
        span: Span,
    },
    /// A value of another stack that none of the given ones has.
    #[error("`{path}` asks for {what}, which none of the given stacks has")]
    #[diagnostic(help(
        "{}give the template that has it too, or its cdk.out folder, or write an export's value into \
         local-env.toml under `[imports]`",
        help.as_ref().map(|it| format!("{it} Else ")).unwrap_or_default()
    ))]
    NotExported {
        /// In the user's words.
        what: String,
        /// The way to the function.
        path: String,
        /// The nearest name that exists.
        help: Option<String>,
        /// Where it stands.
        #[label("comes from another stack")]
        span: Span,
    },
    /// A nested stack whose own template is wrong.
    #[error("the nested stack `{name}` cannot be read")]
    Nested {
        /// The resource.
        name: String,
        /// What is wrong with its template.
        #[diagnostic_source]
        error: Box<dyn Diagnostic + Send + Sync>,
        /// The resource's place.
        #[label("nested here")]
        span: Span,
    },
    /// An assertion of the template's `Rules` that does not hold.
    #[error("the template's own rule at `{path}` is broken")]
    Assertion {
        /// The way to the assertion.
        path: String,
        /// The template's own description of it.
        #[help]
        help: Option<String>,
        /// Where it stands.
        #[label("does not hold")]
        span: Span,
    },
    /// A function's argument has the wrong form.
    #[error("`{function}` at `{path}` {why}")]
    #[diagnostic(help("write it as `{form}`"))]
    Function {
        /// `Fn::Join`.
        function: &'static str,
        /// The way to it.
        path: String,
        /// What is wrong.
        why: String,
        /// How it is written.
        form: &'static str,
        /// Where it stands.
        #[label("here")]
        span: Span,
    },
    /// Resources or conditions that need one another.
    #[error("{names} depend on one another in a circle")]
    #[diagnostic(help("take out one of these references, for example by making a resource of it"))]
    Cycle {
        /// `A → B → A`.
        names: String,
        /// The declaration of the first.
        #[label("the circle begins here")]
        span: Span,
    },
    /// Parameters without default that were not given.
    #[error("the template needs a value for {names}")]
    #[diagnostic(help(
        "give each one as `--parameter Name=value`, or in local-env.toml under `[parameters]`, where \
         `local-env init` writes a first guess"
    ))]
    MissingParameters {
        /// All of them.
        names: String,
        /// The declaration of the first.
        #[label("has no default")]
        span: Span,
    },
    /// A value was given for a parameter that the template has not.
    #[error("the template has no parameter `{name}`, but a value is given for it")]
    UnknownParameter {
        /// The name as given.
        name: String,
        /// The nearest name that exists.
        #[help]
        help: Option<String>,
    },
    /// A parameter's value breaks the parameter's own rule.
    #[error("the parameter `{name}` is {value}, {rule}")]
    ParameterValue {
        /// The parameter.
        name: String,
        /// Its value, quoted, unless the template wants it hidden.
        value: String,
        /// The rule that it breaks.
        rule: String,
        /// The template's own description of the rule.
        #[help]
        help: Option<String>,
        /// The declaration.
        #[label("declared here")]
        span: Span,
    },
}

// === impl Problems ===

impl<P: Diagnostic> Problems<P> {
    /// In the text's order; `None` where there is no problem.
    pub fn unless_empty(source: &Source, mut problems: Vec<P>) -> Option<Self> {
        problems.sort_by_key(place);
        (!problems.is_empty()).then(|| Self { source: source.clone(), problems })
    }
}

impl<P: Diagnostic> Problems<P> {
    /// Of the template that has the first problem.
    fn name(&self) -> &str {
        let first = self.problems.first().and_then(place).unwrap_or_default();
        self.source.name_at(Span::from(first))
    }
}

fn place<P: Diagnostic>(problem: &P) -> Option<usize> {
    problem.labels().into_iter().flatten().map(|label| label.offset()).max()
}

impl<P> Problems<P> {
    /// Makes an error of a single problem.
    pub fn one(source: &Source, problem: P) -> Self {
        Self { source: source.clone(), problems: vec![problem] }
    }

    /// The text that they are in.
    pub fn text(&self) -> &Source {
        &self.source
    }

    /// At least one, in the text's order.
    pub fn problems(&self) -> &[P] {
        &self.problems
    }

    fn only(&self) -> Option<&P> {
        if let [problem] = self.problems.as_slice() { Some(problem) } else { None }
    }
}

impl<P: Diagnostic> fmt::Display for Problems<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.only() {
            Some(problem) => write!(f, "{}: {problem}", self.name()),
            None if self.problems.len() > MOST_SHOWN => write!(
                f,
                "{} has {} problems, of which these are the first {MOST_SHOWN}",
                self.name(),
                self.problems.len()
            ),
            None => write!(f, "{} has {} problems", self.name(), self.problems.len()),
        }
    }
}

impl<P: Diagnostic> error::Error for Problems<P> {}

impl<P: Diagnostic> Diagnostic for Problems<P> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.only()?.help()
    }

    fn diagnostic_source(&self) -> Option<&dyn Diagnostic> {
        self.only()?.diagnostic_source()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.only()?.labels()
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.only().is_some() {
            return None;
        }
        Some(Box::new(
            self.problems.iter().take(MOST_SHOWN).map(|problem| -> &dyn Diagnostic { problem }),
        ))
    }
}

// === impl TemplateProblem ===

impl TemplateProblem {
    /// What is wrong with the nested stack that cannot be read.
    pub fn nested(&self) -> Option<&TemplateError> {
        let Self::Nested { error, .. } = self else { return None };
        let error: &(dyn std::error::Error + 'static) = &**error;
        error.downcast_ref()
    }

    pub(super) fn syntax(what: impl Into<String>, span: impl Into<Span>) -> Self {
        Self::Syntax { what: what.into(), help: None, span: span.into() }
    }

    pub(super) fn too_deep(span: impl Into<Span>) -> Self {
        let help = "no template of CloudFormation's needs that; is a bracket left open?";
        Self::Syntax {
            what: format!("values are nested more than {} deep", super::node::MAX_DEPTH),
            help: Some(help.to_owned()),
            span: span.into(),
        }
    }

    pub(super) fn malformed(path: &Path<'_>, expected: &'static str, node: &super::Node) -> Self {
        let path = path.to_string();
        Self::Malformed { path, expected, found: node.kind(), span: node.span }
    }
}
