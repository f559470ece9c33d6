//! A text's bytes to its nodes, in whichever of the two formats it is.

use super::{
    json,
    node::Node,
    problem::{SyntaxFault, TemplateError, TemplateProblem as Problem},
    problems::Problems,
    source::Source,
    yaml,
};

/// The most bytes of a text that are read: many times what CloudFormation takes, which is 1 MB.
pub const LARGEST: usize = 16 << 20;

/// Reads a text as JSON if it begins with `{`, else as YAML.
pub(super) fn read(source: &Source) -> Result<Node, TemplateError> {
    let text = source.text();
    if text.len() > LARGEST {
        let reason = SyntaxFault::TooLong { most: LARGEST };
        return Err(Problems::one(source, Problem::syntax(reason, 0)));
    }
    let root = if text.trim_start().starts_with('{') { json::read(text) } else { yaml::read(text) };
    root.map_err(|problem| Problems::one(source, problem))
}

// === impl Source ===

impl Source {
    /// Returns the text of these bytes under a name for messages.
    ///
    /// # Errors
    ///
    /// Where the bytes are not UTF-8, at the first that is none.
    pub fn from_bytes(name: impl AsRef<str>, bytes: &[u8]) -> Result<Self, TemplateError> {
        let error = match std::str::from_utf8(bytes) {
            Ok(text) => return Ok(Self::new(name, text)),
            Err(error) => error,
        };
        // What can be read is kept, so that the place can be shown.
        let source = Self::new(name, &String::from_utf8_lossy(bytes));
        let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let span = error.valid_up_to()..error.valid_up_to() + '\u{fffd}'.len_utf8();
        let problem = Problem::syntax(SyntaxFault::NotUtf8 { is_utf16 }, span);
        Err(Problems::one(&source, problem))
    }
}
