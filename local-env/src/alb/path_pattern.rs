//! ALB's wildcard patterns for paths: `*` is any run of bytes, `?` exactly one, both also match `/`,
//! and the pattern covers the whole path, case-sensitively (alb §2.2, §2.3).

/// A pattern such as `/service1*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathPattern(Box<[u8]>);

// === impl PathPattern ===

impl PathPattern {
    /// Any text is a pattern; what AWS refuses is refused where the template is read.
    pub(super) fn new(pattern: &str) -> Self {
        Self(pattern.as_bytes().into())
    }

    /// Whether the pattern covers the whole of `path`.
    ///
    /// On a mismatch only the last `*` is widened: an earlier one has matched as early as it can,
    /// and widening it could not help. So the work is bounded by the product of the two lengths,
    /// of which AWS limits the pattern's to 128.
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        let pattern = &*self.0;
        let (mut p, mut t) = (0, 0);
        let mut widen = None;
        while t < path.len() {
            match pattern.get(p) {
                Some(b'*') => {
                    widen = Some((p + 1, t));
                    p += 1;
                }
                Some(&byte) if byte == b'?' || byte == path[t] => {
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
        pattern[p..].iter().all(|&byte| byte == b'*')
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        PathPattern::new(pattern).matches(path.as_bytes())
    }

    /// The definition, written down: slow and obviously right.
    fn defined(pattern: &[u8], path: &[u8]) -> bool {
        match (pattern, path) {
            ([], path) => path.is_empty(),
            ([b'*', rest @ ..], path) => {
                defined(rest, path) || (!path.is_empty() && defined(pattern, &path[1..]))
            }
            ([b'?', rest @ ..], [_, path @ ..]) => defined(rest, path),
            ([byte, rest @ ..], [other, path @ ..]) => byte == other && defined(rest, path),
            (_, []) => false,
        }
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

    proptest! {
        #[test]
        fn matching_agrees_with_the_definition(pattern in "[ab*?/]{0,10}", path in "[ab/]{0,12}") {
            prop_assert_eq!(
                matches(&pattern, &path),
                defined(pattern.as_bytes(), path.as_bytes())
            );
        }
    }
}
