//! Writes a template as YAML: what `serde_json` holds, with the intrinsic functions in their
//! short form (`!Ref Vpc`, `!GetAtt LoadBalancer.DNSName`).
//!
//! A text stays bare only where no reader of YAML 1.1 or 1.2 could take it for anything else;
//! all others are quoted.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

const STEP: usize = 2;

/// Words that some version of YAML reads as a truth value or as nothing, in any case.
const RESERVED: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// Writes a document.
pub(crate) fn write(value: &Value) -> String {
    let mut out = String::new();
    match inline(value) {
        Some(text) => out.push_str(&text),
        None => write_block(&mut out, value, 0),
    }
    out.push('\n');
    out
}

/// Writes a list or map, the cursor being where its first line begins.
fn write_block(out: &mut String, value: &Value, indent: usize) {
    if let Some((tag, argument)) = intrinsic(value) {
        out.push_str(&tag);
        new_line(out, indent);
        write_block(out, argument, indent);
    } else if let Value::Object(map) = value {
        write_map(out, map, indent);
    } else if let Value::Array(items) = value {
        write_list(out, items, indent);
    }
}

fn write_map(out: &mut String, map: &Map<String, Value>, indent: usize) {
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            new_line(out, indent);
        }
        out.push_str(&scalar(key));
        out.push(':');
        if let Some(text) = inline(value) {
            out.push(' ');
            out.push_str(&text);
        } else {
            match intrinsic(value) {
                Some(_) => out.push(' '),
                None => new_line(out, indent + STEP),
            }
            write_block(out, value, indent + STEP);
        }
    }
}

fn write_list(out: &mut String, items: &[Value], indent: usize) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            new_line(out, indent);
        }
        out.push_str("- ");
        match inline(item) {
            Some(text) => out.push_str(&text),
            None => write_block(out, item, indent + STEP),
        }
    }
}

/// What fits behind its key or dash on one line.
fn inline(value: &Value) -> Option<String> {
    if let Some((tag, argument)) = intrinsic(value) {
        let argument = get_att(&tag, argument).or_else(|| inline(argument))?;
        return Some(format!("{tag} {argument}"));
    }
    match value {
        Value::String(text) => Some(scalar(text)),
        Value::Object(map) if !map.is_empty() => None,
        Value::Array(items) if !items.is_empty() => None,
        // Numbers, truth values, null and what is empty look in YAML as they do in JSON.
        other => Some(other.to_string()),
    }
}

/// `{"Fn::Sub": …}` as the tag `!Sub` and its argument. Two tags cannot follow one another, so a
/// function of a function keeps its long form.
fn intrinsic(value: &Value) -> Option<(String, &Value)> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    let (key, argument) = map.iter().next()?;
    let name = if key == "Ref" { key } else { key.strip_prefix("Fn::")? };
    let fits = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
    (fits && intrinsic(argument).is_none()).then(|| (format!("!{name}"), argument))
}

/// `["LoadBalancer", "DNSName"]` as `LoadBalancer.DNSName`.
fn get_att(tag: &str, argument: &Value) -> Option<String> {
    let ("!GetAtt", [Value::String(id), Value::String(attribute)]) =
        (tag, argument.as_array()?.as_slice())
    else {
        return None;
    };
    // Read back, the first dot parts the two.
    (!id.contains('.')).then(|| scalar(&format!("{id}.{attribute}")))
}

fn scalar(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else if text.chars().all(|c| matches!(c, ' '..='~')) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        double_quoted(text)
    }
}

/// Bare texts begin with a letter or a slash, so that none is a number, a date or a marker, and
/// hold nothing that begins a comment, a map or a list.
fn is_plain(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let holds = text.chars().all(|c| c.is_ascii_alphanumeric() || " _-./:=+$(),;<>".contains(c));
    begins
        && holds
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !RESERVED.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn double_quoted(text: &str) -> String {
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

fn escaped(c: char) -> String {
    match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".into(),
        ' '..='~' => c.into(),
        c if c.is_alphanumeric() => c.into(),
        c => format!("\\U{:08X}", u32::from(c)),
    }
}

fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}
