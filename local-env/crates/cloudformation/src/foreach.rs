//! `Fn::ForEach` of `AWS::LanguageExtensions`: entries that are repeated for each item of a list.
//!
//! It works on the text, before the template's sections are read: what the loop calls `Name` is put
//! in the place of `${Name}`, `&{Name}` and `{"Ref": "Name"}`.

use indexmap::{IndexMap, map};

use super::{
    binding::Bound,
    node::{Entry, MAX_DEPTH, Map, Node, Value},
    path::Path,
    problem::{Expected, FunctionFault, Result, TemplateProblem as Problem},
};

pub(super) const PREFIX: &str = "Fn::ForEach::";

const FORM: &str = r#"{"Fn::ForEach::Loop": ["Name", [item, …], {"Key${Name}": value}]}"#;

/// The most that loops may make together, in bytes or so.
const MOST_MADE: usize = 1 << 26;

/// Returns whether a loop stands anywhere in a value.
pub(super) fn is_in(node: &Node) -> bool {
    match &node.value {
        Value::List(items) => items.iter().any(is_in),
        Value::Map(map) => {
            map.iter().any(|(key, entry)| key.starts_with(PREFIX) || is_in(&entry.node))
        }
        _ => false,
    }
}

/// Returns a value without loops.
pub(super) fn unrolled(node: &Node, parameters: &IndexMap<String, Bound>) -> Result<Node> {
    let mut loops = Loops { parameters, names: Vec::new(), made: 0 };
    loops.node(node, &Path::Root)
}

struct Loops<'a> {
    parameters: &'a IndexMap<String, Bound>,
    /// The names of the loops around this place, each with its item.
    names: Vec<(String, String)>,
    made: usize,
}

// === impl Loops ===

impl Loops<'_> {
    fn node(&mut self, node: &Node, path: &Path<'_>) -> Result<Node> {
        let value = match &node.value {
            Value::String(text) if !self.names.is_empty() => Value::String(self.filled(text)),
            Value::List(items) => {
                let items = items.iter().enumerate();
                let items = items.map(|(index, item)| self.node(item, &path.item(index)));
                Value::List(items.collect::<Result<_>>()?)
            }
            Value::Map(map) => match self.reference(map) {
                Some(value) => Value::String(value),
                None => self.map(map, path)?,
            },
            scalar => scalar.clone(),
        };
        Ok(Node::new(value, node.span))
    }

    fn map(&mut self, map: &Map, path: &Path<'_>) -> Result<Value> {
        let mut made = Map::new();
        self.entries(map, path, &mut made)?;
        // A text that has no name left is no function any more, so that a reference can be read.
        if let Some(text) = made.get("Fn::Sub").and_then(|entry| entry.node.text())
            && made.len() == 1
            && !text.contains("${")
        {
            return Ok(Value::String(text.into_owned()));
        }
        Ok(Value::Map(made))
    }

    fn entries(&mut self, map: &Map, path: &Path<'_>, made: &mut Map) -> Result<()> {
        for (key, entry) in map {
            let path = path.key(key);
            if key.starts_with(PREFIX) {
                self.repeat(&path, entry, made)?;
                continue;
            }
            let node = self.node(&entry.node, &path)?;
            let filled = self.filled(key);
            if !self.names.is_empty() {
                self.made += filled.len() + node.value.weight();
            }
            if self.made > MOST_MADE {
                return Err(wrong(&path, entry, FunctionFault::TooMuch { most: MOST_MADE }));
            }
            match made.entry(filled) {
                map::Entry::Vacant(vacant) => {
                    vacant.insert(Entry { key_span: entry.key_span, node });
                }
                map::Entry::Occupied(there) => {
                    let key = there.key().clone();
                    return Err(wrong(&path, entry, FunctionFault::KeyTwice { key }));
                }
            }
        }
        Ok(())
    }

    fn repeat(&mut self, path: &Path<'_>, entry: &Entry, made: &mut Map) -> Result<()> {
        let Some([name, items, body]) = entry.node.items() else {
            return Err(wrong(path, entry, FunctionFault::items(3)));
        };
        let mistyped = |expected, node: &Node| {
            wrong(path, entry, FunctionFault::WrongType { expected, found: node.kind() })
        };
        let name = name.text().ok_or_else(|| mistyped(Expected::Text, name))?;
        let body = body.entries().ok_or_else(|| mistyped(Expected::Mapping, body))?;
        if self.names.len() == MAX_DEPTH {
            return Err(wrong(path, entry, FunctionFault::LoopsTooDeep { most: MAX_DEPTH }));
        }
        for item in self.items(path, entry, items)? {
            self.names.push((name.to_string(), item));
            let done = self.entries(body, path, made);
            self.names.pop();
            done?;
        }
        Ok(())
    }

    fn items(&self, path: &Path<'_>, entry: &Entry, node: &Node) -> Result<Vec<String>> {
        let found = node.kind();
        let reason = FunctionFault::WrongType { expected: Expected::Texts, found };
        let wrong = || wrong(path, entry, reason.clone());
        if let Some(parameter) = self.parameter(node) {
            let texts = parameter.iter().map(|item| item.text().map(String::from));
            return texts.collect::<Option<_>>().ok_or_else(wrong);
        }
        let mut texts = Vec::new();
        for item in node.items().ok_or_else(wrong)? {
            if let Some(parameter) = self.parameter(item) {
                texts.extend(parameter.iter().filter_map(|item| item.text().map(String::from)));
            } else if let Some(value) = item.entries().and_then(|map| self.reference(map)) {
                texts.push(value);
            } else {
                texts.push(self.filled(&item.text().ok_or_else(wrong)?));
            }
        }
        Ok(texts)
    }

    fn parameter(&self, node: &Node) -> Option<&[Node]> {
        let name = node.get("Ref")?.text()?;
        match &self.parameters.get(&*name)?.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the item that `{"Ref": "Name"}` stands for, if the name is a loop's.
    fn reference(&self, map: &Map) -> Option<String> {
        let name = map.get("Ref").filter(|_| map.len() == 1)?.node.text()?;
        let found = self.names.iter().rev().find(|(known, _)| *known == *name)?;
        Some(found.1.clone())
    }

    fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, item) in self.names.iter().rev() {
            if text.contains('{') {
                let bare: String = item.chars().filter(char::is_ascii_alphanumeric).collect();
                text = text.replace(&format!("${{{name}}}"), item);
                text = text.replace(&format!("&{{{name}}}"), &bare);
            }
        }
        text
    }
}

fn wrong(path: &Path<'_>, entry: &Entry, reason: FunctionFault) -> Problem {
    Problem::Function {
        function: "Fn::ForEach",
        path: path.into(),
        reason,
        form: FORM,
        span: entry.key_span,
    }
}
