//! What to do about a problem, and what to write at its place.

use std::{fmt, iter};

use miette::{Diagnostic, LabeledSpan};

use super::{Elsewhere, NameKind, TemplateProblem, Unemulated, listed};
use crate::source::Span;

// === impl TemplateProblem ===

impl Diagnostic for TemplateProblem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.mend().map(|mend| -> Box<dyn fmt::Display> { Box::new(mend) })
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_with_span(Some(self.label()), self.span()?);
        Some(Box::new(iter::once(label)))
    }

    fn diagnostic_source(&self) -> Option<&dyn Diagnostic> {
        self.nested().map(|error| -> &dyn Diagnostic { error })
    }
}

impl TemplateProblem {
    /// Returns its place; a parameter that the template has not has none.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Syntax { span, .. }
            | Self::DuplicateKey { span, .. }
            | Self::Version { span, .. }
            | Self::Malformed { span, .. }
            | Self::Missing { span, .. }
            | Self::UnknownName { span, .. }
            | Self::NotCreated { span, .. }
            | Self::NotEmulated { span, .. }
            | Self::NotExported { span, .. }
            | Self::Nested { span, .. }
            | Self::NestedTooDeep { span, .. }
            | Self::TooManyNested { span, .. }
            | Self::Assertion { span, .. }
            | Self::Function { span, .. }
            | Self::Cycle { span, .. }
            | Self::MissingParameters { span, .. }
            | Self::ParameterValue { span, .. } => Some(*span),
            Self::UnknownParameter { .. } => None,
        }
    }

    fn label(&self) -> String {
        match self {
            Self::DuplicateKey { .. } => "given again".to_owned(),
            Self::Version { .. } => "no such version".to_owned(),
            Self::Malformed { found, .. } => (*found).to_owned(),
            Self::Missing { key, .. } => format!("has no `{key}`"),
            Self::UnknownName { kind, .. } => format!("no such {kind}"),
            Self::NotCreated { logical_id, .. } => format!("refers to `{logical_id}`"),
            Self::NotEmulated { .. } => "not emulated".to_owned(),
            Self::NotExported { .. } => "comes from another stack".to_owned(),
            Self::Nested { .. } | Self::NestedTooDeep { .. } | Self::TooManyNested { .. } => {
                "nested here".to_owned()
            }
            Self::Assertion { .. } => "does not hold".to_owned(),
            Self::Cycle { .. } => "the circle begins here".to_owned(),
            Self::MissingParameters { .. } => "has no default".to_owned(),
            Self::ParameterValue { .. } => "declared here".to_owned(),
            Self::Syntax { .. } | Self::Function { .. } | Self::UnknownParameter { .. } => {
                "here".to_owned()
            }
        }
    }

    fn mend(&self) -> Option<String> {
        match self {
            Self::Syntax { reason, .. } => reason.help().map(str::to_owned),
            Self::DuplicateKey { .. } => Some("remove one of the two, or rename it".to_owned()),
            Self::Version { .. } => Some("it is the only version that there is".to_owned()),
            Self::Missing { key, .. } => Some(format!("CloudFormation requires `{key}` here")),
            Self::UnknownName { kind, near, known, .. } => match near {
                Some(near) => Some(did_you_mean(near)),
                None => kind.all(known),
            },
            Self::NotCreated { condition, .. } => {
                Some(format!("guard the reference with `Fn::If` on `{condition}`"))
            }
            Self::NotEmulated { what, .. } => Some(what.help().to_owned()),
            Self::NotExported { value, near, .. } => Some(value.help(near.as_deref())),
            Self::NestedTooDeep { .. } | Self::TooManyNested { .. } => {
                Some("does a template nest itself?".to_owned())
            }
            Self::Assertion { description, .. } | Self::ParameterValue { description, .. } => {
                description.clone()
            }
            Self::Function { reason, form, .. } => reason.help(form),
            Self::Cycle { .. } => Some(CYCLE.to_owned()),
            Self::MissingParameters { .. } => Some(MISSING_PARAMETERS.to_owned()),
            Self::UnknownParameter { near, .. } => near.as_deref().map(did_you_mean),
            Self::Malformed { .. } | Self::Nested { .. } => None,
        }
    }
}

const CYCLE: &str = "remove one of these references: a rule of a security group, for example, can \
                     be a resource of its own";

const AWS_TYPE: &str = "AWS::EC2::VPC::Id";

const MISSING_PARAMETERS: &str = "give each one as `--parameter Name=value`, or in local-env.toml \
                                  under `[parameters]`, where `local-env init` writes a first guess";

fn did_you_mean(near: &str) -> String {
    format!("did you mean `{near}`?")
}

// === impl NameKind ===

impl NameKind {
    fn all(self, known: &[String]) -> Option<String> {
        let names = listed(known);
        match self {
            _ if known.is_empty() => None,
            Self::Attribute => Some(format!("its attributes are {names}")),
            Self::ParameterType => {
                Some(format!("CloudFormation knows {names}, and those of AWS such as `{AWS_TYPE}`"))
            }
            _ => Some(format!("CloudFormation knows {names}")),
        }
    }
}

// === impl Unemulated ===

impl Unemulated {
    fn help(&self) -> &'static str {
        match self {
            Self::Macro { .. } => {
                "deploy it once and take the processed template: `aws cloudformation get-template \
                 --template-stage Processed`"
            }
            Self::Function { .. } => {
                "write the value that it would give, or a reference to a parameter with that value"
            }
            Self::ConditionFunction { .. } => {
                "conditions are made of `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not`, `Condition`"
            }
        }
    }
}

// === impl Elsewhere ===

impl Elsewhere {
    fn help(&self, near: Option<&str>) -> String {
        let near =
            near.map(|near| format!("{} Otherwise ", did_you_mean(near))).unwrap_or_default();
        let given = "give the template that has it too, or its cdk.out folder";
        match self {
            Self::Export { .. } => {
                format!("{near}{given}, or write its value into local-env.toml under `[imports]`")
            }
            Self::Output { .. } => format!("{near}{given}"),
        }
    }
}
