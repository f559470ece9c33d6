//! Where a message's body ends (RFC 9112 §6, §7).
//!
//! [`Framing`] tells from a head; [`Chunks`] finds the data between the marks of a chunked body. It
//! is strict: what two servers might read differently is refused (RFC 9112 §7.1).

use super::head::{Fields, Name, ResponseHead};

/// How a body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is no body.
    None,
    /// It has this length.
    Length(u64),
    /// It comes in chunks.
    Chunked,
    /// It ends with the connection.
    UntilClose,
}

/// Where the reading of a chunked body stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunks {
    /// It is in a line with a chunk's size: the size so far, if a digit came.
    Size(Option<u64>),
    /// It is behind the size, in an extension.
    Extension(u64),
    /// A line feed must follow.
    SizeEnd(u64),
    /// That many bytes of data follow.
    Data(u64),
    /// The line end behind a chunk's data: how much of it came.
    DataEnd(bool),
    /// It is in the lines behind the last chunk.
    Trailers,
}

/// What the next bytes of a chunked body are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// They are that many bytes of marks, to be passed over.
    Mark(usize),
    /// They are that many bytes of data.
    Data(usize),
    /// The trailer section begins here.
    Trailers,
}

/// A chunk that is not as the standard has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a chunk is malformed")]
pub(super) struct BadChunk;

/// A transfer coding that the load balancer can't deal with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnsupportedCoding {
    /// It does not know the coding.
    Unknown,
    /// Chunks are not the last coding, or a length is no number: there is no telling where the body
    /// ends.
    NotLast,
}

/// Returns how a request's body is delimited (RFC 9112 §6.3). What is doubtful has been through the
/// desync classes; of several lengths the first counts, and chunks count more than a length.
pub(super) fn request_framing(fields: &Fields) -> Result<Framing, UnsupportedCoding> {
    if is_chunked(fields)? {
        return Ok(Framing::Chunked);
    }
    match fields.get(Name::ContentLength) {
        None | Some(b"") => Ok(Framing::None),
        Some(length) => number(length).map(Framing::Length).ok_or(UnsupportedCoding::NotLast),
    }
}

/// Returns how the body of the answer to `method` is delimited; `None` where there is no telling.
pub(super) fn response_framing(head: &ResponseHead, method: &[u8]) -> Option<Framing> {
    if method == b"HEAD" || matches!(head.status(), 100..=199 | 204 | 304) {
        return Some(Framing::None);
    }
    let fields = head.fields();
    if fields.get(Name::TransferEncoding).is_some() {
        return match is_chunked(fields) {
            Ok(true) => Some(Framing::Chunked),
            Ok(false) => Some(Framing::UntilClose),
            Err(_) => None,
        };
    }
    let mut lengths = fields.all(Name::ContentLength).map(number);
    let Some(first) = lengths.next() else { return Some(Framing::UntilClose) };
    let agreed = lengths.all(|length| length == first);
    first.filter(|_| agreed).map(Framing::Length)
}

fn is_chunked(fields: &Fields) -> Result<bool, UnsupportedCoding> {
    let mut chunked = false;
    let codings = |value| <[u8]>::split(value, |&byte: &u8| byte == b',').map(<[u8]>::trim_ascii);
    for coding in fields.all(Name::TransferEncoding).flat_map(codings) {
        if chunked {
            return Err(UnsupportedCoding::NotLast);
        }
        match coding {
            coding if coding.eq_ignore_ascii_case(b"chunked") => chunked = true,
            coding if coding.eq_ignore_ascii_case(b"identity") => {}
            _ => return Err(UnsupportedCoding::Unknown),
        }
    }
    Ok(chunked)
}

/// Reads a number of digits alone: no sign, no blanks between them (RFC 9110 §8.6).
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

// === impl Chunks ===

impl Chunks {
    pub(super) const START: Self = Self::Size(None);

