//! Dynamic references: what CloudFormation asks other services for once all functions are done, as
//! in `{{resolve:ssm:/app/size}}`.
//!
//! Plain parameters are put in their place here. Secrets are not: they stay references, so that
//! none of them can stand in a message; who gives a container its variables looks them up.

use std::collections::BTreeMap;

use super::node::{Entry, Node, Value};

const OPEN: &str = "{{resolve:";
const CLOSE: &str = "}}";

/// A dynamic reference: `{{resolve:SERVICE:KEY}}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DynamicReference<'a> {
    /// The service that is asked: `ssm`, `ssm-secure` or `secretsmanager`.
    pub service: &'a str,
    /// What the service is asked for: a name, and what may come after it.
    pub key: &'a str,
}

/// A part of a text that may have dynamic references.
#[derive(Debug, PartialEq, Eq)]
pub enum DynamicPiece<'a> {
    /// Text that stays as it is.
    Text(&'a str),
    /// A reference that CloudFormation replaces by its value.
    Reference(DynamicReference<'a>),
}

/// Returns the parts of a text, cut at its dynamic references, in order.
pub fn dynamic_pieces(text: &str) -> Vec<DynamicPiece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((inner, after)) = after.split_once(CLOSE) else { break };
        let Some((service, key)) = inner.split_once(':') else { break };
        if !before.is_empty() {
            pieces.push(DynamicPiece::Text(before));
        }
        pieces.push(DynamicPiece::Reference(DynamicReference { service, key }));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(DynamicPiece::Text(rest));
    }
    pieces
}

// === impl DynamicReference ===

impl<'a> DynamicReference<'a> {
    /// Returns the parameter's name without a version, if a plain one is asked for.
    pub fn parameter(&self) -> Option<&'a str> {
        let (name, _) = self.key.split_once(':').unwrap_or((self.key, ""));
        (self.service == "ssm").then_some(name)
    }

    /// Returns the name or ARN of the secret and the member of its JSON object that is meant, if a
    /// secret is asked for.
    pub fn secret(&self) -> Option<(String, Option<&'a str>)> {
        match self.service {
            "ssm-secure" => {
                let (name, _) = self.key.split_once(':').unwrap_or((self.key, ""));
                Some((name.to_owned(), None))
            }
            "secretsmanager" => {
                let parts: Vec<_> = self.key.split(':').collect();
                // An ARN has colons of its own.
                let own = if parts.first() == Some(&"arn") { 7 } else { 1 };
                let member = parts.get(own + 1).copied().filter(|member| !member.is_empty());
                Some((parts.iter().take(own).copied().collect::<Vec<_>>().join(":"), member))
            }
            _ => None,
        }
    }
}

/// Puts plain parameters into a value, and adds the names of those that are not known.
pub(super) fn fill(node: &mut Node, ssm: &BTreeMap<String, String>, unknown: &mut Vec<String>) {
    match &mut node.value {
        Value::String(text) if text.contains(OPEN) => *text = filled(text, ssm, unknown),
        Value::List(items) => items.iter_mut().for_each(|item| fill(item, ssm, unknown)),
        Value::Map(map) => {
            let entries = map.values_mut();
            entries.for_each(|Entry { node, .. }| fill(node, ssm, unknown));
        }
        _ => {}
    }
}

fn filled(text: &str, ssm: &BTreeMap<String, String>, unknown: &mut Vec<String>) -> String {
    let mut made = String::new();
    for piece in dynamic_pieces(text) {
        match piece {
            DynamicPiece::Text(text) => made += text,
            DynamicPiece::Reference(reference) => {
                let name = reference.parameter();
                if let Some(value) = name.and_then(|name| ssm.get(name)) {
                    made += value;
                } else {
                    unknown.extend(name.map(String::from));
                    let DynamicReference { service, key } = reference;
                    made.extend([OPEN, service, ":", key, CLOSE]);
                }
            }
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_from_text() {
        let reference = |service, key| DynamicPiece::Reference(DynamicReference { service, key });
        let text = "a{{resolve:ssm:/b:1}}{{resolve:secretsmanager:c:SecretString:d}}{{resolve:";
        assert_eq!(
            dynamic_pieces(text),
            [
                DynamicPiece::Text("a"),
                reference("ssm", "/b:1"),
                reference("secretsmanager", "c:SecretString:d"),
                DynamicPiece::Text("{{resolve:"),
            ]
        );
    }

    #[test]
    fn a_secret_is_named_by_its_name_or_arn() {
        fn secret<'a>(service: &'a str, key: &'a str) -> Option<(String, Option<&'a str>)> {
            DynamicReference { service, key }.secret()
        }
        let arn = "arn:aws:secretsmanager:us-west-2:1:secret:db-AbCdEf";
        let key = format!("{arn}:SecretString:user::");
        assert_eq!(secret("secretsmanager", &key), Some((arn.to_owned(), Some("user"))));
        assert_eq!(secret("secretsmanager", "db"), Some(("db".to_owned(), None)));
        assert_eq!(secret("ssm-secure", "/a:3"), Some(("/a".to_owned(), None)));
        assert_eq!(secret("ssm", "/a:3"), None);
    }
}
