//! What both formats become: a tree of values that know their place in the text.
//!
//! Scalars keep their spelling. Only the reader of a property knows whether `80` is a number or a
//! text there, and CloudFormation converts either way.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::source::Span;

/// The most lists and mappings that may stand within one another. More are refused, which bounds
/// every recursion over nodes.
pub(super) const MAX_DEPTH: usize = 100;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value itself.
    pub value: Value,
    /// The bytes that it was read from.
    pub span: Span,
}

/// A value of a template, without its place.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// JSON's `null`, and in YAML also nothing at all.
    Null,
    /// A boolean: `true` or `false`.
    Bool(bool),
    /// A number as it is spelt.
    Number(String),
    /// A text.
    String(String),
    /// A list with its items in order.
    List(Vec<Node>),
    /// A mapping with its entries in order.
    Map(Map),
}

/// The entries of a mapping by key, in the text's order.
pub type Map = IndexMap<String, Entry>;

/// The value of a key, with the key's place.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The bytes of the key.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

// === impl Node ===

impl Node {
    pub(crate) fn new(value: Value, span: Span) -> Self {
        Self { value, span }
    }

    /// Returns the text of a scalar: numbers as they are spelt, booleans as `true` and `false`.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match &self.value {
            Value::String(text) | Value::Number(text) => Some(text.into()),
            Value::Bool(flag) => Some(if *flag { "true" } else { "false" }.into()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Returns the entries of a mapping, or `None` of anything else.
    pub fn entries(&self) -> Option<&Map> {
        if let Value::Map(map) = &self.value { Some(map) } else { None }
    }

    /// Returns the items of a list, or `None` of anything else.
    pub fn items(&self) -> Option<&[Node]> {
        if let Value::List(items) = &self.value { Some(items) } else { None }
    }

    /// Returns the value of a mapping's key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()?.get(key).map(|entry| &entry.node)
    }

    /// Returns what the value is, as a message says it: `a list`.
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

    /// Returns whether both mean the same, wherever they stand; scalars are compared as text.
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

    /// Returns about how many bytes the value takes.
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
