//! What heads are made of: lines, and the kinds of bytes in them.

use std::ops::Range;

use memchr::memchr;

/// The lines of a head without their ends, each with where it begins.
pub(super) struct Lines<'a> {
    head: &'a [u8],
    at: usize,
    /// Whether one ended in a line feed alone, or holds a carriage return elsewhere.
    pub(super) bare: bool,
}

// === impl Lines ===

impl<'a> Lines<'a> {
    pub(super) fn new(head: &'a [u8]) -> Self {
        Self { head, at: 0, bare: false }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        let rest = self.head.get(start..).filter(|rest| !rest.is_empty())?;
        let length = memchr(b'\n', rest).unwrap_or(rest.len());
        self.at = start + length + 1;
        match &rest[..length] {
            [line @ .., b'\r'] => Some((start, line)),
            line => {
                self.bare = true;
                Some((start, line))
            }
        }
    }
}

/// Returns where a head ends, which is behind its first empty line, whatever its lines end with.
/// `scanned` is how far it was looked for before.
pub(crate) fn head_end(bytes: &[u8], scanned: usize) -> Option<usize> {
    let mut at = scanned;
    while let Some(found) = memchr(b'\n', bytes.get(at..)?) {
        at += found + 1;
        match bytes.get(at..) {
            Some([b'\n', ..]) => return Some(at + 1),
            Some([b'\r', b'\n', ..]) => return Some(at + 2),
            _ => {}
        }
    }
    None
}

/// Returns the range of what is left between blanks.
pub(super) fn trimmed(line: &[u8], within: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (within.start, within.end);
    while start < end && is_blank(line[start]) {
        start += 1;
    }
    while start < end && is_blank(line[end - 1]) {
        end -= 1;
    }
    start..end
}

pub(super) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Returns whether a value may hold this (RFC 9110 §5.5).
pub(crate) fn is_text(byte: u8) -> bool {
    (byte >= b' ' && byte != 0x7f) || byte == b'\t'
}

/// Returns whether it is a field's name (RFC 9110 §5.1).
pub(super) fn is_field_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&byte| is_token(byte))
}

/// Returns whether a token may hold this (RFC 9110 §5.6.2).
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Returns whether ALB takes this in a header's name (alb §1.4).
pub(crate) fn is_valid_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}
