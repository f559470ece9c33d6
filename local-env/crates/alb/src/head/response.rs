//! A response's head (RFC 9112 §4): a target's as it came, or one of the load balancer's own.

use memchr::memchr;

use super::{
    Fields,
    fields::Span,
    line::{Lines, is_field_name, is_text, trimmed},
};

/// A status line and header fields. Made once a connection and filled anew for each response.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResponseHead {
    fields: Fields,
    status: u16,
    reason: Span,
    http10: bool,
}

/// A target's answer that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the target's answer is malformed")]
pub(crate) struct BadResponse;

// === impl ResponseHead ===

impl ResponseHead {
    /// Begins anew with a response that did not come as bytes.
    pub(crate) fn start(&mut self, status: u16, reason: &[u8]) {
        self.fields.clear();
        self.reason = self.fields.append(reason);
        self.status = status;
        self.http10 = false;
    }

    /// Takes in a whole head, from the status line to the empty line. Stricter than with requests:
    /// a target whose headers are malformed is told as a 502 (alb §6.1).
    pub(crate) fn read(&mut self, head: &[u8]) -> Result<(), BadResponse> {
        self.fields.clear();
        self.fields.append(head);
        let mut lines = Lines::new(head);
        let (start, line) = lines.next().ok_or(BadResponse)?;
        self.status_line(start, line)?;
        for (start, line) in lines {
            if line.is_empty() {
                break;
            }
            let colon = memchr(b':', line).ok_or(BadResponse)?;
            let value = trimmed(line, colon + 1..line.len());
            if !is_field_name(&line[..colon])
                || !line[value.clone()].iter().all(|&byte| is_text(byte))
            {
                return Err(BadResponse);
            }
            let name = Span::new(start, start + colon);
            self.fields.push_line(name, Span::new(start + value.start, start + value.end));
        }
        Ok(())
    }

    /// Returns the status.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// Returns what stands behind the status.
    pub(crate) fn reason(&self) -> &[u8] {
        self.reason.of(self.fields.text())
    }

    /// Returns whether it came from a target that speaks HTTP/1.0, which closes unless it says
    /// otherwise.
    pub(crate) fn is_http10(&self) -> bool {
        self.http10
    }

    /// Returns the header fields.
    pub(crate) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Returns the header fields, to add some.
    pub(crate) fn fields_mut(&mut self) -> &mut Fields {
        &mut self.fields
    }

    fn status_line(&mut self, start: usize, line: &[u8]) -> Result<(), BadResponse> {
        let (version, rest) = line.split_at_checked(9).ok_or(BadResponse)?;
        let [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'0'..=b'9', b' '] = version else {
            return Err(BadResponse);
        };
        let [a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', reason @ ..] = rest else {
            return Err(BadResponse);
        };
        if !matches!(reason, [] | [b' ', ..]) {
            return Err(BadResponse);
        }
        let digit = |byte: &u8| u16::from(byte - b'0');
        self.status = digit(a) * 100 + digit(b) * 10 + digit(c);
        self.http10 = *minor == b'0';
        self.reason = Span::new((start + 13).min(start + line.len()), start + line.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(head: &str) -> Result<ResponseHead, BadResponse> {
        let mut response = ResponseHead::default();
        response.read(head.as_bytes()).map(|()| response)
    }

    #[test]
    fn status_phrase_and_fields_are_read() {
        let response = read("HTTP/1.1 404 Not Here\r\nA: b\r\n\r\n").unwrap();
        assert_eq!((response.status(), response.reason()), (404, &b"Not Here"[..]));
        assert_eq!(response.fields().named(b"a").collect::<Vec<_>>(), [b"b"]);
        assert!(!response.is_http10());
        assert_eq!(read("HTTP/1.0 200\r\n\r\n").unwrap().reason(), b"");
        assert!(read("HTTP/1.0 200\r\n\r\n").unwrap().is_http10());
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for head in [
            "hello\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/2.0 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: \u{1}\r\n\r\n",
        ] {
            assert_eq!(read(head).unwrap_err(), BadResponse, "{head:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(head in prop::collection::vec(any::<u8>(), 0..300)) {
            let _outcome = ResponseHead::default().read(&head);
        }
    }
}
