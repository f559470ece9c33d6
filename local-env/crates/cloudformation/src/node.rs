//! What both formats become: a tree of values that know their place in the text.
//!
//! Scalars keep their spelling. Only the reader of a property knows whether `80` is a number or a
//! text there, and CloudFormation converts either way.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::source::Span;

/// Nesting beyond this is refused, which bounds every recursion over nodes.
pub(super) const MAX_DEPTH: usize = 100;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// The bytes that it was read from.
    pub span: Span,
}

/// A template's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, and in YAML also nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// As it is spelt.
    Number(String),
    /// Text.
    String(String),
    /// Items in order.
    List(Vec<Node>),
    /// Entries in order.
    Map(Map),
}

/// Entries by key, in the text's order.
pub type Map = IndexMap<String, Entry>;

/// The value of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where the key stands.
    pub key_span: Span,
    /// What it is given.
    pub node: Node,
}

// === impl Node ===

impl Node {
    pub(crate) fn new(value: Value, span: Span) -> Self {
        Self { value, span }
    }

    /// The text of a scalar: numbers as they are spelt, booleans as `true` and `false`.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match &self.value {
            Value::String(text) | Value::Number(text) => Some(text.into()),
            Value::Bool(flag) => Some(if *flag { "true" } else { "false" }.into()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The entries of a map.
    pub fn entries(&self) -> Option<&Map> {
        if let Value::Map(map) = &self.value { Some(map) } else { None }
    }

    /// The items of a list.
    pub fn items(&self) -> Option<&[Node]> {
        if let Value::List(items) = &self.value { Some(items) } else { None }
    }

    /// The value of a map's key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()?.get(key).map(|entry| &entry.node)
    }

    /// What it is, for messages.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// Whether both mean the same, wherever they stand; scalars are compared as text.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::List(a), Value::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
            }
            (Value::Map(a), Value::Map(b)) => {
                let same = |(key, entry): (&String, &Entry)| {
                    b.get(key).is_some_and(|other| entry.node.same(&other.node))
                };
                a.len() == b.len() && a.iter().all(same)
            }
            (Value::Null, Value::Null) => true,
            _ => self.text().is_some() && self.text() == other.text(),
        }
    }
}

// === impl Value ===

impl Value {
    /// Returns a list of texts that all stand at one place.
    pub(super) fn of_texts<'a>(texts: impl Iterator<Item = &'a str>, span: Span) -> Self {
        Self::List(texts.map(|text| Node::new(Self::String(text.to_owned()), span)).collect())
    }

    /// About how many bytes it takes.
    pub(super) fn weight(&self) -> usize {
        let own = size_of::<Node>();
        match self {
            Self::Null | Self::Bool(_) => own,
            Self::Number(text) | Self::String(text) => own + text.len(),
            Self::List(items) => own + items.iter().map(|item| item.value.weight()).sum::<usize>(),
            Self::Map(map) => {
                let entries = map.iter();
                let weights = entries.map(|(key, entry)| key.len() + entry.node.value.weight());
                2 * own + weights.sum::<usize>()
            }
        }
    }
}
