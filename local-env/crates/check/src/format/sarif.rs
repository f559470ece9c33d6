//! For code scanning: SARIF 2.1.0.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{CODES, Code, Finding, Findings, Severity};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Returns all findings as a log of one run, with a line's end.
pub fn sarif(findings: &Findings) -> String {
    let results: Vec<_> = findings.all.iter().map(result).collect();
    let rules: Vec<_> = CODES.iter().map(|code| rule(code)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "local-env",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn rule(code: &Code) -> Value {
    json!({
        "id": code.name,
        "shortDescription": {"text": code.name.replace('-', " ")},
        "fullDescription": {"text": format!("In AWS {}.", code.shows)},
        "defaultConfiguration": {"level": level(code.severity)},
    })
}

fn result(finding: &Finding) -> Value {
    let Finding { code, severity, place, message, mend } = finding;
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri(&place.template)},
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endColumn": place.end_column,
            },
        },
    });
    if !place.resource.is_empty() {
        location["logicalLocations"] = json!([{"name": place.resource, "kind": "resource"}]);
    }
    json!({
        "ruleId": code.name,
        "ruleIndex": CODES.iter().position(|it| it == code),
        "level": level(*severity),
        "message": {"text": format!("{message}\nIn AWS: {}.\n{mend}", code.shows)},
        "locations": [location],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

/// Returns a path as a reference that every reader of URIs takes (RFC 3986 §2.1).
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing into a text cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
