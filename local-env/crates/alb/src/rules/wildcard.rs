//! ALB's wildcards: `*` is any run of bytes, `?` exactly one, and the pattern covers the whole value
//! (alb §2.2).
//!
//! A pattern is kept as the literal text before its first wildcard, the text behind its last one,
//! and what lies between. Most values fail at one of the two texts, and most patterns have nothing
//! between them but a single `*`.

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Wildcard {
    case: Case,
    prefix: Box<[u8]>,
    open: Option<Open>,
}

/// Whether the case of letters matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Matters,
    Ignored,
}

/// What follows the prefix of a pattern that has a wildcard.
#[derive(Clone, Debug)]
struct Open {
    /// The pieces from the first wildcard to the last.
    middle: Box<[Piece]>,
    suffix: Box<[u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Byte(u8),
    /// `?`
    One,
    /// `*`
    Run,
}

// === impl Wildcard ===

impl Wildcard {
    /// Compiles a pattern. Any text is one; what AWS refuses is refused where the template is read.
    pub(super) fn new(pattern: &str, case: Case) -> Self {
        Self::of(pattern.bytes().map(piece), case)
    }

    /// Compiles a pattern in which `\*` and `\?` stand for themselves.
    pub(super) fn with_escapes(pattern: &str, case: Case) -> Self {
        let mut bytes = pattern.bytes().peekable();
        let pieces = std::iter::from_fn(|| {
            let byte = bytes.next()?;
            let escaped = bytes.next_if(|next| byte == b'\\' && matches!(next, b'*' | b'?'));
            Some(escaped.map_or_else(|| piece(byte), Piece::Byte))
        });
        Self::of(pieces, case)
    }

    fn of(pieces: impl Iterator<Item = Piece>, case: Case) -> Self {
        let pieces: Vec<_> = pieces.collect();
        let first = pieces.iter().position(|piece| piece.byte().is_none());
        let last = pieces.iter().rposition(|piece| piece.byte().is_none());
        let text = |pieces: &[Piece]| pieces.iter().filter_map(|piece| piece.byte()).collect();
        let (Some(first), Some(last)) = (first, last) else {
            return Self { case, prefix: text(&pieces), open: None };
        };
        let open = Open { middle: pieces[first..=last].into(), suffix: text(&pieces[last + 1..]) };
        Self { case, prefix: text(&pieces[..first]), open: Some(open) }
    }

    /// Returns whether the pattern covers the whole of `value`.
    #[inline]
    pub(super) fn covers(&self, value: &[u8]) -> bool {
        self.covers_counting(value, || {})
    }

    #[inline]
    fn covers_counting(&self, value: &[u8], step: impl FnMut()) -> bool {
        let Some((start, rest)) = value.split_at_checked(self.prefix.len()) else { return false };
        if !self.case.same(start, &self.prefix) {
            return false;
        }
        let Some(open) = &self.open else { return rest.is_empty() };
        let Some(end) = rest.len().checked_sub(open.suffix.len()) else { return false };
        let (between, end) = rest.split_at(end);
        self.case.same(end, &open.suffix)
            && (*open.middle == [Piece::Run] || self.walk(&open.middle, between, step))
    }

    /// Returns whether the pieces cover a value. On a mismatch only the last `*` is widened: an
    /// earlier one has matched as early as it can, and widening it could not help. So the work is
    /// bounded by the product of the two lengths, of which AWS limits the pattern's to 128.
    fn walk(&self, pieces: &[Piece], text: &[u8], mut step: impl FnMut()) -> bool {
        let (mut p, mut t) = (0, 0);
        let mut widen = None;
        while t < text.len() {
            step();
            match pieces.get(p) {
                Some(Piece::Run) => {
                    widen = Some((p + 1, t));
                    p += 1;
                }
                Some(piece) if piece.byte().is_none_or(|byte| self.case.is(text[t], byte)) => {
                    p += 1;
                    t += 1;
                }
                _ => {
                    let Some((after_star, taken)) = widen else { return false };
                    widen = Some((after_star, taken + 1));
                    p = after_star;
                    t = taken + 1;
                }
            }
        }
        pieces[p..].iter().all(|&piece| piece == Piece::Run)
    }
}

// === impl Case ===

impl Case {
    #[inline]
    fn same(self, one: &[u8], other: &[u8]) -> bool {
        match self {
            Self::Matters => one == other,
            Self::Ignored => one.eq_ignore_ascii_case(other),
        }
    }

