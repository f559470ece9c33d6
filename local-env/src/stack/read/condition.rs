//! A rule's conditions (alb §2).

use super::field::{Field, Result};
use crate::stack::{Condition, Patterns};

const MAX_VALUES: usize = 5;
const MAX_WILDCARDS: usize = 6;
const MAX_LENGTH: usize = 128;

pub(super) fn read(field: &Field<'_>) -> Result<Vec<Condition>> {
    let conditions: Vec<_> = field.items()?.iter().map(one).collect::<Result<_>>()?;
    let patterns = || {
        conditions.iter().flat_map(|condition| match condition {
            Condition::PathPattern(Patterns::Wildcards(values)) => values.as_slice(),
            _ => &[],
        })
    };
    match (conditions.len(), patterns().count()) {
        (0, _) => return Err(field.refused("is empty", "a rule needs at least one condition")),
        (2.., _) => {
            let help = "put all patterns into the values of one condition";
            return Err(field.refused("has more than one path condition", help));
        }
        (_, count) if count > MAX_VALUES => {
            let help = "AWS takes 5 in one rule: give the others to a second rule";
            return Err(field.refused(format!("has {count} values"), help));
        }
        _ => {}
    }
    let wildcards = patterns().flat_map(|value| value.chars()).filter(|c| is_wildcard(*c)).count();
    if wildcards > MAX_WILDCARDS {
        let help = format!("AWS takes {MAX_WILDCARDS} of `*` and `?` in one rule");
        return Err(field.refused(format!("has {wildcards} wildcards"), help));
    }
    Ok(conditions)
}

fn one(field: &Field<'_>) -> Result<Condition> {
    let condition = field.map()?;
    let name = condition.need("Field")?;
    let help = "only `path-pattern` with plain `Values` is emulated";
    match &*name.text()? {
        "path-pattern" => {}
        known @ ("host-header"
        | "http-header"
        | "http-request-method"
        | "query-string"
        | "source-ip") => return Err(name.not_emulated(format!("a condition on `{known}`"), help)),
        other => return Err(name.refused(format!("is `{other}`, which is no condition"), help)),
    }
    let config = condition.map("PathPatternConfig")?;
    let regexes = condition.get("RegexValues");
    let regexes = regexes.or_else(|| config.as_ref()?.get("RegexValues"));
    if let Some(regexes) = regexes.filter(|values| !values.is_empty()) {
        return Err(regexes.not_emulated("regular expressions", help));
    }
    let own = condition.get("Values");
    let nested = config.as_ref().and_then(|config| config.get("Values"));
    let values = match (own, nested) {
        (Some(own), Some(_)) => {
            let help = "keep the values in `PathPatternConfig`";
            return Err(own.refused("stands beside `PathPatternConfig`", help));
        }
        (Some(values), None) | (None, Some(values)) => values,
        (None, None) => {
            return Err(condition.missing("PathPatternConfig.Values", "give the patterns"));
        }
    };
    let patterns: Vec<_> = values.items()?.iter().map(pattern).collect::<Result<_>>()?;
    if patterns.is_empty() {
        return Err(values.refused("is empty", "a condition needs at least one value"));
    }
    Ok(Condition::PathPattern(Patterns::Wildcards(patterns)))
}

fn pattern(field: &Field<'_>) -> Result<String> {
    let text = field.text()?;
    let length = text.chars().count();
    if !(1..=MAX_LENGTH).contains(&length) {
        let why = format!("has {length} characters");
        return Err(field.refused(why, format!("AWS takes 1 to {MAX_LENGTH}")));
    }
    if let Some(illegal) = text.chars().find(|c| !is_legal(*c) && !is_wildcard(*c)) {
        let why = format!("is `{text}`, with a `{}`", illegal.escape_debug());
        let help = "a pattern is made of letters, digits and _ - . $ / ~ \" ' @ : + & * ?";
        return Err(field.refused(why, help));
    }
    Ok(text.into_owned())
}

fn is_legal(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.$/~\"'@:+&".contains(c)
}

fn is_wildcard(c: char) -> bool {
    matches!(c, '*' | '?')
}
