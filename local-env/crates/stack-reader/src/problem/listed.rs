//! Names one after another, as sentences have them.

use std::fmt::Display;

/// Returns the names as code, to choose from: `` `a`, `b` or `c` ``.
pub(super) fn either<T: Display>(names: &[T]) -> String {
    match names {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|name| format!("`{name}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}

/// Returns the items with commas between them, or `nothing` where there is none.
pub(super) fn all<T: Display>(items: &[T]) -> String {
    if items.is_empty() {
        return "nothing".to_owned();
    }
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Returns the question after the name that may have been meant, or what else there is to do.
pub(super) fn meant(near: Option<&str>, otherwise: &str) -> String {
    near.map_or_else(|| otherwise.to_owned(), |name| format!("did you mean `{name}`?"))
}
