//! CloudFormation's functions, except those that only decide.

mod cidr;
mod imports;
mod language;

use std::{collections::HashMap, iter};

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{
    Entry, Expected, FunctionFault, Map, NameKind, Node, Span, TemplateProblem as Problem,
    Unemulated, Value,
    evaluate::Scope,
    nearest::nearest,
    path::Path,
    problem::Result,
    sub::{self, Piece},
};

/// Names and the forms in which they are written.
const FUNCTIONS: [(&str, &str); 15] = [
    ("Ref", r#"{"Ref": "name"}"#),
    ("Fn::GetAtt", r#"{"Fn::GetAtt": ["resource", "attribute"]}"#),
    ("Fn::Sub", r#"{"Fn::Sub": "text ${Name}"} or {"Fn::Sub": ["text ${Name}", {"Name": value}]}"#),
    ("Fn::Join", r#"{"Fn::Join": ["delimiter", [value, …]]}"#),
    ("Fn::Select", r#"{"Fn::Select": [index, [value, …]]}"#),
    ("Fn::Split", r#"{"Fn::Split": ["delimiter", "text"]}"#),
    ("Fn::If", r#"{"Fn::If": ["condition", value, otherwise]}"#),
    ("Fn::GetAZs", r#"{"Fn::GetAZs": "region"}"#),
    ("Fn::FindInMap", r#"{"Fn::FindInMap": ["map", "key", "key"]}"#),
    ("Fn::Base64", r#"{"Fn::Base64": "text"}"#),
    ("Fn::Cidr", r#"{"Fn::Cidr": ["10.0.0.0/16", count, host bits]}"#),
    ("Fn::ImportValue", r#"{"Fn::ImportValue": "export"}"#),
    (
        "Fn::GetStackOutput",
        r#"{"Fn::GetStackOutput": {"StackName": "stack", "OutputName": "output", "Region": "region"}}"#,
    ),
    ("Fn::Length", r#"{"Fn::Length": [value, …]}"#),
    ("Fn::ToJsonString", r#"{"Fn::ToJsonString": value}"#),
];

/// Functions of CloudFormation's that stand elsewhere, or that only AWS can do.
const OTHERS: [&str; 11] = [
    "Fn::And",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::Transform",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
];

/// Longer texts than a whole template are nobody's intention, but a few functions inside of one
/// another can make them.
const LONGEST_TEXT: usize = 1 << 20;

/// What all functions of a template may make together, in bytes or so.
const MOST_MADE: usize = 1 << 28;

/// A function and its argument.
pub(super) struct Call<'a> {
    name: &'static str,
    form: &'static str,
    argument: &'a Node,
    path: &'a Path<'a>,
    span: Span,
}

// === impl Call ===

impl<'a> Call<'a> {
    /// The function that a mapping stands for, if any.
    pub(super) fn of(map: &'a Map, path: &'a Path<'a>) -> Result<Option<Self>> {
        let is_function = |name: &str| name.starts_with("Fn::") || name == "Ref" && map.len() == 1;
        let Some((name, entry)) = map.iter().find(|(name, _)| is_function(name)) else {
            return Ok(None);
        };
        let call = Self::new(name, entry, path)?;
        match map.len() {
            1 => Ok(Some(call)),
            _ => Err(call.wrong(FunctionFault::OtherKeys)),
        }
    }

    fn new(name: &str, entry: &'a Entry, path: &'a Path<'a>) -> Result<Self> {
        let argument = &entry.node;
        // What is shown of a long argument is the function's name.
        let span = if argument.text().is_some() { argument.span } else { entry.key_span };
        if let Some((name, form)) = FUNCTIONS.iter().find(|(known, _)| *known == name) {
            return Ok(Self { name, form, argument, path, span });
        }
        let (path, name) = (path.into(), name.to_owned());
        if OTHERS.contains(&&*name) || name.starts_with("Fn::ForEach") {
            return Err(Problem::NotEmulated { what: Unemulated::Function { name }, path, span });
        }
        let known = FUNCTIONS.iter().map(|(name, _)| *name).chain(OTHERS);
        let near = nearest(&name, known).map(String::from);
        let (kind, known) = (NameKind::Function, Vec::new());
        Err(Problem::UnknownName { kind, name, path, near, known, span })
    }

    /// Where it stands.
    pub(super) fn span(&self) -> Span {
        self.span
    }

    fn wrong(&self, reason: FunctionFault) -> Problem {
        Problem::Function {
            function: self.name,
            path: self.path.into(),
            reason,
            form: self.form,
            span: self.span,
        }
    }

    fn mistyped(&self, expected: Expected, node: &Node) -> Problem {
        self.wrong(FunctionFault::WrongType { expected, found: node.kind() })
    }

    fn parsed<T: std::str::FromStr>(&self, expected: Expected, text: String) -> Result<T> {
        let parsed = text.parse();
        parsed.map_err(|_| self.wrong(FunctionFault::WrongText { expected, found: text }))
    }

    /// The argument's items, not yet evaluated.
    fn items<const N: usize>(&self) -> Result<&'a [Node; N]> {
        let items = self.argument.items().and_then(|items| items.try_into().ok());
        items.ok_or_else(|| self.wrong(FunctionFault::items(N)))
    }

    fn text(&self, node: &Node) -> Result<String> {
        let text = node.text().ok_or_else(|| self.mistyped(Expected::Text, node))?;
        Ok(text.into_owned())
    }

    fn list<'n>(&self, node: &'n Node) -> Result<&'n [Node]> {
        node.items().ok_or_else(|| self.mistyped(Expected::List, node))
    }
}

impl Scope<'_> {
    /// What a function gives; `None` where that is `AWS::NoValue`.
    pub(super) fn call(&self, call: &Call<'_>) -> Result<Option<Value>> {
        let value = match call.name {
            "Ref" => {
                let value = self.reference(&call.text(call.argument)?, call.path, call.span)?;
                return value.map(|value| self.bounded(call, value)).transpose();
            }
            "Fn::If" => {
                let chosen = self.evaluate(self.branch(call)?, call.path)?;
                return Ok(chosen.map(|node| node.value));
            }
            "Fn::GetAtt" => self.get_att(call),
            "Fn::Sub" => self.sub(call).map(Value::String),
            "Fn::Join" => self.join(call).map(Value::String),
            "Fn::Select" => self.select(call),
            "Fn::Split" => self.split(call),
            "Fn::GetAZs" => self.get_azs(call),
            "Fn::FindInMap" => return self.find_in_map(call),
            "Fn::Cidr" => self.cidr(call),
            "Fn::ImportValue" => self.import_value(call),
            "Fn::GetStackOutput" => self.get_stack_output(call),
            "Fn::Length" => self.length(call),
            "Fn::ToJsonString" => self.to_json_string(call),
            _ => self.text(call, call.argument).map(|text| base64(&text)),
        }?;
        self.bounded(call, value).map(Some)
    }

    /// Few functions can make much, and many of them all the more.
    fn bounded(&self, call: &Call<'_>, value: Value) -> Result<Value> {
        if let Value::String(text) = &value
            && text.len() > LONGEST_TEXT
        {
            return Err(call.wrong(FunctionFault::TextTooLong { most: LONGEST_TEXT }));
        }
        self.made.set(self.made.get() + value.weight());
        if self.made.get() > MOST_MADE {
            return Err(call.wrong(FunctionFault::TooMuch { most: MOST_MADE }));
        }
        Ok(value)
    }

    /// An evaluated argument, which must not be `AWS::NoValue`.
    fn value(&self, call: &Call<'_>, node: &Node) -> Result<Node> {
        let value = self.evaluate(node, &call.path.key(call.name))?;
        value.ok_or_else(|| call.wrong(FunctionFault::NoValue))
    }

    fn text(&self, call: &Call<'_>, node: &Node) -> Result<String> {
        call.text(&self.value(call, node)?)
    }

    fn branch<'n>(&self, call: &Call<'n>) -> Result<&'n Node> {
        let [condition, then, otherwise] = call.items()?;
        let holds = self.decided(&call.text(condition)?, call.path, condition.span)?;
        Ok(if holds { then } else { otherwise })
    }

    fn get_att(&self, call: &Call<'_>) -> Result<Value> {
        let (resource, attribute) = match call.argument.items() {
            Some([resource, attribute]) => {
                (self.text(call, resource)?, self.text(call, attribute)?)
            }
            Some(_) => return Err(call.wrong(FunctionFault::items(2))),
            None => {
                let text = call.text(call.argument)?;
                let (resource, attribute) =
                    text.split_once('.').ok_or_else(|| call.wrong(FunctionFault::NoDot))?;
                (resource.to_owned(), attribute.to_owned())
            }
        };
        self.attribute(&resource, &attribute, call.path, call.span)
    }

    fn sub(&self, call: &Call<'_>) -> Result<String> {
        let (text, variables) = match call.argument.items() {
            Some([text, variables]) => (text, self.variables(call, variables)?),
            Some(_) => return Err(call.wrong(FunctionFault::items(2))),
            None => (call.argument, HashMap::new()),
        };
        let mut made = String::new();
        for piece in sub::pieces(&call.text(text)?) {
            match piece {
                Piece::Text(text) => made += text,
                Piece::Name(name) => match variables.get(name) {
                    Some(value) => made += value,
                    None => made += &self.named(call, name)?,
                },
            }
        }
        Ok(made)
    }

    fn variables<'n>(&self, call: &Call<'_>, node: &'n Node) -> Result<HashMap<&'n str, String>> {
        let wrong = || call.wrong(FunctionFault::Variables { found: node.kind() });
        let entries = node.entries().ok_or_else(wrong)?.iter();
        entries.map(|(name, entry)| Ok((name.as_str(), self.text(call, &entry.node)?))).collect()
    }

    fn named(&self, call: &Call<'_>, name: &str) -> Result<String> {
        let value = match name.split_once('.') {
            Some((name, attribute)) => Some(self.attribute(name, attribute, call.path, call.span)?),
            None => self.reference(name, call.path, call.span)?,
        };
        let value = value.ok_or_else(|| call.wrong(FunctionFault::NoValue))?;
        call.text(&Node::new(value, call.span))
    }

    fn join(&self, call: &Call<'_>) -> Result<String> {
        let [delimiter, values] = call.items()?;
        let values = self.value(call, values)?;
        let values: Vec<_> =
            call.list(&values)?.iter().map(|value| call.text(value)).collect::<Result<_>>()?;
        let joined = values.join(&self.text(call, delimiter)?);
        Ok(joined)
    }

    fn select(&self, call: &Call<'_>) -> Result<Value> {
        let [index, values] = call.items()?;
        let index = self.text(call, index)?;
        let index: usize = call.parsed(Expected::Index, index)?;
        let values = self.value(call, values)?;
        let values = call.list(&values)?;
        let chosen = values.get(index);
        let outside = || call.wrong(FunctionFault::OutOfRange { index, length: values.len() });
        Ok(chosen.ok_or_else(outside)?.value.clone())
    }

    fn split(&self, call: &Call<'_>) -> Result<Value> {
        let [delimiter, text] = call.items()?;
        let (delimiter, text) = (self.text(call, delimiter)?, self.text(call, text)?);
        if delimiter.is_empty() {
            return Err(call.wrong(FunctionFault::EmptyDelimiter));
        }
        Ok(texts(text.split(delimiter.as_str()), call.span))
    }

    fn get_azs(&self, call: &Call<'_>) -> Result<Value> {
        // Many templates have a bare `!GetAZs`, which AWS takes for its empty text.
        let region = match call.argument.value {
            Value::Null => String::new(),
            _ => self.text(call, call.argument)?,
        };
        let region = if region.is_empty() { &self.inputs.region } else { &region };
        let zones: &[&str] = match region.as_str() {
            "us-east-1" => &["a", "b", "c", "d", "e", "f"],
            "us-west-2" => &["a", "b", "c", "d"],
            _ => &["a", "b", "c"],
        };
        let zones: Vec<_> = zones.iter().map(|zone| format!("{region}{zone}")).collect();
        Ok(texts(zones.iter().map(String::as_str), call.span))
    }

    fn find_in_map(&self, call: &Call<'_>) -> Result<Option<Value>> {
        let (keys, default) = match call.argument.items() {
            Some([keys @ .., options]) if keys.len() == 3 => {
                self.require_language_extensions(call, Some("DefaultValue"))?;
                let default = options.get("DefaultValue");
                let wrong = || call.wrong(FunctionFault::NoDefaultValue);
                (keys, Some(default.ok_or_else(wrong)?))
            }
            Some(keys) if keys.len() == 3 => (keys, None),
            _ => return Err(call.wrong(FunctionFault::items(3))),
        };
        match (self.found_in_map(call, keys), default) {
            (Ok(value), _) => self.bounded(call, value).map(Some),
            (
                Err(Problem::UnknownName {
                    kind: NameKind::Mapping | NameKind::MappingKey, ..
                }),
                Some(default),
            ) => Ok(self.evaluate(default, call.path)?.map(|node| node.value)),
            (Err(problem), _) => Err(problem),
        }
    }

    fn found_in_map(&self, call: &Call<'_>, keys: &[Node]) -> Result<Value> {
        let mut map = Some(&self.template.mappings);
        let mut found = None;
        let kinds = [NameKind::Mapping].into_iter().chain(iter::repeat(NameKind::MappingKey));
        for (key, kind) in keys.iter().zip(kinds) {
            let node = self.look_up(call, map, key, kind)?;
            map = node.entries();
            found = Some(node);
        }
        found.map(|node| node.value.clone()).ok_or_else(|| call.wrong(FunctionFault::items(3)))
    }

    fn look_up<'m>(
        &self,
        call: &Call<'_>,
        map: Option<&'m Map>,
        key: &Node,
        kind: NameKind,
    ) -> Result<&'m Node> {
        let key = self.text(call, key)?;
        let Some(map) = map else { return Err(call.wrong(FunctionFault::NotAMapping { key })) };
        let entry = map.get(&key).ok_or_else(|| Problem::UnknownName {
            kind,
            path: call.path.into(),
            near: nearest(&key, map.keys().map(String::as_str)).map(String::from),
            known: Vec::new(),
            name: key,
            span: call.span,
        })?;
        Ok(&entry.node)
    }
}

fn texts<'a>(texts: impl Iterator<Item = &'a str>, span: Span) -> Value {
    Value::List(texts.map(|text| Node::new(Value::String(text.to_owned()), span)).collect())
}

fn base64(text: &str) -> Value {
    Value::String(BASE64_STANDARD.encode(text))
}