    /// Returns what the first of `bytes` are, which must not be empty.
    pub(super) fn step(&mut self, bytes: &[u8]) -> Result<Part, BadChunk> {
        if let Self::Data(left) = *self {
            let available = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            let count = left.min(available);
            *self = if count == left { Self::DataEnd(false) } else { Self::Data(left - count) };
            return Ok(Part::Data(usize::try_from(count).unwrap_or(usize::MAX)));
        }
        if *self == Self::Trailers {
            return Ok(Part::Trailers);
        }
        for (at, &byte) in bytes.iter().enumerate() {
            *self = self.mark(byte)?;
            if matches!(self, Self::Data(_) | Self::Trailers) {
                return Ok(Part::Mark(at + 1));
            }
        }
        Ok(Part::Mark(bytes.len()))
    }

    fn mark(self, byte: u8) -> Result<Self, BadChunk> {
        Ok(match (self, byte) {
            (Self::Size(size), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                Self::Size(Some(larger(size.unwrap_or(0), byte).ok_or(BadChunk)?))
            }
            (Self::Size(Some(size)), b';' | b' ' | b'\t') => Self::Extension(size),
            (Self::Size(Some(size)) | Self::Extension(size), b'\r') => Self::SizeEnd(size),
            (Self::Extension(size), byte) if byte >= b' ' || byte == b'\t' => Self::Extension(size),
            (Self::SizeEnd(0), b'\n') => Self::Trailers,
            (Self::SizeEnd(size), b'\n') => Self::Data(size),
            (Self::DataEnd(false), b'\r') => Self::DataEnd(true),
            (Self::DataEnd(true), b'\n') => Self::Size(None),
            _ => return Err(BadChunk),
        })
    }
}

/// Returns a size with one more hexadecimal digit; `None` beyond what a body can have.
fn larger(size: u64, digit: u8) -> Option<u64> {
    let digit = char::from(digit).to_digit(16)?;
    size.checked_mul(16)?.checked_add(u64::from(digit)).filter(|&size| size < 1 << 60)
}

/// Returns where the trailer section ends that begins with `bytes`, behind its empty line.
pub(super) fn trailers_end(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"\r\n") {
        return Some(2);
    }
    memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The data of a chunked body that arrives in pieces of `step` bytes.
    fn data(body: &[u8], step: usize) -> Result<Vec<u8>, BadChunk> {
        let (mut chunks, mut data) = (Chunks::START, Vec::new());
        for mut piece in body.chunks(step) {
            while !piece.is_empty() {
                match chunks.step(piece)? {
                    Part::Mark(count) => piece = &piece[count..],
                    Part::Data(count) => {
                        data.extend_from_slice(&piece[..count]);
                        piece = &piece[count..];
                    }
                    Part::Trailers => return Ok(data),
                }
            }
        }
        Ok(data)
    }

    #[test]
    fn extensions_and_the_case_of_digits_do_not_matter() {
        let body = b"A;name=value\r\n0123456789\r\n1 \r\nx\r\n0\r\n\r\n";
        assert_eq!(data(body, 1024), Ok(b"0123456789x".to_vec()));
    }

    #[test]
    fn what_servers_might_read_differently_is_refused() {
        for body in [
            "\r\nx\r\n0\r\n\r\n",
            "+1\r\nx\r\n0\r\n\r\n",
            "0x1\r\nx\r\n0\r\n\r\n",
            "1\nx\r\n0\r\n\r\n",
            "1\r\nxx\r\n0\r\n\r\n",
            "1\r\nx\n0\r\n\r\n",
            "1;a\nb\r\nx\r\n0\r\n\r\n",
            "ffffffffffffffffff\r\n",
        ] {
            assert_eq!(data(body.as_bytes(), 1024), Err(BadChunk), "{body:?}");
        }
    }

    #[test]
    fn the_trailer_section_ends_with_an_empty_line() {
        assert_eq!(trailers_end(b"\r\nGET"), Some(2));
        assert_eq!(trailers_end(b"a: b\r\n\r\nGET"), Some(8));
        assert_eq!(trailers_end(b"a: b\r\n"), None);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_a_body_arrives(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..8),
            step in 1_usize..50,
        ) {
            let mut body = Vec::new();
            for piece in &pieces {
                body.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                body.extend_from_slice(piece);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(b"0\r\n\r\n");
            prop_assert_eq!(data(&body, step), Ok(pieces.concat()));
        }

        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200), step in 1_usize..9) {
            let _outcome = data(&body, step);
        }
    }
}
