//! A request's head (RFC 9112 §2 to §5), read as leniently as ALB does: what is doubtful is for
//! the desync classes to judge, and only what is no request at all is refused here.

use memchr::memchr;

use super::{Fields, fields::Span};

/// A request's start line and header fields. Made once a connection and filled anew for each request.
#[derive(Clone, Debug, Default)]
pub struct RequestHead {
    fields: Fields,
    method: Span,
    target: Span,
    version: Version,
    plain: bool,
}

/// The version that a request line names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// None at all.
    Http09,
    /// `HTTP/1.0`.
    Http10,
    /// `HTTP/1.1`, and what claims to be a later version 1.
    #[default]
    Http11,
    /// A stream of an HTTP/2 connection.
    Http2,
}

/// What is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The first line is no request line.
    #[error("the request line is malformed")]
    RequestLine,
    /// A version that this connection does not speak.
    #[error("the HTTP version is not supported")]
    Version,
}

/// Where a head ends, which is behind its first empty line, whatever its lines end with. `scanned` is
/// how far it was looked for before.
#[expect(dead_code, reason = "read by the connections to come")]
pub(crate) fn end(bytes: &[u8], scanned: usize) -> Option<usize> {
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

// === impl RequestHead ===

impl RequestHead {
    /// A head that did not come as bytes.
    pub fn new(method: &[u8], target: &[u8], version: Version) -> Self {
        let mut head = Self::default();
        head.start(method, target, version);
        head
    }

    /// Begins anew with a request that did not come as bytes.
    pub fn start(&mut self, method: &[u8], target: &[u8], version: Version) {
        self.fields.clear();
        self.method = self.fields.append(method);
        self.target = self.fields.append(target);
        self.version = version;
        self.plain = true;
    }

    /// Takes in a whole head, from the request line to the empty line.
    ///
    /// A line that is folded or has no colon becomes a field of its own without a value (alb §1.4).
    pub fn read(&mut self, head: &[u8]) -> Result<(), Malformed> {
        self.fields.clear();
        self.plain = true;
        self.fields.append(head);
        let mut lines = Lines { head, at: 0, bare: false };
        let Some((start, line)) = lines.next() else { return Err(Malformed::RequestLine) };
        self.request_line(start, line)?;
        let mut lengths = 0;
        for (start, line) in lines.by_ref() {
            if line.is_empty() {
                break;
            }
            self.field(start, line, &mut lengths);
        }
        self.plain &= !lines.bare && lengths < 2;
        Ok(())
    }

    /// The method as it was written.
    pub fn method(&self) -> &[u8] {
        self.method.of(self.fields.text())
    }

    /// The request target as it was written: a path and query, an absolute URL, or `*`.
    pub fn target(&self) -> &[u8] {
        self.target.of(self.fields.text())
    }

    /// The version of the request line.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The header fields.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The header fields, to add some.
    pub fn fields_mut(&mut self) -> &mut Fields {
        &mut self.fields
    }

    /// The head as it came; meaningless for one that did not come as bytes.
    pub fn text(&self) -> &[u8] {
        self.fields.text()
    }

    /// Whether it is so ordinary that no server could misread it: then it is of the class Compliant,
    /// and the desync classes need not look (alb §8).
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    fn request_line(&mut self, start: usize, line: &[u8]) -> Result<(), Malformed> {
        let method_end = memchr(b' ', line).ok_or(Malformed::RequestLine)?;
        let (target_end, version) = match line.iter().rposition(|&byte| byte == b' ') {
            Some(at) if at > method_end => (at, version(&line[at + 1..])?),
            _ => (line.len(), Version::Http09),
        };
        let (method, target) = (&line[..method_end], &line[method_end + 1..target_end]);
        if method.is_empty() || !method.iter().all(|&byte| is_token(byte)) || !is_target(target) {
            return Err(Malformed::RequestLine);
        }
        self.method = Span::new(start, start + method_end);
        self.target = Span::new(start + method_end + 1, start + target_end);
        self.version = version;
        let named = &line[(target_end + 1).min(line.len())..];
        self.plain &= matches!(named, b"HTTP/1.1" | b"HTTP/1.0") && all(target, is_visible);
        Ok(())
    }

    fn field(&mut self, start: usize, line: &[u8], lengths: &mut u32) {
        let (Some(colon), false) = (memchr(b':', line), is_blank(line[0])) else {
            self.plain = false;
            let name = trimmed(line, 0..line.len());
            let end = Span::new(start + name.end, start + name.end);
            self.fields.push_line(Span::new(start + name.start, start + name.end), end);
            return;
        };
        let value = trimmed(line, colon + 1..line.len());
        let name = Span::new(start, start + colon);
        self.fields.push_line(name, Span::new(start + value.start, start + value.end));
        self.plain &= self.is_plain_field(&line[..colon], &line[value], lengths);
    }

    fn is_plain_field(&self, name: &[u8], value: &[u8], lengths: &mut u32) -> bool {
        if name.is_empty() || !all(name, is_valid_in_name) || !all(value, is_text) {
            return false;
        }
        match super::Name::of(name) {
            super::Name::ContentLength => {
                *lengths += 1;
                (1..=18).contains(&value.len())
                    && all(value, |byte| byte.is_ascii_digit())
                    && !matches!(self.method(), b"GET" | b"HEAD")
            }
            super::Name::TransferEncoding => false,
            super::Name::Other => !resembles_framing(name),
            _ => true,
        }
    }
}

/// Lines with where each begins, without their ends.
struct Lines<'a> {
    head: &'a [u8],
    at: usize,
    /// Whether one ended in a line feed alone, or holds a carriage return elsewhere.
    bare: bool,
}

// === impl Lines ===

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

fn version(text: &[u8]) -> Result<Version, Malformed> {
    match text.strip_prefix(b"HTTP/").unwrap_or_default() {
        b"1.0" => Ok(Version::Http10),
        b"0.9" => Ok(Version::Http09),
        [b'1', b'.', b'1'..=b'9'] => Ok(Version::Http11),
        [b'2'..=b'9', b'.', b'0'..=b'9'] => Err(Malformed::Version),
        _ => Err(Malformed::RequestLine),
    }
}

/// Origin form, absolute form, asterisk form, or an authority for `CONNECT` (RFC 9112 §3.2).
fn is_target(target: &[u8]) -> bool {
    match target {
        [b'/', ..] | b"*" => true,
        [first, ..] => first.is_ascii_alphanumeric() && target.contains(&b':'),
        [] => false,
    }
}

/// The range of what is left between blanks.
fn trimmed(line: &[u8], within: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let (mut start, mut end) = (within.start, within.end);
    while start < end && is_blank(line[start]) {
        start += 1;
    }
    while start < end && is_blank(line[end - 1]) {
        end -= 1;
    }
    start..end
}

/// A name that some server might take for `Content-Length` or `Transfer-Encoding`.
fn resembles_framing(name: &[u8]) -> bool {
    let ends_in = |end: &[u8]| {
        name.len().checked_sub(end.len()).is_some_and(|at| name[at..].eq_ignore_ascii_case(end))
    };
    ends_in(b"length") || (ends_in(b"encoding") && !name.eq_ignore_ascii_case(b"accept-encoding"))
}

/// Without leaving early, so that the compiler can look at many bytes at once.
fn all(bytes: &[u8], of_kind: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(true, |all, &byte| all & of_kind(byte))
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn is_visible(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f
}

fn is_text(byte: u8) -> bool {
    byte >= b' ' && byte != 0x7f
}

/// What ALB takes in a header's name (alb §1.4).
fn is_valid_in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// RFC 9110 §5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
