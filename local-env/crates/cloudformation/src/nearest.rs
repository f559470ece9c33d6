//! The name that a user may have meant.

/// The most bytes of a name that is compared: longer ones are nobody's slip of the finger, and
/// comparing them takes time.
const LONGEST: usize = 255;

/// Returns the candidate that takes the fewest edits to reach, if those are few for its length.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let few = name.chars().count().min(LONGEST) / 3 + 1;
    candidates
        .into_iter()
        .filter(|candidate| {
            candidate.len() <= LONGEST && candidate.len().abs_diff(name.len()) <= few
        })
        .map(|candidate| (edits(name, candidate), candidate))
        .filter(|(edits, _)| *edits <= few)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Returns Levenshtein's distance, with a difference of case alone counting nothing.
fn edits(a: &str, b: &str) -> usize {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let names = ["DomainName", "HostedZoneId", "ImageTag"];
        assert_eq!(nearest("DomianName", names), Some("DomainName"));
        assert_eq!(nearest("imagetag", names), Some("ImageTag"));
        assert_eq!(nearest("Colour", names), None);
    }
}
