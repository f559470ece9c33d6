//! The text of `Fn::Sub`, cut into what stays and what is replaced.

/// A part of the text of `Fn::Sub`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text that stays as it is.
    Text(&'a str),
    /// A name in `${…}`, in whose place its value is put.
    Name(&'a str),
}

/// Returns the parts of a text in order: `${Name}` is a name, `${!Name}` is the text `${Name}`, and a
/// `${` that is not closed is text.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        pieces.push(Piece::Text(before));
        rest = after;
        if let Some(literal) = after.strip_prefix('!') {
            pieces.push(Piece::Text("${"));
            rest = literal;
        } else if let Some((name, after)) = after.split_once('}') {
            pieces.push(Piece::Name(name));
            rest = after;
        } else {
            pieces.push(Piece::Text("${"));
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_literals_are_told_apart() {
        let made: String = pieces("a-${B.C}-${!D}-${E}$f${")
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.to_owned(),
                Piece::Name(name) => format!("<{name}>"),
            })
            .collect();
        assert_eq!(made, "a-<B.C>-${D}-<E>$f${");
    }
}
