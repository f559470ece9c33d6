//! Why a text is no JSON, no YAML, or not of the kind that a template is.

use thiserror::Error;

/// What is wrong with a template's text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SyntaxFault {
    /// The text is not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8 {
        /// Whether it begins as UTF-16 does.
        is_utf16: bool,
    },
    /// The text is longer than any template.
    #[error("the text has more than {} MB, as no template has", .most >> 20)]
    TooLong {
        /// The most bytes that are read.
        most: usize,
    },
    /// Lists and mappings stand within too many others.
    #[error("values are nested more than {most} deep")]
    TooDeep {
        /// The most that may stand within one another.
        most: usize,
    },
    /// Nothing stands in the text.
    #[error("the text is empty")]
    Empty,
    /// JSON: another character belongs here.
    #[error("expected {expected}, found `{}`", .found.escape_debug())]
    Unexpected {
        /// What belongs here, as JSON's grammar has it.
        expected: &'static str,
        /// The character that stands here.
        found: char,
    },
    /// JSON: the text ends too early.
    #[error("the text ends where {expected} is expected")]
    Ended {
        /// What belongs here, as JSON's grammar has it.
        expected: &'static str,
    },
    /// JSON: a text in quotation marks has no second one.
    #[error("a text is not closed: its second quotation mark is missing")]
    Unclosed,
    /// JSON: a text in quotation marks has a character that must be escaped.
    #[error("a text has the control character `{}`, which JSON wants escaped", .found.escape_debug())]
    ControlCharacter {
        /// The character.
        found: char,
    },
    /// JSON: what follows a backslash in a text is not one of JSON's escapes.
    #[error("a text has an escape that JSON does not know")]
    Escape,
    /// JSON: what begins like a number is none.
    #[error("`{found}` is not a JSON number")]
    NotANumber {
        /// What stands there.
        found: String,
    },
    /// YAML: the reader of events cannot go on.
    #[error("this is not YAML: {message}")]
    NotYaml {
        /// What `saphyr-parser` says.
        message: String,
    },
    /// YAML: a second document begins.
    #[error("a template is one YAML document, and here is another")]
    SecondDocument,
    /// YAML: a key asks for the entries of another mapping.
    #[error("CloudFormation does not merge mappings with `<<`")]
    MergeKey,
    /// YAML: an alias has no value to copy.
    #[error("an alias must refer to a value that ends before it")]
    DanglingAlias,
    /// YAML: anchors and aliases copy too much.
    #[error("aliases repeat more than {most} values")]
    TooManyCopies {
        /// The most values that may be copied.
        most: usize,
    },
    /// YAML: a key is a list, a mapping or an alias.
    #[error("a key must be a plain text")]
    KeyNotText,
    /// YAML: a tag is neither a function's nor YAML's own.
    #[error("CloudFormation does not know the tag `{tag}`")]
    UnknownTag {
        /// The tag as it is written.
        tag: String,
    },
}

// === impl SyntaxFault ===

impl SyntaxFault {
    /// Returns what to do, where the sentence alone does not tell.
    pub(super) fn help(&self) -> Option<&'static str> {
        match self {
            Self::NotUtf8 { is_utf16: true } => Some("it seems to be UTF-16: save it as UTF-8"),
            Self::NotUtf8 { is_utf16: false } => {
                Some("a template is JSON or YAML in UTF-8; is this another file?")
            }
            Self::TooLong { .. } => Some("CloudFormation takes at most 1 MB"),
            Self::TooDeep { .. } => {
                Some("no CloudFormation template needs that; is a bracket left open?")
            }
            Self::MergeKey => Some("write the entries out"),
            Self::UnknownTag { .. } => Some("a function's short form is like `!Sub` or `!GetAtt`"),
            _ => None,
        }
    }
}
