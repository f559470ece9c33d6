//! Parameters as a template declares them.

use super::{
    nearest::nearest,
    node::{Entry, Map, Value},
    path::Path,
    problem::{Bounds, Expected, NameKind, TemplateProblem as Problem},
    shape::{entries, text, unknown},
    source::Span,
};

const KEYS: [&str; 11] = [
    "Type",
    "Default",
    "Description",
    "NoEcho",
    "AllowedValues",
    "AllowedPattern",
    "ConstraintDescription",
    "MinLength",
    "MaxLength",
    "MinValue",
    "MaxValue",
];

const TYPES: [&str; 4] = ["String", "Number", "CommaDelimitedList", "List<Number>"];

/// A parameter as it is declared.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) kind: Kind,
    pub(super) default: Option<String>,
    pub(super) hidden: bool,
    pub(super) allowed_values: Option<Vec<String>>,
    pub(super) allowed_pattern: Option<String>,
    pub(super) constraint_description: Option<String>,
    pub(super) length: Bounds,
    pub(super) range: Bounds,
    pub(super) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) list: bool,
    pub(super) number: bool,
    /// Whether the value is the name of a value that AWS keeps.
    pub(super) ssm: bool,
}

// === impl Parameter ===

impl Parameter {
    pub(super) fn read(path: &Path<'_>, entry: &Entry) -> Result<Self, Problem> {
        let map = entries(&entry.node, path)?;
        for (key, attribute) in map {
            if !KEYS.contains(&key.as_str()) {
                return Err(unknown(NameKind::DeclarationAttribute, key, path, &KEYS, attribute));
            }
        }
        let optional =
            |key| map.get(key).map(|entry: &Entry| text(&entry.node, &path.key(key))).transpose();
        let kind = optional("Type")?.ok_or_else(|| Problem::Missing {
            path: path.into(),
            key: "Type",
            span: entry.key_span,
        })?;
        Ok(Self {
            kind: Kind::of(&kind).ok_or_else(|| Problem::UnknownName {
                kind: NameKind::ParameterType,
                name: kind.clone(),
                path: path.into(),
                near: nearest(&kind, TYPES).map(String::from),
                known: TYPES.map(String::from).to_vec(),
                span: map.get("Type").map_or(entry.key_span, |entry| entry.node.span),
            })?,
            default: optional("Default")?,
            hidden: optional("NoEcho")?.is_some_and(|flag| flag.eq_ignore_ascii_case("true")),
            allowed_values: allowed_values(map, path)?,
            allowed_pattern: optional("AllowedPattern")?,
            constraint_description: optional("ConstraintDescription")?,
            length: bounds(map, path, "MinLength", "MaxLength")?,
            range: bounds(map, path, "MinValue", "MaxValue")?,
            span: entry.key_span,
        })
    }
}

fn allowed_values(map: &Map, path: &Path<'_>) -> Result<Option<Vec<String>>, Problem> {
    let Some(entry) = map.get("AllowedValues") else { return Ok(None) };
    let path = path.key("AllowedValues");
    let items =
        entry.node.items().ok_or_else(|| Problem::malformed(&path, Expected::List, &entry.node))?;
    items
        .iter()
        .enumerate()
        .map(|(index, item)| text(item, &path.item(index)))
        .collect::<Result<_, _>>()
        .map(Some)
}

// === impl Kind ===

impl Kind {
    /// Returns the kind that a type stands for; types of AWS's own are texts, or lists of them.
    fn of(name: &str) -> Option<Self> {
        let inside = |name: &str, prefix: &str| {
            Some(name.strip_prefix(prefix)?.strip_suffix('>')?.to_owned())
        };
        let ssm = inside(name, "AWS::SSM::Parameter::Value<");
        let name = ssm.as_deref().unwrap_or(name);
        let item = inside(name, "List<");
        let scalar = item.as_deref().unwrap_or(name);
        let is_known = TYPES.contains(&scalar) || scalar.starts_with("AWS::");
        is_known.then(|| Self {
            list: item.is_some() || name == "CommaDelimitedList",
            number: scalar == "Number",
            ssm: ssm.is_some(),
        })
    }

    pub(super) fn scalar(self, text: &str) -> Value {
        let text = text.to_owned();
        if self.number { Value::Number(text) } else { Value::String(text) }
    }
}

fn bounds(map: &Map, path: &Path<'_>, min: &str, max: &str) -> Result<Bounds, Problem> {
    let bound = |key: &str| {
        let Some(entry) = map.get(key) else { return Ok(None) };
        let number = entry.node.text().and_then(|text| text.parse().ok());
        let wrong = || Problem::malformed(&path.key(key), Expected::Number, &entry.node);
        number.map(Some).ok_or_else(wrong)
    };
    Ok(Bounds { min: bound(min)?, max: bound(max)? })
}
