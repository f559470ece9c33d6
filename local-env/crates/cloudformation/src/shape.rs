//! The forms that parts of a template have to have: a mapping, a text, keys that are known.

use super::{
    nearest::nearest,
    node::{Entry, Map, Node},
    path::Path,
    problem::{Expected, NameKind, TemplateProblem as Problem},
};

/// Returns the entries of what has to be a mapping.
pub(super) fn entries<'a>(node: &'a Node, path: &Path<'_>) -> Result<&'a Map, Problem> {
    node.entries().ok_or_else(|| Problem::malformed(path, Expected::Mapping, node))
}

/// Returns the text of what has to be a scalar.
pub(super) fn text(node: &Node, path: &Path<'_>) -> Result<String, Problem> {
    let text = node.text().ok_or_else(|| Problem::malformed(path, Expected::Text, node))?;
    Ok(text.into_owned())
}

/// Returns the problem of a key that is not among those that are known.
pub(super) fn unknown(
    kind: NameKind,
    name: &str,
    path: &Path<'_>,
    known: &[&str],
    entry: &Entry,
) -> Problem {
    Problem::UnknownName {
        kind,
        name: name.to_owned(),
        path: path.into(),
        near: nearest(name, known.iter().copied()).map(String::from),
        known: known.iter().map(ToString::to_string).collect(),
        span: entry.key_span,
    }
}
