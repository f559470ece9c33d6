//! Parameters: how they are declared, and the values that they are bound to.

use indexmap::IndexMap;
use regex::Regex;

use super::{
    Entry, Inputs, Map, Node, Note, Span, TemplateProblem as Problem, Value,
    nearest::did_you_mean,
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

#[derive(Clone, Copy, Debug, Default)]
struct Bounds {
    min: Option<f64>,
    max: Option<f64>,
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
                return Err(unknown("attribute", key, path, &KEYS, attribute));
            }
        }
        let optional =
            |key| map.get(key).map(|entry: &Entry| text(&entry.node, &path.key(key))).transpose();
        let kind = optional("Type")?.ok_or_else(|| Problem::Missing {
            path: path.to_string(),
            key: "Type",
            span: entry.key_span,
        })?;
        Ok(Self {
            kind: Kind::of(&kind).ok_or_else(|| Problem::UnknownName {
                kind: "parameter type",
                name: kind.clone(),
                path: path.to_string(),
                help: did_you_mean(&kind, TYPES)
                    .or_else(|| Some(format!("there are {}, and AWS's own", TYPES.join(", ")))),
                span: map.get("Type").map_or(entry.key_span, |entry| entry.node.span),
            })?,
            default: optional("Default")?,
            hidden: optional("NoEcho")?.is_some_and(|flag| flag.eq_ignore_ascii_case("true")),
            allowed_values: allowed_values(map, path)?,
            allowed_pattern: optional("AllowedPattern")?,
            constraint_description: optional("ConstraintDescription")?,
            length: Bounds::read(map, path, "MinLength", "MaxLength")?,
            range: Bounds::read(map, path, "MinValue", "MaxValue")?,
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
        let wrong = |rule: String| self.wrong(name, item, rule);
        let number = item.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        if self.kind.number && number.is_none() {
            return Err(wrong("which is not a number".to_owned()));
        }
        if let Some(number) = number.filter(|_| self.kind.number) {
            self.range.check(number).map_err(|bound| wrong(format!("which must be {bound}")))?;
        }
        #[expect(clippy::cast_precision_loss, reason = "no text has 2^52 characters")]
        let length = item.chars().count() as f64;
        self.length
            .check(length)
            .map_err(|bound| wrong(format!("which must be {bound} characters long")))?;
        if let Some(allowed) = &self.allowed_values
            && !allowed.iter().any(|value| value == item)
        {
            return Err(wrong(format!("which must be one of {}", allowed.join(", "))));
        }
        match (&self.allowed_pattern, pattern) {
            (Some(text), Some(pattern)) if !pattern.is_match(item) => {
                Err(wrong(format!("which must match `{text}`")))
            }
            _ => Ok(()),
        }
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

    fn wrong(&self, name: &str, value: &str, rule: String) -> Problem {
        Problem::ParameterValue {
            name: name.to_owned(),
            value: if self.hidden { "hidden".to_owned() } else { format!("`{value}`") },
            rule,
            help: self.constraint_description.clone(),
            span: self.span,
        }
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
            help: did_you_mean(name, parameters.keys().map(String::as_str)),
        })
        .collect();
    let mut bound = IndexMap::new();
    let mut missing = Vec::new();
    for (name, parameter) in parameters {
        let own = given.get(name);
        let Some(value) = own.or(parameter.default.as_ref()) else {
            missing.push((format!("`{name}`"), parameter.span));
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
    if let Some((_, span)) = missing.first() {
        let names: Vec<_> = missing.iter().map(|(name, _)| name.as_str()).collect();
        problems.push(Problem::MissingParameters { names: names.join(", "), span: *span });
    }
    if problems.is_empty() { Ok(bound) } else { Err(problems) }
}

fn allowed_values(map: &Map, path: &Path<'_>) -> Result<Option<Vec<String>>, Problem> {
    let Some(entry) = map.get("AllowedValues") else { return Ok(None) };
    let path = path.key("AllowedValues");
    let items =
        entry.node.items().ok_or_else(|| Problem::malformed(&path, "a list", &entry.node))?;
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

// === impl Bounds ===

impl Bounds {
    fn read(map: &Map, path: &Path<'_>, min: &str, max: &str) -> Result<Self, Problem> {
        let bound = |key: &str| {
            let Some(entry) = map.get(key) else { return Ok(None) };
            let number = entry.node.text().and_then(|text| text.parse().ok());
            number
                .map(Some)
                .ok_or_else(|| Problem::malformed(&path.key(key), "a number", &entry.node))
        };
        Ok(Self { min: bound(min)?, max: bound(max)? })
    }

    fn check(self, value: f64) -> Result<(), String> {
        match self {
            Self { min: Some(min), .. } if value < min => Err(format!("at least {min}")),
            Self { max: Some(max), .. } if value > max => Err(format!("at most {max}")),
            _ => Ok(()),
        }
    }
}
