//! Parameters: how they are declared, and the values that they are bound to.

use indexmap::IndexMap;
use regex::Regex;

use super::{
    Bounds, Entry, Expected, Inputs, Map, NameKind, Node, Note, ParameterRule, Span,
    TemplateProblem as Problem, Value,
    nearest::nearest,
    path::Path,
    template::{entries, text, unknown},
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
    kind: Kind,
    default: Option<String>,
    hidden: bool,
    allowed_values: Option<Vec<String>>,
    allowed_pattern: Option<String>,
    constraint_description: Option<String>,
    length: Bounds,
    range: Bounds,
    span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    list: bool,
    number: bool,
    /// The value is the name of a value that AWS keeps.
    ssm: bool,
}

/// A parameter's value and what could not be made sure of.
pub(super) struct Bound {
    pub(super) value: Value,
    /// Holds once the parameter is used.
    pub(super) unknown: Option<Note>,
    pub(super) unchecked: Option<Note>,
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

    fn bind(&self, name: &str, given: &str) -> Result<Bound, Problem> {
        let items: Vec<&str> =
            if self.kind.list { given.split(',').map(str::trim).collect() } else { vec![given] };
        let mut unchecked = None;
        let pattern = self.pattern(name, &mut unchecked);
        for item in &items {
            self.check(name, item, pattern.as_ref())?;
        }
        let value = if self.kind.list {
            let items = items.iter().map(|item| Node::new(self.kind.scalar(item), self.span));
            Value::List(items.collect())
        } else {
            self.kind.scalar(given)
        };
        let (parameter, kept) = (name.to_owned(), given.to_owned());
        let unknown = self.kind.ssm.then_some(Note::SsmValue { parameter, name: kept });
        Ok(Bound { value, unknown, unchecked })
    }

    fn check(&self, name: &str, item: &str, pattern: Option<&Regex>) -> Result<(), Problem> {
        match self.broken(item, pattern) {
            None => Ok(()),
            Some(rule) => Err(Problem::ParameterValue {
                name: name.to_owned(),
                value: (!self.hidden).then(|| item.to_owned()),
                rule: Box::new(rule),
                description: self.constraint_description.clone(),
                span: self.span,
            }),
        }
    }

    /// Returns the first rule that a value does not keep.
    fn broken(&self, item: &str, pattern: Option<&Regex>) -> Option<ParameterRule> {
        if self.kind.number {
            let number = item.trim().parse::<f64>().ok().filter(|number| number.is_finite());
            let Some(number) = number else { return Some(ParameterRule::Number) };
            if !self.range.hold(number) {
                return Some(ParameterRule::Range(self.range));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "no text has 2^52 characters")]
        let length = item.chars().count() as f64;
        if !self.length.hold(length) {
            return Some(ParameterRule::Length(self.length));
        }
        if let Some(allowed) = &self.allowed_values
            && !allowed.iter().any(|value| value == item)
        {
            return Some(ParameterRule::OneOf(allowed.clone()));
        }
        let is_matched = pattern.is_none_or(|pattern| pattern.is_match(item));
        self.allowed_pattern.clone().filter(|_| !is_matched).map(ParameterRule::Pattern)
    }

    /// CloudFormation's patterns are Java's; the few that cannot be read here are noted. Matching
    /// takes time in proportion to the text, whatever the pattern.
    fn pattern(&self, name: &str, unchecked: &mut Option<Note>) -> Option<Regex> {
        let pattern = self.allowed_pattern.as_ref()?;
        let regex = Regex::new(&format!("^(?:{pattern})$")).ok();
        if regex.is_none() {
            *unchecked = Some(Note::UncheckedPattern { parameter: name.to_owned() });
        }
        regex
    }
}

/// Every parameter's value: what is given, else the default.
pub(super) fn bind(
    parameters: &IndexMap<String, Parameter>,
    inputs: &Inputs,
) -> Result<IndexMap<String, Bound>, Vec<Problem>> {
    let given = &inputs.parameters;
    let mut problems: Vec<Problem> = given
        .keys()
        .filter(|name| !parameters.contains_key(*name))
        .map(|name| Problem::UnknownParameter {
            name: name.clone(),
            near: nearest(name, parameters.keys().map(String::as_str)).map(String::from),
        })
        .collect();
    let mut bound = IndexMap::new();
    let mut missing = Vec::new();
    for (name, parameter) in parameters {
        let own = given.get(name);
        let Some(value) = own.or(parameter.default.as_ref()) else {
            missing.push((name.clone(), parameter.span));
            continue;
        };
        let kept = inputs.ssm.get(value).filter(|_| parameter.kind.ssm);
        match parameter.bind(name, kept.unwrap_or(value)) {
            // What the user gives is the value itself; a default only tells where AWS keeps it.
            Ok(value) => {
                let unknown = value.unknown.filter(|_| own.is_none() && kept.is_none());
                bound.insert(name.clone(), Bound { unknown, ..value });
            }
            Err(problem) => problems.push(problem),
        }
    }
    if let Some(&(_, span)) = missing.first() {
        let names = missing.into_iter().map(|(name, _)| name).collect();
        problems.push(Problem::MissingParameters { names, span });
    }
    if problems.is_empty() { Ok(bound) } else { Err(problems) }
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
    /// Types of AWS's own are texts, or lists of them.
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

    fn scalar(self, text: &str) -> Value {
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
