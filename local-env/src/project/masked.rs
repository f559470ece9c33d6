//! A project file as it may be shown when something is wrong with it: without its secrets.

use std::ops::Range;

/// Tables that end the one of secrets; no line of a secret's own looks like their headers.
const OTHER_TABLES: [&str; 3] = ["[parameters", "[services", "[environment_files"];

/// Where secrets stand. What is not TOML has no structure, so that this goes by lines, and rather
/// takes too many than too few.
pub(super) fn secret(text: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let (mut secret, mut at) = (false, 0);
    for line in text.split_inclusive('\n') {
        let start = line.trim_start();
        let is_other = OTHER_TABLES.iter().any(|table| start.starts_with(table));
        secret = !is_other && (secret || begins_secrets(start));
        let end = at + line.len();
        if secret {
            ranges.push(at..end);
        }
        at = end;
    }
    ranges
}

/// The text with as many stars in their place, line by line.
pub(super) fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in secret(text) {
        let line = bytes.get_mut(range).into_iter().flatten();
        line.filter(|byte| !matches!(byte, b'\r' | b'\n')).for_each(|byte| *byte = b'*');
    }
    // Whole lines were replaced, and no character is in two lines.
    String::from_utf8(bytes).unwrap_or_default()
}

fn begins_secrets(line: &str) -> bool {
    let key = line.trim_start_matches(['[', ' ', '\t', '"', '\'']);
    let rest = key.strip_prefix("secrets");
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_nothing_else() {
        let text = "secrets_file = \"a\"\n[parameters]\nA = \"b\"\n[secrets]\nx = '''\n[1]\nö==\n'''\n\n[services.a]\nrun = \"x\"\n";
        let expected = "secrets_file = \"a\"\n[parameters]\nA = \"b\"\n*********\n*******\n***\n****\n***\n\n[services.a]\nrun = \"x\"\n";
        assert_eq!(masked(text), expected);
    }

    #[test]
    fn secrets_are_masked_however_their_table_is_written() {
        for text in [
            "secrets = { a = \"hunter2\" }",
            "secrets.a = \"hunter2\"",
            "\"secrets\".a = \"hunter2\"",
            "[ secrets ]\na = hunter2",
            "  [\"secrets\"]\r\na = hunter2\r\n",
            "[[secrets]]\na = \"hunter2\"",
            "[secrets.a]\nb = \"hunter2\"",
        ] {
            let masked = masked(text);
            assert!(!masked.contains("hunter2"), "{masked}");
            assert_eq!(masked.len(), text.len());
        }
    }
}
