//! Why a function cannot take its argument.

use thiserror::Error;

use super::name::Expected;

/// What is wrong with a function's argument.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FunctionFault {
    /// The argument is no list, or one of another length.
    #[error("needs a list of {}", items(*.least, *.most))]
    Items {
        /// The fewest items that it takes.
        least: usize,
        /// The most items that it takes.
        most: usize,
    },
    /// A part of the argument is of another type.
    #[error("needs {expected}, not {found}")]
    WrongType {
        /// What belongs there.
        expected: Expected,
        /// What stands there, as [`Node::kind`](crate::Node::kind) says it.
        found: &'static str,
    },
    /// A text of the argument has another form.
    #[error("needs {expected}, not `{found}`")]
    WrongText {
        /// What belongs there.
        expected: Expected,
        /// The text that stands there.
        found: String,
    },
    /// The argument lacks a key.
    #[error("lacks `{key}`")]
    Missing {
        /// The key.
        key: &'static str,
    },
    /// The function's mapping has other keys.
    #[error("must be the only key of its mapping")]
    OtherKeys,
    /// An argument is `AWS::NoValue`.
    #[error("cannot take `AWS::NoValue`")]
    NoValue,
    /// `Fn::GetAtt` has a text without a dot.
    #[error("needs a dot between resource and attribute")]
    NoDot,
    /// `Fn::Sub` has something else than its variables after its text.
    #[error("needs a mapping of variables as its second item, not {found}")]
    Variables {
        /// What stands there, as [`Node::kind`](crate::Node::kind) says it.
        found: &'static str,
    },
    /// `Fn::Split` would split at nothing.
    #[error("needs a delimiter that is not empty")]
    EmptyDelimiter,
    /// `Fn::Select` asks for an item that is not there.
    #[error("asks for item {index} of {length}, counted from 0")]
    OutOfRange {
        /// The item that it asks for, counted from 0.
        index: usize,
        /// The length of the list.
        length: usize,
    },
    /// `Fn::FindInMap` has a key for what has no keys.
    #[error("finds no mapping to look up `{key}` in")]
    NotAMapping {
        /// The key.
        key: String,
    },
    /// The fourth item of `Fn::FindInMap` is something else than its default.
    #[error("has a fourth item without `DefaultValue`")]
    NoDefaultValue,
    /// The function, or a part of it, is there only for those that ask for the transform.
    #[error(
        "needs the transform `AWS::LanguageExtensions`{}",
        .part.map(|part| format!(" for its `{part}`")).unwrap_or_default()
    )]
    LanguageExtensions {
        /// The part that needs it, where the function alone does not.
        part: Option<&'static str>,
    },
    /// `Fn::Cidr` asks for more blocks, or fewer, than it can make at once.
    #[error("makes 1 to {most} blocks, not {count}")]
    BlockCount {
        /// How many it asks for.
        count: usize,
        /// The most that it makes.
        most: usize,
    },
    /// `Fn::Cidr` asks for more blocks than there are.
    #[error("asks for {count} blocks, where {block} has fewer")]
    TooFewBlocks {
        /// How many it asks for.
        count: usize,
        /// The block that they are cut out of.
        block: String,
    },
    /// `Fn::Cidr` asks for blocks that are larger than what they are cut out of.
    #[error("cannot cut blocks with {bits} host bits out of {block}")]
    HostBits {
        /// The host bits of each block.
        bits: u8,
        /// The block that they are cut out of.
        block: String,
    },
    /// The value is longer than a whole template.
    #[error("makes a text of more than {} MB, which is longer than a template may be", .most >> 20)]
    TextTooLong {
        /// The most bytes that a text may have.
        most: usize,
    },
    /// The functions or loops of a template make more than fits.
    #[error("makes, with what comes before it, more than {} MB", .most >> 20)]
    TooMuch {
        /// The most bytes that all of them may make.
        most: usize,
    },
    /// `Fn::ForEach` makes a key that is there already.
    #[error("makes the key `{key}` a second time")]
    KeyTwice {
        /// The key.
        key: String,
    },
    /// `Fn::ForEach` stands within too many others.
    #[error("is in more than {most} loops")]
    LoopsTooDeep {
        /// The most that may stand within one another.
        most: usize,
    },
}

fn items(least: usize, most: usize) -> String {
    match (least, most) {
        (1, 1) => "1 item".to_owned(),
        (least, most) if least == most => format!("{least} items"),
        (least, most) if least + 1 == most => format!("{least} or {most} items"),
        (least, most) => format!("{least} to {most} items"),
    }
}

// === impl FunctionFault ===

impl FunctionFault {
    /// Returns the fault of an argument that is no list of so many items.
    pub(crate) fn items(count: usize) -> Self {
        Self::Items { least: count, most: count }
    }

    /// Returns what to do about it in a function that is written in this form.
    pub(super) fn help(&self, form: &str) -> Option<String> {
        match self {
            Self::LanguageExtensions { .. } => {
                Some("add `Transform: AWS::LanguageExtensions` to the template".to_owned())
            }
            Self::TextTooLong { .. } | Self::TooMuch { .. } | Self::LoopsTooDeep { .. } => None,
            _ => Some(format!("write it as `{form}`")),
        }
    }
}
