//! Patterns of paths and hosts against one another, without any request.

use std::collections::HashSet;

/// Returns whether everything that `inner` matches is matched by `outer` too. It never says so
/// wrongly; it may miss a case where several of `inner`'s wildcards stand side by side.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    let (outer, inner): (Vec<_>, Vec<_>) = (outer.chars().collect(), inner.chars().collect());
    // The places in `outer` that can be reached with what was read of `inner`.
    let mut places = with_empty_runs(HashSet::from([0]), &outer);
    for symbol in inner {
        let next = places.iter().filter_map(|&place| match outer.get(place)? {
            '*' => Some(place),
            '?' if symbol != '*' => Some(place + 1),
            literal if *literal == symbol && symbol != '?' => Some(place + 1),
            _ => None,
        });
        places = with_empty_runs(next.collect(), &outer);
    }
    places.contains(&outer.len())
}

/// Adds the places that are reached where a `*` stands for nothing.
fn with_empty_runs(mut places: HashSet<usize>, outer: &[char]) -> HashSet<usize> {
    for (place, symbol) in outer.iter().enumerate() {
        if *symbol == '*' && places.contains(&place) {
            places.insert(place + 1);
        }
    }
    places
}

/// Returns the text of a pattern that goes on with anything at all: `/service1` of `/service1*`,
/// which takes `/service10`.
pub(super) fn open_prefix(pattern: &str) -> Option<&str> {
    let prefix = pattern.strip_suffix('*')?;
    let word = prefix.chars().last().is_some_and(char::is_alphanumeric);
    (word && !prefix.contains(['*', '?'])).then_some(prefix)
}

/// Returns whether a pattern's text goes on with the same word: `/service10` after `/service1`.
pub(super) fn goes_on(prefix: &str, pattern: &str) -> bool {
    let next = pattern.strip_prefix(prefix).and_then(|rest| rest.chars().next());
    next.is_some_and(|next| !matches!(next, '/' | '*' | '?'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_covered_is_covered_whatever_a_wildcard_stands_for() {
        for (outer, inner) in [
            ("/a*", "/a"),
            ("/a*", "/ab/*"),
            ("/a*", "/a?"),
            ("*", "/?*"),
            ("/?", "/b"),
            ("/*/x", "/a/*/x"),
            ("/a", "/a"),
        ] {
            assert!(covers(outer, inner), "{outer} {inner}");
        }
        for (outer, inner) in [
            ("/a", "/a*"),
            ("/a?", "/a*"),
            ("/a/*", "/a"),
            ("/A*", "/a"),
            ("/b", "/?"),
            ("/*", "*"),
        ] {
            assert!(!covers(outer, inner), "{outer} {inner}");
        }
    }

    #[test]
    fn a_neighbours_path_goes_on_with_the_same_word() {
        assert_eq!(open_prefix("/service1*"), Some("/service1"));
        for closed in ["/service1/*", "/service1", "/*", "*", "/a*b*"] {
            assert_eq!(open_prefix(closed), None, "{closed}");
        }
        assert!(goes_on("/service1", "/service10"));
        assert!(goes_on("/service1", "/service1-admin/*"));
        assert!(!goes_on("/service1", "/service1/*"));
        assert!(!goes_on("/service1", "/service1"));
        assert!(!goes_on("/service1", "/service2"));
    }
}
