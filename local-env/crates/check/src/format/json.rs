//! For programs: one object.

use serde::Serialize;

use crate::{Finding, Findings, Severity};

#[derive(Serialize)]
struct Report<'a> {
    template: &'a str,
    errors: usize,
    warnings: usize,
    advice: usize,
    findings: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: &'a str,
    severity: Severity,
    resource: &'a str,
    property: String,
    template: &'a str,
    line: usize,
    column: usize,
    message: &'a str,
    in_aws: &'a str,
    mend: &'a str,
}

/// Returns all findings as JSON, with a line's end.
pub fn json(findings: &Findings) -> String {
    let report = Report {
        template: findings.source.name(),
        errors: findings.count(Severity::Error),
        warnings: findings.count(Severity::Warning),
        advice: findings.count(Severity::Advice),
        findings: findings.all.iter().map(Entry::of).collect(),
    };
    // Nothing in it is a map with keys that are no texts, which is all that could fail.
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

// === impl Entry ===

impl<'a> Entry<'a> {
    fn of(finding: &'a Finding) -> Self {
        let Finding { code, severity, place, message, mend } = finding;
        Self {
            code: code.name,
            severity: *severity,
            resource: &place.resource,
            property: place.property.to_string(),
            template: &place.template,
            line: place.line,
            column: place.column,
            message,
            in_aws: code.shows,
            mend,
        }
    }
}
