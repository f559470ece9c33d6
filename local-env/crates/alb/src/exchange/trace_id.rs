//! `X-Amzn-Trace-Id`, as ALB makes one or extends the one that a client sent (alb §5.3).

/// The size of headers beyond which there is a new `Root`.
const MAX_HEADERS: usize = 7 << 10;

/// Writes the header's new value. `size` is that of all headers, `epoch` is seconds since 1970, and
/// `random` makes the id.
///
/// No `Root` in what came: a new one is put in front. A `Root`: a new `Self` is put in front in
/// place of any old one, and the rest is kept as it was.
pub(super) fn extend(
    incoming: Option<&[u8]>,
    size: usize,
    epoch: u32,
    random: u128,
    out: &mut Vec<u8>,
) {
    let incoming = incoming.filter(|_| size <= MAX_HEADERS).unwrap_or_default();
    let fields = || {
        let fields = incoming.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
        fields.filter(|field| !field.is_empty())
    };
    let has_root = fields().any(|field| field.starts_with(b"Root="));
    out.extend_from_slice(if has_root { b"Self=1-" } else { b"Root=1-" });
    push_hex(out, u128::from(epoch), 8);
    out.push(b'-');
    push_hex(out, random, 24);
    for field in fields().filter(|field| !field.starts_with(b"Self=")) {
        out.push(b';');
        out.extend_from_slice(field);
    }
}

/// Writes the last digits of a number.
fn push_hex(out: &mut Vec<u8>, number: u128, digits: u32) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for digit in (0..digits).rev() {
        let value = (number >> (digit * 4)) & 0xf;
        out.push(DIGITS[usize::try_from(value).unwrap_or(0)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1-67891233-000000000000000000000abc";

    fn extended(incoming: Option<&str>, size: usize) -> String {
        let mut out = Vec::new();
        extend(incoming.map(str::as_bytes), size, 0x6789_1233, 0xabc, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_request_without_one_gets_a_root() {
        assert_eq!(extended(None, 100), format!("Root={ID}"));
    }

    #[test]
    fn a_root_is_kept_behind_a_new_self() {
        let incoming = Some("Root=1-x-y;Sampled=1");
        assert_eq!(extended(incoming, 100), format!("Self={ID};Root=1-x-y;Sampled=1"));
    }

    #[test]
    fn an_old_self_is_replaced() {
        assert_eq!(extended(Some("Self=old;Root=r"), 100), format!("Self={ID};Root=r"));
    }

    #[test]
    fn fields_without_a_root_get_one_in_front() {
        assert_eq!(extended(Some("Parent=p"), 100), format!("Root={ID};Parent=p"));
    }

    #[test]
    fn in_very_large_headers_it_begins_anew() {
        assert_eq!(extended(Some("Root=1-x-y"), 7169), format!("Root={ID}"));
    }
}
