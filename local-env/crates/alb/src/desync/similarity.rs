//! How alike two header names are, for a server that is careless with what stands between letters.

/// How much a name is like another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Similarity {
    /// The same, but for the case of letters.
    Identical,
    /// The same letters, with something else between or around them.
    SameLetters,
    /// The name is something else.
    Distant,
}

/// Letters beyond ASCII that become ASCII's when they are changed to upper case: ſ and ı.
const DISGUISED: [(u8, [u8; 2]); 2] = [(b's', [0xc5, 0xbf]), (b'i', [0xc4, 0xb1])];

/// Compares a name with a wanted one, which is in lower case and made of letters and hyphens.
pub(super) fn similarity(wanted: &[u8], name: &[u8]) -> Similarity {
    if name.len() < wanted.len() {
        return Similarity::Distant;
    }
    let mut at = skip(name, 0, |byte| !byte.is_ascii_alphanumeric());
    let mut identical = at == 0 && wanted.len() == name.len();
    for &letter in wanted {
        if at == name.len() {
            return Similarity::Distant;
        }
        let length = length_of(letter, name, at);
        if length.is_none() {
            if letter != b'-' {
                break;
            }
            identical = false;
        }
        let next = at + length.unwrap_or(1);
        at = if letter == b'-' {
            skip(name, next, |byte| !byte.is_ascii_alphanumeric())
        } else {
            skip(name, next, |byte| byte <= b' ')
        };
    }
    let exhausted = at == name.len();
    if exhausted && identical {
        Similarity::Identical
    } else if exhausted || skip(name, at, |byte| !byte.is_ascii_alphanumeric()) == name.len() {
        Similarity::SameLetters
    } else {
        Similarity::Distant
    }
}

/// Returns the first place from `at` on that is not to be passed over.
fn skip(name: &[u8], at: usize, passed: impl Fn(u8) -> bool) -> usize {
    let rest = name.get(at..).unwrap_or_default();
    at + rest.iter().position(|&byte| !passed(byte)).unwrap_or(rest.len())
}

/// Returns how many bytes at this place are the letter, if they are.
fn length_of(letter: u8, name: &[u8], at: usize) -> Option<usize> {
    let rest = name.get(at..)?;
    if rest.first().is_some_and(|byte| byte.to_ascii_lowercase() == letter) {
        return Some(1);
    }
    let disguised =
        |(plain, disguise): &(u8, [u8; 2])| *plain == letter && rest.starts_with(disguise);
    DISGUISED.iter().any(disguised).then_some(2)
}
