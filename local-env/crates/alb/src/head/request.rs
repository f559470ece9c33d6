//! A request's head (RFC 9112 §2 to §5), read as leniently as ALB does: what is doubtful is for
//! the desync classes to judge, and only what is no request at all is refused here.

use memchr::memchr;

use super::{
    Fields, Name,
    fields::Span,
    line::{Lines, is_blank, is_token, is_valid_name, trimmed},
};

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
    /// It names no version.
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

// === impl RequestHead ===

impl RequestHead {
    /// Makes a head that did not come as bytes.
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
        self.plain = false;
    }

    /// Forgets what there was.
    pub fn clear(&mut self) {
        self.start(b"", b"", Version::Http11);
    }

    /// Takes in a whole head, from the request line to the empty line.
    ///
    /// A line that is folded or has no colon becomes a field of its own without a value (alb §1.4).
    pub fn read(&mut self, head: &[u8]) -> Result<(), Malformed> {
        self.fields.clear();
        self.plain = true;
        self.fields.append(head);
        let mut lines = Lines::new(head);
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

    /// Returns the method as it was written.
    pub fn method(&self) -> &[u8] {
        self.method.of(self.fields.text())
    }

    /// Returns the request target as it was written: a path and query, an absolute URL, or `*`.
    pub fn target(&self) -> &[u8] {
        self.target.of(self.fields.text())
    }

    /// Returns the version of the request line.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Returns the header fields.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Returns the header fields, to add some.
    pub fn fields_mut(&mut self) -> &mut Fields {
        &mut self.fields
    }

    /// Returns the head as it came; meaningless for one that did not come as bytes.
    pub fn text(&self) -> &[u8] {
        self.fields.text()
    }

    /// Returns whether it is so ordinary that no server could misread it: then it is of the class
    /// Compliant, and the desync classes need not look (alb §8).
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
        if name.is_empty()
            || !all(name, is_valid_name)
            || !all(value, |byte| byte >= b' ' && byte != 0x7f)
        {
            return false;
        }
        match Name::of(name) {
            Name::ContentLength => {
                *lengths += 1;
                (1..=18).contains(&value.len())
                    && all(value, |byte| byte.is_ascii_digit())
                    && !matches!(self.method(), b"GET" | b"HEAD")
            }
            Name::TransferEncoding => false,
            Name::Other => !resembles_framing(name),
            _ => true,
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

/// Returns whether it is in origin form, absolute form or asterisk form, or an authority for
/// `CONNECT` (RFC 9112 §3.2).
fn is_target(target: &[u8]) -> bool {
    match target {
        [b'/', ..] | b"*" => true,
        [first, ..] => first.is_ascii_alphanumeric() && target.contains(&b':'),
        [] => false,
    }
}

/// Returns whether some server might take a name for `Content-Length` or `Transfer-Encoding`. One
/// that ends in a hyphen may be either, cut short: `Content-Lengt--`.
fn resembles_framing(name: &[u8]) -> bool {
    let ends_in = |end: &[u8]| {
        name.len().checked_sub(end.len()).is_some_and(|at| name[at..].eq_ignore_ascii_case(end))
    };
    ends_in(b"-")
        || ends_in(b"length")
        || (ends_in(b"encoding") && !name.eq_ignore_ascii_case(b"accept-encoding"))
}

/// Returns whether all bytes are of a kind, without leaving early, so that the compiler can look at
/// many bytes at once.
fn all(bytes: &[u8], of_kind: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(true, |all, &byte| all & of_kind(byte))
}

fn is_visible(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(head: &str) -> Result<RequestHead, Malformed> {
        let mut request = RequestHead::default();
        request.read(head.as_bytes()).map(|()| request)
    }

    fn lines(request: &RequestHead) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        request.fields().iter().map(|it| (text(it.name), text(it.value))).collect()
    }

    #[test]
    fn names_keep_their_case_and_values_their_bytes() {
        let request =
            read("GET /a%2Fb//?x=%20& HTTP/1.1\r\nhOsT:h\r\nX: \t a  b \r\n\r\n").unwrap();
        assert_eq!(request.method(), b"GET");
        assert_eq!(request.target(), b"/a%2Fb//?x=%20&");
        assert_eq!(request.version(), Version::Http11);
        assert_eq!(lines(&request), [("hOsT".into(), "h".into()), ("X".into(), "a  b".into())]);
        assert!(request.is_plain());
    }

    #[test]
    fn a_folded_line_and_one_without_a_colon_become_fields_of_their_own() {
        let request = read("GET / HTTP/1.1\r\nA: b\r\n folded: c\r\nalone\r\n\r\n").unwrap();
        let expected = [("A", "b"), ("folded: c", ""), ("alone", "")];
        assert_eq!(lines(&request), expected.map(|(name, value)| (name.into(), value.into())));
        assert!(!request.is_plain());
    }

    #[test]
    fn what_is_no_request_line_is_refused() {
        for line in [
            "garbage",
            "GET",
            "GET  HTTP/1.1",
            "G(T / HTTP/1.1",
            "GET / HTTP/1.10",
            "GET x HTTP/1.1",
        ] {
            assert_eq!(
                read(&format!("{line}\r\n\r\n")).unwrap_err(),
                Malformed::RequestLine,
                "{line}"
            );
        }
        assert_eq!(read("PRI * HTTP/2.0\r\n\r\n").unwrap_err(), Malformed::Version);
    }

    #[test]
    fn older_versions_and_other_forms_of_targets_are_read() {
        assert_eq!(read("GET /\r\n").unwrap().version(), Version::Http09);
        assert_eq!(read("GET / HTTP/1.0\r\n\r\n").unwrap().version(), Version::Http10);
        for target in ["*", "http://h/x", "h:443", "/a b"] {
            let request = read(&format!("GET {target} HTTP/1.1\r\n\r\n")).unwrap();
            assert_eq!(request.target(), target.as_bytes());
        }
    }

    #[test]
    fn what_servers_might_read_differently_is_not_plain() {
        for field in [
            "Content-Length: +1",
            "Content-Length: 1\r\nContent-Length: 1",
            "Transfer-Encoding: chunked",
            "X-Content-Length: 1",
            "Content-Lengt--: 1",
            "Content-Length : 1",
            "X: a\u{1}",
            "X_Y: 1",
            "X: 1\nY: 2",
        ] {
            assert!(
                !read(&format!("POST / HTTP/1.1\r\n{field}\r\n\r\n")).unwrap().is_plain(),
                "{field}"
            );
        }
        assert!(!read("GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n").unwrap().is_plain());
        assert!(read("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n").unwrap().is_plain());
    }

    #[test]
    fn a_head_filled_anew_has_nothing_of_the_one_before() {
        let mut request = read("GET /a HTTP/1.1\r\nA: b\r\n\r\n").unwrap();
        request.read(b"PUT /b HTTP/1.0\r\n\r\n").unwrap();
        assert_eq!((request.method(), request.target()), (&b"PUT"[..], &b"/b"[..]));
        assert!(request.fields().is_empty());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(head in prop::collection::vec(any::<u8>(), 0..300)) {
            let _outcome = RequestHead::default().read(&head);
        }

        #[test]
        fn fields_come_out_as_they_went_in(
            fields in prop::collection::vec(("[A-Za-z0-9-]{1,12}", "[!-~]([ -~]{0,20}[!-~])?"), 0..8),
        ) {
            let line = |(name, value): &(String, String)| format!("{name}: {value}\r\n");
            let head: String = fields.iter().map(line).collect();
            let request = read(&format!("GET / HTTP/1.1\r\n{head}\r\n")).unwrap();
            prop_assert_eq!(lines(&request), fields);
        }
    }
}