    fn is(self, one: u8, other: u8) -> bool {
        match self {
            Self::Matters => one == other,
            Self::Ignored => one.eq_ignore_ascii_case(&other),
        }
    }
}

// === impl Piece ===

impl Piece {
    fn byte(self) -> Option<u8> {
        match self {
            Self::Byte(byte) => Some(byte),
            Self::One | Self::Run => None,
        }
    }
}

fn piece(byte: u8) -> Piece {
    match byte {
        b'*' => Piece::Run,
        b'?' => Piece::One,
        _ => Piece::Byte(byte),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::definition, *};

    fn matches(pattern: &str, value: &str) -> bool {
        Wildcard::new(pattern, Case::Matters).covers(value.as_bytes())
    }

    #[test]
    fn a_star_matches_any_run_and_slashes_but_not_what_stands_before_it() {
        for path in ["/img/", "/img/a", "/img/a/b.png"] {
            assert!(matches("/img/*", path), "{path}");
        }
        for path in ["/img", "/imgs/a", "/Img/a"] {
            assert!(!matches("/img/*", path), "{path}");
        }
    }

    #[test]
    fn a_question_mark_matches_exactly_one_byte() {
        assert!(matches("/v?/x", "/v1/x"));
        assert!(!matches("/v?/x", "/v/x"));
        assert!(!matches("/v?/x", "/v12/x"));
    }

    #[test]
    fn a_pattern_without_wildcards_matches_itself_only() {
        assert!(matches("/api", "/api"));
        assert!(!matches("/api", "/api/"));
        assert!(!matches("/api", "/api/x"));
    }

    #[test]
    fn service1_star_also_catches_its_neighbours() {
        for path in ["/service1", "/service1/peer", "/service10", "/service1x"] {
            assert!(matches("/service1*", path), "{path}");
        }
    }

    #[test]
    fn the_texts_before_and_behind_a_star_do_not_share_bytes() {
        assert!(!matches("ab*ba", "aba"));
        assert!(matches("ab*ba", "abba"));
    }

    #[test]
    fn an_escaped_wildcard_stands_for_itself() {
        let pattern = Wildcard::with_escapes(r"a\*b\?*\c", Case::Matters);
        assert!(pattern.covers(br"a*b?xyz\c"));
        assert!(!pattern.covers(br"axb?xyz\c"));
        assert!(!pattern.covers(br"a*b1xyz\c"));
    }

    #[test]
    fn the_work_is_bounded_by_the_product_of_the_lengths() {
        let text = vec![b'a'; 100_000];
        let steps = |pattern: &str| {
            let mut steps = 0;
            assert!(!Wildcard::new(pattern, Case::Matters).covers_counting(&text, || steps += 1));
            steps
        };
        let stars = "a*".repeat(60);
        assert!(steps(&format!("{stars}b*")) < 2 * text.len());
        let run = "a".repeat(60);
        assert!(steps(&format!("*{run}b*")) <= 64 * text.len());
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_definition(
            pattern in r"[abB*?\\/]{0,10}",
            value in r"[abB*?/]{0,12}",
            ignored in any::<bool>(),
            escapes in any::<bool>(),
        ) {
            let case = if ignored { Case::Ignored } else { Case::Matters };
            let compiled = if escapes {
                Wildcard::with_escapes(&pattern, case)
            } else {
                Wildcard::new(&pattern, case)
            };
            prop_assert_eq!(
                compiled.covers(value.as_bytes()),
                definition::wildcard(&pattern, value.as_bytes(), escapes, ignored)
            );
        }
    }
}
