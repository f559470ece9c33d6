//! `X-Amzn-Trace-Id`, as ALB makes one or extends the one that a client sent (alb §5.3).

use http::HeaderValue;

/// The header's new value. `epoch` is seconds since 1970; `random` makes the id.
///
/// No `Root` in what came: a new one is put in front. A `Root`: a new `Self` is put in front in
/// place of any old one, and the rest is kept as it was.
pub(super) fn extend(incoming: Option<&HeaderValue>, epoch: u32, random: u128) -> HeaderValue {
    let id = format!("1-{epoch:08x}-{:024x}", random & ((1 << 96) - 1));
    let incoming = incoming.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let fields = || incoming.split(';').map(str::trim).filter(|field| !field.is_empty());
    let has_root = fields().any(|field| field.starts_with("Root="));
    let mut value = format!("{}={id}", if has_root { "Self" } else { "Root" });
    for field in fields().filter(|field| !field.starts_with("Self=")) {
        value.push(';');
        value.push_str(field);
    }
    HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static("Root=1-0-0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extended(incoming: &str) -> String {
        let incoming = HeaderValue::from_str(incoming).unwrap();
        extend(Some(&incoming), 0x6789_1233, 0xabc).to_str().unwrap().to_owned()
    }

    const ID: &str = "1-67891233-000000000000000000000abc";

    #[test]
    fn a_request_without_one_gets_a_root() {
        let value = extend(None, 0x6789_1233, 0xabc);
        assert_eq!(value.to_str().unwrap(), format!("Root={ID}"));
    }

    #[test]
    fn a_root_is_kept_behind_a_new_self() {
        assert_eq!(extended("Root=1-x-y;Sampled=1"), format!("Self={ID};Root=1-x-y;Sampled=1"));
    }

    #[test]
    fn an_old_self_is_replaced() {
        assert_eq!(extended("Self=old;Root=r"), format!("Self={ID};Root=r"));
    }

    #[test]
    fn fields_without_a_root_get_one_in_front() {
        assert_eq!(extended("Parent=p"), format!("Root={ID};Parent=p"));
    }
}
