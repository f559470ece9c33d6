//! Why a rule takes a request, and why those before it do not: for people.

use std::fmt::{self, Display, Write as _};

use super::{AboveRoot, MatchedRule, Request, Routes, Rule, condition::pairs};
use stack::{Condition, LogicalId, Patterns, QueryPattern};

/// What a header may grow to, with many rules before the one that matches.
const MAX_HEADER: usize = 2048;

/// Each rule that was tried, in order, up to the one that took the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    unmatched: Vec<Unmatched>,
    /// The priority and the name in the template; the default rule has 0 and none.
    taken: Result<(u32, Option<LogicalId>), AboveRoot>,
}

/// A rule that does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// Its priority.
    pub priority: u32,
    /// Its name in the template.
    pub logical_id: LogicalId,
    /// What was compared with what, for each condition that does not hold.
    pub reasons: Vec<String>,
}

// === impl Routes ===

impl Routes {
    /// Explains which rule takes a request, and why no rule before it does.
    pub fn explain(&self, request: &Request<'_>) -> Explanation {
        let taken = self.choose(request);
        let unmatched = match (&taken, request.normalised_path()) {
            (Ok(taken), Ok(Some(path))) => {
                let tried = self.rules.iter().take_while(|rule| !rule.is(taken));
                tried.map(|rule| rule.unmatched(request, &path)).collect()
            }
            _ => Vec::new(),
        };
        let name = |taken: MatchedRule<'_>| (taken.priority, taken.logical_id.cloned());
        Explanation { unmatched, taken: taken.map(name) }
    }
}

// === impl Rule ===

impl Rule {
    fn is(&self, choice: &MatchedRule<'_>) -> bool {
        choice.logical_id == Some(&self.model.logical_id)
    }

    fn unmatched(&self, request: &Request<'_>, path: &[u8]) -> Unmatched {
        let conditions = self.conditions.iter().zip(&self.model.conditions);
        let failed = conditions.filter(|(compiled, _)| !compiled.holds(request, path));
        Unmatched {
            priority: self.model.priority,
            logical_id: self.model.logical_id.clone(),
            reasons: failed.map(|(_, condition)| reason(condition, request, path)).collect(),
        }
    }
}

fn reason(condition: &Condition, request: &Request<'_>, path: &[u8]) -> String {
    match condition {
        Condition::PathPattern(patterns) => {
            let sent = if path == request.path {
                String::new()
            } else {
                format!(", as which {} counts,", quoted(request.path))
            };
            format!("path {}{sent} {}", quoted(path), unlike(patterns))
        }
        Condition::HostHeader(patterns) => {
            format!("host {} {}", quoted(request.host), unlike(patterns))
        }
        Condition::HttpHeader { name, patterns } => header(name, patterns, request),
        Condition::HttpRequestMethod(methods) => {
            format!("method {} is not {}", quoted(request.method), alternatives(methods))
        }
        Condition::QueryString(wanted) => {
            let wanted: Vec<_> = wanted.iter().map(pair).collect();
            let has = match request.query {
                Some(query) if pairs(Some(query)).next().is_some() => {
                    format!("query {}", quoted(query))
                }
                _ => "the request without a query".to_owned(),
            };
            format!("{has} has no {}", alternatives(&wanted))
        }
        Condition::SourceIp(networks) => {
            format!("source {} is not in {}", request.source.to_canonical(), alternatives(networks))
        }
    }
}

fn header(name: &str, patterns: &Patterns, request: &Request<'_>) -> String {
    let values: Vec<_> = request.fields.named(name.as_bytes()).map(quoted).collect();
    match values.as_slice() {
        [] => format!("header {name} is missing"),
        values => format!("header {name} {} {}", values.join(", "), unlike(patterns)),
    }
}

fn unlike(patterns: &Patterns) -> String {
    match patterns {
        Patterns::Wildcards(values) => format!("is not like {}", alternatives(values)),
        Patterns::Regexes(values) => {
            format!("does not match the regular expression {}", alternatives(values))
        }
    }
}

fn alternatives(values: &[impl Display]) -> String {
    let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
    values.join(" or ")
}

fn pair(pattern: &QueryPattern) -> String {
    format!("{}={}", pattern.key.as_deref().unwrap_or("*"), pattern.value)
}

/// Quotes what a client sent, so that it stays on its line.
fn quoted(text: &[u8]) -> String {
    match str::from_utf8(text) {
        Ok(text) if !text.contains(char::is_control) => format!("`{text}`"),
        _ => format!("`{}`", text.escape_ascii()),
    }
}

// === impl Explanation ===

impl Explanation {
    /// Returns the rules that were tried before the one that took the request.
    pub fn unmatched(&self) -> &[Unmatched] {
        &self.unmatched
    }

    /// Returns it as one line, fit for a header.
    pub fn header(&self) -> String {
        let mut text = match &self.taken {
            Ok((priority, Some(name))) => format!("rule {priority} {name}"),
            Ok((_, None)) => "default rule".to_owned(),
            Err(above) => above.to_string(),
        };
        for rule in &self.unmatched {
            // Writing to a string does not fail.
            let _ = write!(text, "; not {rule}");
        }
        let mut text = text.as_bytes().escape_ascii().to_string().replace(r"\'", "'");
        if text.len() > MAX_HEADER {
            text.truncate(MAX_HEADER);
            text.push_str("...");
        }
        text
    }
}

impl Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in &self.unmatched {
            writeln!(f, "not rule {rule}")?;
        }
        match &self.taken {
            Ok((priority, Some(name))) => write!(f, "rule {priority} {name}"),
            Ok((_, None)) => f.write_str("the default rule"),
            Err(above) => write!(f, "no rule: {above}, so that the answer is 400"),
        }
    }
}

// === impl Unmatched ===

impl Display for Unmatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.priority, self.logical_id, self.reasons.join(", and "))
    }
}
