//! Names that a problem is about, and what belongs in their places.

use std::fmt;

use crate::path::PropertyPath;

/// What a part of a template, or an argument of a function, has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A mapping.
    Mapping,
    /// A list.
    List,
    /// A mapping or a list.
    MappingOrList,
    /// A scalar.
    Text,
    /// A number.
    Number,
    /// A place in a list, counted from 0.
    Index,
    /// A range of addresses such as `10.0.0.0/16`.
    CidrBlock,
    /// A list of texts, or a reference to a parameter that is one.
    Texts,
    /// A function that gives true or false, such as `Fn::Equals`.
    ConditionFunction,
}

/// What sort of thing a name was looked for among.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A section of a template.
    Section,
    /// A key of a resource's or a parameter's declaration.
    DeclarationAttribute,
    /// A type of a parameter.
    ParameterType,
    /// What `Ref` takes.
    ParameterOrResource,
    /// What `DependsOn` takes.
    Resource,
    /// What `Fn::GetAtt` takes.
    Attribute,
    /// An entry of `Conditions`.
    Condition,
    /// A function.
    Function,
    /// An entry of `Mappings`.
    Mapping,
    /// A key of such an entry.
    MappingKey,
}

/// A part of CloudFormation's that is not emulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unemulated {
    /// A macro that `Transform` asks for.
    Macro {
        /// The macro's name, where it has one.
        name: Option<String>,
    },
    /// A function that gives a value.
    Function {
        /// The function's name.
        name: String,
    },
    /// A function where one is wanted that gives true or false.
    ConditionFunction {
        /// The function's name.
        name: String,
    },
}

/// A value that another stack has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// What `Fn::ImportValue` asks for.
    Export {
        /// The export's name.
        name: String,
    },
    /// What `Fn::GetStackOutput` asks for.
    Output {
        /// The stack's name.
        stack: String,
        /// The output's name.
        name: String,
    },
}

/// Returns a place as a sentence has it: in backticks, or `the template`.
pub(super) fn in_words(path: &PropertyPath) -> String {
    if path.is_empty() { "the template".to_owned() } else { format!("`{path}`") }
}

/// Returns names as a sentence has them: `` `A`, `B` ``.
pub(super) fn listed(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

// === impl Expected ===

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mapping => "a mapping",
            Self::List => "a list",
            Self::MappingOrList => "a mapping or a list",
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Index => "an index",
            Self::CidrBlock => "a CIDR block",
            Self::Texts => "a list of texts, or a reference to a parameter that is one",
            Self::ConditionFunction => "a condition function such as `Fn::Equals`",
        })
    }
}

// === impl NameKind ===

impl fmt::Display for NameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Section => "section",
            Self::DeclarationAttribute | Self::Attribute => "attribute",
            Self::ParameterType => "parameter type",
            Self::ParameterOrResource => "parameter or resource",
            Self::Resource => "resource",
            Self::Condition => "condition",
            Self::Function => "function",
            Self::Mapping => "mapping",
            Self::MappingKey => "mapping key",
        })
    }
}

// === impl Unemulated ===

impl fmt::Display for Unemulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Macro { name: Some(name) } => write!(f, "the macro `{name}`"),
            Self::Macro { name: None } => f.write_str("a macro"),
            Self::Function { name } => write!(f, "`{name}`"),
            Self::ConditionFunction { name } => write!(f, "`{name}` as a condition"),
        }
    }
}

// === impl Elsewhere ===

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Export { name } => write!(f, "the export `{name}`"),
            Self::Output { stack, name } => write!(f, "the output `{name}` of the stack `{stack}`"),
        }
    }
}
