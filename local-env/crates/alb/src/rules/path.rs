//! The form of a path that conditions look at: percent-encoding undone once, then `.` and `..`
//! segments taken out (alb §2.3). `//` stays. Targets and logs get the path as it came.

use std::borrow::Cow;

use memchr::memchr2_iter;

/// A path that climbs above its root, which ALB answers with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the path climbs above `/`")]
pub struct AboveRoot;

/// Returns the path as conditions see it; an ordinary one is not copied.
#[inline]
pub(super) fn normalised(path: &[u8]) -> Result<Cow<'_, [u8]>, AboveRoot> {
    if is_ordinary(path) {
        Ok(Cow::Borrowed(path))
    } else {
        without_dots(&decoded(path)).map(Cow::Owned)
    }
}

/// Returns whether it begins at the root and holds neither `%` nor `/.`.
fn is_ordinary(path: &[u8]) -> bool {
    let harmless = |at| path[at] == b'.' && at > 0 && path[at - 1] != b'/';
    path.first() == Some(&b'/') && memchr2_iter(b'%', b'.', path).all(harmless)
}

/// Undoes percent-encoding. What is no encoding stays as it is.
fn decoded(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, tail @ ..] = rest {
        rest = tail;
        decoded.push(match (first, tail) {
            (b'%', [high, low, behind @ ..]) if let Some(byte) = byte(*high, *low) => {
                rest = behind;
                byte
            }
            _ => *first,
        });
    }
    decoded
}

fn byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

/// Takes out `.` and `..` segments as RFC 3986 §5.2.4 does, except that there is nothing above the
/// root.
fn without_dots(path: &[u8]) -> Result<Vec<u8>, AboveRoot> {
    let mut kept = Vec::with_capacity(path.len() + 1);
    let mut ends_in_dots = false;
    for segment in path.strip_prefix(b"/").unwrap_or(path).split(|&byte| byte == b'/') {
        ends_in_dots = matches!(segment, b"." | b"..");
        match segment {
            b"." => {}
            b".." => {
                let parent = kept.iter().rposition(|&byte| byte == b'/').ok_or(AboveRoot)?;
                kept.truncate(parent);
            }
            _ => {
                kept.push(b'/');
                kept.extend_from_slice(segment);
            }
        }
    }
    if ends_in_dots {
        kept.push(b'/');
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::definition, *};

    fn seen(path: &str) -> Result<String, AboveRoot> {
        normalised(path.as_bytes()).map(|path| String::from_utf8(path.into_owned()).unwrap())
    }

    #[test]
    fn an_ordinary_path_is_not_copied() {
        for path in ["/", "/service1/items", "/a.png", "/a//b..c/d.", "/é"] {
            assert_eq!(normalised(path.as_bytes()), Ok(Cow::Borrowed(path.as_bytes())), "{path}");
            assert!(matches!(normalised(path.as_bytes()), Ok(Cow::Borrowed(_))), "{path}");
        }
    }

    #[test]
    fn percent_encoding_is_undone_once() {
        for (path, expected) in [
            ("/im%67/a", "/img/a"),
            ("/%2525", "/%25"),
            ("/a%2Fb%2fc", "/a/b/c"),
            ("/%zz%4", "/%zz%4"),
            ("/a%", "/a%"),
            ("/%%41", "/%A"),
        ] {
            assert_eq!(seen(path).unwrap(), expected, "{path}");
        }
    }

    #[test]
    fn dot_segments_are_taken_out_encoded_or_not() {
        for (path, expected) in [
            ("/a/../b", "/b"),
            ("/a/./b", "/a/b"),
            ("/a/%2e%2E/b", "/b"),
            ("/a/b%2f..%2fc", "/a/c"),
            ("/a/..", "/"),
            ("/a/b/..", "/a/"),
            ("/a/.", "/a/"),
            ("/.", "/"),
            ("/a/.../b", "/a/.../b"),
            ("/.well-known", "/.well-known"),
            ("", "/"),
        ] {
            assert_eq!(seen(path).unwrap(), expected, "{path}");
        }
    }

    #[test]
    fn slashes_are_not_merged() {
        assert_eq!(seen("/a//./b//").unwrap(), "/a//b//");
        assert_eq!(seen("/a//../b").unwrap(), "/a/b");
    }

    #[test]
    fn a_path_above_the_root_is_refused() {
        for path in ["/..", "/../a", "/a/../../a", "/a/b/..%2f..%2f..%2fc", "/%2e%2e/"] {
            assert_eq!(seen(path), Err(AboveRoot), "{path}");
        }
    }

    proptest! {
        #[test]
        fn normalising_agrees_with_the_definition(path in "/([a./]|%2[eEfF5]|%|%6g){0,12}") {
            prop_assert_eq!(
                normalised(path.as_bytes()).ok().map(Cow::into_owned),
                definition::path(path.as_bytes())
            );
        }
    }
}
