//! Names as they stand in messages, in lower case: labels, each behind its length, up to the root's
//! empty one. What zones are looked through by, without memory for any of its parts.

use hickory_server::proto::rr::Name;

/// The length of the longest name, in bytes (RFC 1035 §3.1).
pub(super) const MAX_NAME: usize = 255;

/// Returns a name in the form that names are compared in. Lengths are at most 63, which is no letter.
pub(super) fn lowered(name: &Name) -> Box<[u8]> {
    let mut wire = Vec::with_capacity(name.len());
    for label in name {
        // A label has at most 63 bytes.
        wire.push(u8::try_from(label.len()).unwrap_or_default());
        wire.extend_from_slice(label);
    }
    wire.push(0);
    wire.make_ascii_lowercase();
    wire.into()
}

/// Returns the first label, and the name without it; `None` for the root.
pub(super) fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = name.split_first()?;
    if length == 0 { None } else { rest.split_at_checked(length.into()) }
}

/// Returns whether a name is `apex` or below it.
pub(super) fn is_within(mut name: &[u8], apex: &[u8]) -> bool {
    while name.len() > apex.len() {
        match split(name) {
            Some((_, parent)) => name = parent,
            None => return false,
        }
    }
    name == apex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Box<[u8]> {
        lowered(&Name::from_ascii(name).unwrap())
    }

    #[test]
    fn a_name_is_lower_case_labels_behind_their_lengths() {
        assert_eq!(*of("Web.Services."), *b"\x03web\x08services\0");
        assert_eq!(*of("."), *b"\0");
    }

    #[test]
    fn a_name_is_split_from_the_front() {
        let name = of("a.bc.");
        let (label, parent) = split(&name).unwrap();
        assert_eq!((label, parent), (&b"a"[..], &b"\x02bc\0"[..]));
        assert_eq!(split(split(parent).unwrap().1), None);
        assert_eq!(split(b"\x05ab"), None);
    }

    #[test]
    fn a_name_is_within_another_at_labels_only() {
        assert!(is_within(&of("x.services."), &of("services.")));
        assert!(is_within(&of("services."), &of("services.")));
        assert!(!is_within(&of("myservices."), &of("services.")));
        assert!(!is_within(&of("services."), &of("x.services.")));
        // A label that ends in what looks like the apex.
        assert!(!is_within(b"\x03a\x01b\0", b"\x01b\0"));
        assert!(is_within(&of("x."), &of(".")));
    }
}
