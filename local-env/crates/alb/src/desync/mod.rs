//! How differently two servers might read a request (alb §8).
//!
//! A request whose end two servers see in different places lets one client speak for another. AWS
//! judges requests by the rules of its published guardian, which this follows: it looks at the raw
//! head, severity only rises, and the first reason of the highest class is the one that is told. It
//! judges and does not parse: what is no request at all is refused before.

mod reading;
mod similarity;

use self::{
    reading::{Header, Reading, RequestLine},
    similarity::{Similarity, similarity},
};
use super::head::{is_field_token, is_header_text};
use stack::DesyncMitigation;

const TRANSFER_ENCODING: &[u8] = b"transfer-encoding";
const CONTENT_LENGTH: &[u8] = b"content-length";

/// How dangerous a request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// As the standard has it.
    #[default]
    Compliant,
    /// Not quite so, but nobody reads it differently.
    Acceptable,
    /// Some servers might read it differently.
    Ambiguous,
    /// Made to be read differently.
    Severe,
}

macro_rules! reasons {
    ($($name:ident = $text:literal,)*) => {
        /// Why a request is not compliant, by AWS's names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ClassificationReason {
            $(#[doc = $text] $name,)*
        }

        impl ClassificationReason {
            /// As the access log has it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

reasons! {
    AmbiguousUri = "A control character in the target.",
    BadContentLength = "A length that is no number.",
    BadHeader = "A NUL, or a line end inside a header.",
    BadMethod = "A method that is no token.",
    BadTransferEncoding = "A transfer coding that is not known.",
    BadUri = "A NUL, or a line end inside the target.",
    BadVersion = "A version that is none.",
    BothTeClPresent = "A length and a transfer coding.",
    DuplicateContentLength = "The same length twice.",
    EmptyHeader = "A header without a name.",
    GetHeadZeroContentLength = "A GET or HEAD that says it brings nothing.",
    MissingHeaderColon = "A header line without a colon.",
    MissingLastEmptyLine = "A head that does not end.",
    MissingUri = "No target.",
    MultilineHeader = "A header over several lines.",
    MultipleContentLength = "Different lengths.",
    MultipleTransferEncodingChunked = "Chunks within chunks.",
    NonCompliantHeader = "A character that headers must not have.",
    NonCompliantVersion = "A version that is not 1.0 or 1.1, or has blanks around it.",
    NonCrLfLineTermination = "A line that ends with a line feed alone.",
    PartialHeaderLine = "A header line that does not end.",
    SpaceInUri = "A blank in the target.",
    SuspiciousHeader = "A name much like that of a header which tells where a request ends.",
    UndefinedContentLengthSemantics = "A length where it means nothing.",
    UndefinedTransferEncodingSemantics = "A transfer coding where it means nothing.",
}

/// What is to be thought of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classification {
    /// How dangerous it is.
    pub class: Class,
    /// Why, unless it is compliant.
    pub reason: Option<ClassificationReason>,
}

/// What is done with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// It goes on.
    Pass,
    /// It goes on, and the connections end with it.
    PassAndClose,
    /// It is refused, and the client's connection ends.
    Block,
}

/// Judges a request by its head as it came, from the request line to the empty line.
pub fn classify(head: &[u8]) -> Classification {
    let (line, mut reading) = Reading::start(head);
    if line.version >= b"HTTP/2".as_slice() {
        return Classification::default();
    }
    let headers = reading.clone();
    reading.by_ref().for_each(drop);
    let mut classification = reading.classification;
    for header in headers.clone() {
        classification.judge_header(header);
    }
    classification.judge_framing(&line, &headers);
    classification.judge_request_line(&line);
    classification
}

/// What a load balancer of this mode does with a request of this class.
pub(crate) fn treatment(mode: DesyncMitigation, class: Class) -> Treatment {
    match (mode, class) {
        (DesyncMitigation::Monitor, _)
        | (_, Class::Compliant)
        | (DesyncMitigation::Defensive, Class::Acceptable) => Treatment::Pass,
        (DesyncMitigation::Defensive, Class::Ambiguous) => Treatment::PassAndClose,
        _ => Treatment::Block,
    }
}

// === impl Class ===

impl Class {
    /// As the access log has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compliant => "Compliant",
            Self::Acceptable => "Acceptable",
            Self::Ambiguous => "Ambiguous",
            Self::Severe => "Severe",
        }
    }
}

// === impl Classification ===

impl Classification {
    fn raise(&mut self, class: Class, reason: ClassificationReason) {
        if class > self.class {
            *self = Self { class, reason: Some(reason) };
        }
    }

    fn judge_header(&mut self, header: Header<'_>) {
        let (name, value) = (header.name, header.value);
        if name.iter().chain(value).any(|&byte| is_bad(byte)) {
            self.raise(Class::Severe, ClassificationReason::BadHeader);
        } else if !name.iter().all(|&it| is_field_token(it))
            || !value.iter().all(|&it| is_header_text(it))
        {
            self.raise(Class::Acceptable, ClassificationReason::NonCompliantHeader);
        }
        let bad = name.iter().chain(value).any(|&byte| is_bad(byte));
        match trim(name) {
            [] | [b':', ..] => self.raise(Class::Ambiguous, ClassificationReason::EmptyHeader),
            _ if !bad && frames(name) == Some(Similarity::SameLetters) => {
                self.raise(Class::Ambiguous, ClassificationReason::SuspiciousHeader);
            }
            _ => {}
        }
    }

