//! A raw head as the guardian reads it: lenient, and only to judge it.

use memchr::memchr;

use super::classification::{Class, Classification, ClassificationReason};
use crate::head::is_field_token;

/// The parts of a request line, each of which may be empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestLine<'a> {
    pub(super) method: &'a [u8],
    pub(super) target: &'a [u8],
    /// `HTTP/0.9` where there is none.
    pub(super) version: &'a [u8],
}

/// A header, or the continuation of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
}

/// Goes through the headers, and judges their lines on the way.
#[derive(Clone, Debug)]
pub(super) struct Reading<'a> {
    rest: &'a [u8],
    /// Whether the last line had no end.
    exhausted: bool,
    ended: bool,
    /// The header that a folded line continues.
    name: Option<&'a [u8]>,
    /// Whether that is `Content-Type`, which may go over several lines.
    media_type: bool,
    pub(super) classification: Classification,
}

// === impl Reading ===

impl<'a> Reading<'a> {
    /// Returns the request line, and the reading of what follows it.
    pub(super) fn start(head: &'a [u8]) -> (RequestLine<'a>, Self) {
        let mut reading = Self {
            rest: head,
            exhausted: false,
            ended: false,
            name: None,
            media_type: false,
            classification: Classification::default(),
        };
        let line = reading.line();
        (reading.request_line(line), reading)
    }

    fn request_line(&mut self, line: &'a [u8]) -> RequestLine<'a> {
        let (method, rest) = match memchr(b' ', line) {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &[][..]),
        };
        let (target, version) = match last_word(rest) {
            Some((Some(target), version)) if !(target.is_empty() && version.is_empty()) => {
                (target, version)
            }
            // One word: a version, if it looks like one.
            Some((None, version)) if version.starts_with(b"HTTP/1.") => {
                self.classification.raise(Class::Ambiguous, ClassificationReason::MissingUri);
                (&[][..], version)
            }
            Some((None, target)) => (target, &[][..]),
            Some((Some(_), _)) | None => {
                self.classification.raise(Class::Ambiguous, ClassificationReason::MissingUri);
                (&[][..], &[][..])
            }
        };
        let unnamed = super::trim(version).is_empty();
        RequestLine { method, target, version: if unnamed { b"HTTP/0.9" } else { version } }
    }

    /// Returns the next line without its end.
    fn line(&mut self) -> &'a [u8] {
        let line = if let Some(at) = memchr(b'\n', self.rest) {
            let (line, rest) = self.rest.split_at(at);
            self.rest = rest.get(1..).unwrap_or_default();
            line
        } else {
            self.exhausted = true;
            std::mem::take(&mut self.rest)
        };
        line.strip_suffix(b"\r").unwrap_or_else(|| {
            self.classification
                .raise(Class::Acceptable, ClassificationReason::NonCrLfLineTermination);
            line
        })
    }

    fn header(&mut self, line: &'a [u8]) -> Header<'a> {
        let folded = matches!(line, [b' ' | b'\t', ..]);
        let colon = memchr(b':', line);
        let (first, after) = match colon {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &[][..]),
        };
        if !folded && colon.is_some() {
            self.media_type = first.eq_ignore_ascii_case(b"content-type");
            self.name = Some(first);
        }
        let header = match self.name {
            Some(name) if folded && (self.media_type || colon.is_none()) => {
                Header { name, value: first }
            }
            _ => Header { name: first, value: after },
        };
        if !folded && colon.is_none() {
            self.classification.raise(Class::Ambiguous, ClassificationReason::MissingHeaderColon);
        }
        if folded && !self.media_type {
            self.classification.raise(Class::Ambiguous, ClassificationReason::MultilineHeader);
        }
        header
    }
}

impl<'a> Iterator for Reading<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        if self.ended {
            return None;
        }
        let line = self.line();
        if line.is_empty() {
            self.ended = true;
            return None;
        }
        let header = self.header(line);
        if self.exhausted {
            self.ended = true;
            self.classification.raise(Class::Ambiguous, ClassificationReason::PartialHeaderLine);
        } else if self.rest.is_empty() {
            self.ended = true;
            self.classification.raise(Class::Ambiguous, ClassificationReason::MissingLastEmptyLine);
        }
        Some(header)
    }
}

/// Returns what stands before the last blank that a word follows, and that word with the blanks
/// behind it. `None` where there is nothing; without such a blank everything is the word.
fn last_word(text: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let mut at = text.len().checked_sub(1)?;
    let mut behind_word = true;
    while at > 0 && (text[at] != b' ' || behind_word) {
        behind_word &= !is_field_token(text[at]);
        at -= 1;
    }
    Some(if text[at] == b' ' { (Some(&text[..at]), &text[at + 1..]) } else { (None, text) })
}
