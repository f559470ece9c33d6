//! A rule's conditions (alb §2).

use ipnet::IpNet;

use crate::{
    expression::{self, Case},
    field::{Field, Properties, Result},
    pattern,
    problem::{CONDITIONS, Form, Need, NotEmulated, RuleFault, StackProblem},
};
use cloudformation::{PropertyPath, nearest};
use stack::{Condition, Patterns, QueryPattern};

const MAX_VALUES: usize = 5;
const MAX_WILDCARDS: usize = 6;
const MAX_EXPRESSION: usize = 128;

pub(super) fn read(field: &Field<'_>) -> Result<Vec<Condition>> {
    let conditions: Vec<_> = field.items()?.iter().map(one).collect::<Result<_>>()?;
    if conditions.is_empty() {
        return Err(field.refused(RuleFault::NoConditions));
    }
    for kind in ["path-pattern", "host-header", "http-request-method", "source-ip"] {
        if conditions.iter().filter(|condition| name(condition) == kind).count() > 1 {
            return Err(field.refused(RuleFault::RepeatedCondition { kind }));
        }
    }
    let found: usize = conditions.iter().map(values).sum();
    if found > MAX_VALUES {
        return Err(field.refused(RuleFault::TooManyValues { found, most: MAX_VALUES }));
    }
    let found: usize = conditions.iter().map(wildcards).sum();
    if found > MAX_WILDCARDS {
        return Err(field.refused(RuleFault::TooManyWildcards { found, most: MAX_WILDCARDS }));
    }
    Ok(conditions)
}

fn one(field: &Field<'_>) -> Result<Condition> {
    let condition = field.map()?;
    let name = condition.need("Field")?;
    match &*name.text()? {
        "path-pattern" => patterns(&condition, "PathPatternConfig", pattern::path, Case::Matters)
            .map(Condition::PathPattern),
        "host-header" => patterns(&condition, "HostHeaderConfig", pattern::host, Case::Ignored)
            .map(Condition::HostHeader),
        "http-header" => http_header(&condition),
        "http-request-method" => list(&condition, "HttpRequestMethodConfig", pattern::method)
            .map(Condition::HttpRequestMethod),
        "query-string" => list(&condition, "QueryStringConfig", query).map(Condition::QueryString),
        "source-ip" => list(&condition, "SourceIpConfig", network).map(Condition::SourceIp),
        other => Err(unknown(&name, other)),
    }
}

/// Returns the problem of a kind that is a mistype, or one that AWS may have by now.
fn unknown(name: &Field<'_>, other: &str) -> StackProblem {
    let found = other.to_owned();
    match nearest(other, CONDITIONS) {
        Some(near) => name.refused(RuleFault::UnknownCondition { found, near }),
        None => name.refused(NotEmulated::Condition { found }),
    }
}

/// Reads `Values` or `RegexValues`, each in the condition itself or in its configuration.
fn patterns(
    condition: &Properties<'_>,
    config: &'static str,
    legal: fn(&Field<'_>) -> Result<String>,
    case: Case,
) -> Result<Patterns> {
    let values = either(condition, config, "Values")?;
    let regexes = either(condition, config, "RegexValues")?.filter(|it| !it.is_empty());
    match (values, regexes) {
        (Some(values), Some(regexes)) if !values.is_empty() => {
            Err(regexes.refused(RuleFault::RegexBesideValues))
        }
        (_, Some(regexes)) => each(&regexes, |field| expression::read(field, MAX_EXPRESSION, case))
            .map(Patterns::Regexes),
        (Some(values), None) => each(&values, legal).map(Patterns::Wildcards),
        (None, None) => {
            let values = PropertyPath::default().key(config).key("Values");
            Err(condition.missing_at(&values, Need::Patterns))
        }
    }
}

/// Returns a list that may stand in one of two places.
fn either<'a>(
    condition: &Properties<'a>,
    config: &'static str,
    key: &str,
) -> Result<Option<Field<'a>>> {
    let nested = condition.map(config)?.and_then(|config| config.get(key));
    match (condition.get(key), nested) {
        (Some(own), Some(_)) => Err(own.refused(RuleFault::ValuesTwice { config })),
        (own, nested) => Ok(own.or(nested)),
    }
}

fn http_header(condition: &Properties<'_>) -> Result<Condition> {
    let config = condition.need("HttpHeaderConfig")?.map()?;
    Ok(Condition::HttpHeader {
        name: pattern::header_name(&config.need("HttpHeaderName")?)?,
        patterns: patterns(condition, "HttpHeaderConfig", pattern::printable, Case::Ignored)?,
    })
}

fn query(field: &Field<'_>) -> Result<QueryPattern> {
    let pair = field.map()?;
    let key = pair.get("Key").map(|key| pattern::printable(&key)).transpose()?;
    Ok(QueryPattern { key, value: pattern::printable(&pair.need("Value")?)? })
}

fn network(field: &Field<'_>) -> Result<IpNet> {
    let text = field.text()?;
    match text.parse::<IpNet>() {
        Ok(_) if text == "255.255.255.255/32" => Err(field.refused(RuleFault::BroadcastAddress)),
        Ok(network) => Ok(network.trunc()),
        Err(_) => Err(field.malformed(&text, Form::Cidr)),
    }
}

/// Returns the values of a condition that takes them in its configuration only.
fn list<T>(
    condition: &Properties<'_>,
    config: &'static str,
    read: impl Fn(&Field<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    each(&condition.need(config)?.map()?.need("Values")?, read)
}

fn each<T>(values: &Field<'_>, read: impl Fn(&Field<'_>) -> Result<T>) -> Result<Vec<T>> {
    let read: Vec<_> = values.items()?.iter().map(read).collect::<Result<_>>()?;
    if read.is_empty() {
        return Err(values.refused(RuleFault::NoValues));
    }
    Ok(read)
}

fn name(condition: &Condition) -> &'static str {
    match condition {
        Condition::PathPattern(_) => "path-pattern",
        Condition::HostHeader(_) => "host-header",
        Condition::HttpHeader { .. } => "http-header",
        Condition::HttpRequestMethod(_) => "http-request-method",
        Condition::QueryString(_) => "query-string",
        Condition::SourceIp(_) => "source-ip",
    }
}

fn values(condition: &Condition) -> usize {
    match condition {
        Condition::PathPattern(patterns)
        | Condition::HostHeader(patterns)
        | Condition::HttpHeader { patterns, .. } => match patterns {
            Patterns::Wildcards(values) | Patterns::Regexes(values) => values.len(),
        },
        Condition::HttpRequestMethod(methods) => methods.len(),
        Condition::QueryString(pairs) => pairs.len(),
        Condition::SourceIp(networks) => networks.len(),
    }
}

fn wildcards(condition: &Condition) -> usize {
    match condition {
        Condition::PathPattern(Patterns::Wildcards(values))
        | Condition::HostHeader(Patterns::Wildcards(values))
        | Condition::HttpHeader { patterns: Patterns::Wildcards(values), .. } => {
            values.iter().map(|value| pattern::wildcards(value)).sum()
        }
        Condition::QueryString(pairs) => {
            let texts = pairs.iter().flat_map(|pair| pair.key.iter().chain([&pair.value]));
            texts.map(|text| pattern::unescaped_wildcards(text)).sum()
        }
        _ => 0,
    }
}