    /// Headers that tell where a request ends, and those that some server might take for them.
    fn judge_framing(&mut self, line: &RequestLine<'_>, headers: &Reading<'_>) {
        let codings = || headers.clone().filter(|it| it.tells(TRANSFER_ENCODING));
        let lengths = || {
            headers.clone().filter(|it| it.tells(CONTENT_LENGTH) && !it.tells(TRANSFER_ENCODING))
        };
        let (coded, with_length) = (codings().next().is_some(), lengths().next().is_some());
        if coded && line.version <= b"HTTP/1.0".as_slice() {
            return self
                .raise(Class::Ambiguous, ClassificationReason::UndefinedTransferEncodingSemantics);
        }
        if with_length && line.version < b"HTTP/1.0".as_slice() {
            return self
                .raise(Class::Ambiguous, ClassificationReason::UndefinedContentLengthSemantics);
        }
        self.judge_codings(codings().map(|it| it.value));
        let length = self.judge_lengths(lengths().map(|it| it.value));
        if matches!(line.method, b"GET" | b"HEAD") {
            if coded {
                self.raise(
                    Class::Ambiguous,
                    ClassificationReason::UndefinedTransferEncodingSemantics,
                );
            }
            match length {
                Some(0) => {
                    self.raise(Class::Acceptable, ClassificationReason::GetHeadZeroContentLength);
                }
                Some(_) => self
                    .raise(Class::Ambiguous, ClassificationReason::UndefinedContentLengthSemantics),
                None => {}
            }
        }
        if coded && length.is_some() {
            self.raise(Class::Ambiguous, ClassificationReason::BothTeClPresent);
        }
    }

    fn judge_codings<'a>(&mut self, values: impl Iterator<Item = &'a [u8]>) {
        const KNOWN: [&[u8]; 5] = [b"chunked", b"compress", b"deflate", b"gzip", b"identity"];
        let mut after_chunked = false;
        for coding in values.flat_map(|value| value.split(|&byte| byte == b',')) {
            let name = trim(coding.split(|&byte| byte == b';').next().unwrap_or_default());
            if !KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known)) {
                self.raise(Class::Severe, ClassificationReason::BadTransferEncoding);
                continue;
            }
            let chunked = name.eq_ignore_ascii_case(b"chunked");
            if after_chunked && chunked {
                self.raise(Class::Severe, ClassificationReason::MultipleTransferEncodingChunked);
            }
            after_chunked = chunked;
        }
    }

    /// The first length that is one.
    fn judge_lengths<'a>(&mut self, values: impl Iterator<Item = &'a [u8]>) -> Option<u64> {
        let mut length = None;
        for value in values {
            match (number(trim(value)), length) {
                (None, _) => self.raise(Class::Severe, ClassificationReason::BadContentLength),
                (new, None) => length = new,
                (Some(new), Some(first)) if new == first => {
                    self.raise(Class::Ambiguous, ClassificationReason::DuplicateContentLength);
                }
                _ => self.raise(Class::Severe, ClassificationReason::MultipleContentLength),
            }
        }
        length
    }

    fn judge_request_line(&mut self, line: &RequestLine<'_>) {
        if !line.method.iter().all(|&byte| is_field_token(byte)) {
            self.raise(Class::Severe, ClassificationReason::BadMethod);
        }
        self.judge_version(line.version);
        for &byte in line.target {
            match byte {
                b'\r' | b'\n' | 0 => {
                    return self.raise(Class::Severe, ClassificationReason::BadUri);
                }
                b' ' => self.raise(Class::Acceptable, ClassificationReason::SpaceInUri),
                0..=0x1f | 0x7f => self.raise(Class::Ambiguous, ClassificationReason::AmbiguousUri),
                _ => {}
            }
        }
    }

    fn judge_version(&mut self, version: &[u8]) {
        match trim(version) {
            b"HTTP/0.9" => self.raise(Class::Acceptable, ClassificationReason::NonCompliantVersion),
            [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'0'..=b'9'] => {
                if version.len() != 8 || *minor > b'1' {
                    self.raise(Class::Acceptable, ClassificationReason::NonCompliantVersion);
                }
            }
            _ => self.raise(Class::Severe, ClassificationReason::BadVersion),
        }
    }
}

// === impl Header ===

impl Header<'_> {
    /// Whether some server might take it for this header.
    fn tells(&self, wanted: &[u8]) -> bool {
        match similarity(wanted, self.name) {
            Similarity::Identical => true,
            Similarity::Distant => false,
            Similarity::SameLetters => {
                let bad = self.name.iter().chain(self.value).any(|&byte| is_bad(byte));
                !bad && !matches!(trim(self.name), [] | [b':', ..])
            }
        }
    }
}

/// How much a name is like one that tells where a request ends.
fn frames(name: &[u8]) -> Option<Similarity> {
    let alike = |wanted| Some(similarity(wanted, name)).filter(|it| *it != Similarity::Distant);
    alike(TRANSFER_ENCODING).or_else(|| alike(CONTENT_LENGTH))
}

fn is_bad(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

fn trim(text: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = text.iter().position(|byte| !blank(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !blank(byte)).map_or(start, |at| at + 1);
    text.get(start..end).unwrap_or_default()
}

/// Nothing is 0, as the guardian has it.
fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, &digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests;
