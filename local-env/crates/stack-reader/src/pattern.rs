//! The characters of which the values of conditions are made (alb §2.3, §2.4).

use crate::{
    field::{Field, Result},
    problem::{Form, RuleFault},
};

const MAX_LENGTH: usize = 128;
const MAX_NAME: usize = 40;

/// Reads a path with wildcards.
pub(super) fn path(field: &Field<'_>) -> Result<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-.$/~\"'@:+&*?".contains(c);
    made_of(field, MAX_LENGTH, legal, Form::PathPattern)
}

/// Reads a host with wildcards.
pub(super) fn host(field: &Field<'_>) -> Result<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "-.*?".contains(c);
    let host = made_of(field, MAX_LENGTH, legal, Form::HostPattern)?;
    match host.rsplit_once('.') {
        Some((_, end)) if end.chars().all(|c| c.is_ascii_alphabetic()) => Ok(host),
        _ => Err(field.malformed(&host, Form::TopLevelDomain)),
    }
}

/// Reads a method, which has no wildcards.
pub(super) fn method(field: &Field<'_>) -> Result<String> {
    let legal = |c: char| c.is_ascii_uppercase() || matches!(c, '-' | '_');
    made_of(field, MAX_NAME, legal, Form::Method)
}

/// Reads the name of a header, which has no wildcards.
pub(super) fn header_name(field: &Field<'_>) -> Result<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "!#$%&'+-.^_`|~".contains(c);
    let name = made_of(field, MAX_NAME, legal, Form::HeaderName)?;
    if name.eq_ignore_ascii_case("host") {
        return Err(field.refused(RuleFault::HostAsHeader { found: name }));
    }
    Ok(name)
}

/// Reads a text of what can be seen, and of blanks.
pub(super) fn printable(field: &Field<'_>) -> Result<String> {
    let legal = |c: char| matches!(c, ' '..='~');
    made_of(field, MAX_LENGTH, legal, Form::Printable)
}

/// Returns how many wildcards there are.
pub(super) fn wildcards(text: &str) -> usize {
    text.chars().filter(|c| matches!(c, '*' | '?')).count()
}

/// Returns how many wildcards there are where `\*` and `\?` stand for themselves.
pub(super) fn unescaped_wildcards(text: &str) -> usize {
    wildcards(&text.replace("\\*", "").replace("\\?", ""))
}

fn made_of(
    field: &Field<'_>,
    longest: usize,
    legal: impl Fn(char) -> bool,
    form: Form,
) -> Result<String> {
    let text = field.sized(1..=longest)?;
    match text.chars().find(|c| !legal(*c)) {
        None => Ok(text.into_owned()),
        Some(illegal) => Err(field.illegal(&text, illegal, form)),
    }
}
