//! For GitHub's pull requests: a workflow command a finding, which becomes a note at its line.

use std::fmt::Write as _;

use crate::{Finding, Findings, Severity};

/// Returns all findings, a line each.
pub fn github(findings: &Findings) -> String {
    let mut text = String::new();
    for Finding { code, severity, place, message, mend } in &findings.all {
        let command = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice => "notice",
        };
        let message = data(&format!("{message}\nIn AWS: {}.\n{mend}", code.shows));
        // Writing into a text cannot fail.
        let _ = writeln!(
            text,
            "::{command} file={},line={},col={},endColumn={},title={}::{message}",
            property(&place.template),
            place.line,
            place.column,
            place.end_column,
            property(code.name)
        );
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
