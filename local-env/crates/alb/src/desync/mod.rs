//! How differently two servers might read a request (alb §8).
//!
//! A request whose end two servers see in different places lets one client speak for another. AWS
//! judges requests by the rules of its published guardian, which this follows: it looks at the raw
//! head, severity only rises, and the first reason of the highest class is the one that is told. It
//! judges and does not parse: what is no request at all is refused before.

mod classification;
mod reading;
mod similarity;

pub use classification::{Class, Classification, ClassificationReason};

use self::{
    reading::{Header, Reading, RequestLine},
    similarity::{Similarity, similarity},
};
use super::head::{is_field_token, is_header_text};
use stack::DesyncMitigation;

const TRANSFER_ENCODING: &[u8] = b"transfer-encoding";
const CONTENT_LENGTH: &[u8] = b"content-length";

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

/// Returns what a load balancer of this mode does with a request of this class.
pub(crate) fn treatment(mode: DesyncMitigation, class: Class) -> Treatment {
    match (mode, class) {
        (DesyncMitigation::Monitor, _)
        | (_, Class::Compliant)
        | (DesyncMitigation::Defensive, Class::Acceptable) => Treatment::Pass,
        (DesyncMitigation::Defensive, Class::Ambiguous) => Treatment::PassAndClose,
        _ => Treatment::Block,
    }
}

// === impl Classification ===

impl Classification {
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

    /// Judges the headers that tell where a request ends, and those that some server might take for
    /// them.
    fn judge_framing(&mut self, line: &RequestLine<'_>, headers: &Reading<'_>) {
        let codings = || headers.clone().filter(|it| it.resembles(TRANSFER_ENCODING));
        let lengths = || {
            headers
                .clone()
                .filter(|it| it.resembles(CONTENT_LENGTH) && !it.resembles(TRANSFER_ENCODING))
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

    /// Judges the lengths, and returns the first one that is a number.
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
    /// Returns whether some server might take it for this header.
    fn resembles(&self, wanted: &[u8]) -> bool {
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

/// Returns how much a name is like one that tells where a request ends.
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

/// Reads a number. No digits are 0, as the guardian has it.
fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, &digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests;
