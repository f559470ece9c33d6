//! What a resource is called by others.

use std::borrow::Cow;

use super::node::{Node, Value};

/// The values that references to a resource give.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    reference: String,
    attributes: Vec<(Cow<'static, str>, Value)>,
    /// What attributes are made from that the table does not list, where its list is not complete.
    others: Option<Others>,
}

#[derive(Clone, Debug)]
struct Others {
    logical_id: String,
    arn: String,
}

// === impl Identity ===

impl Identity {
    /// Returns what `Ref` gives.
    pub(super) fn reference(&self) -> &str {
        &self.reference
    }

    /// Returns what `Fn::GetAtt` gives, or `None` for an attribute that the type has not.
    pub(super) fn attribute(&self, name: &str) -> Option<Value> {
        if let Some((_, value)) = self.attributes.iter().find(|(known, _)| known == name) {
            return Some(value.clone());
        }
        let others = self.others.as_ref()?;
        let text = if name.ends_with("Arn") {
            others.arn.clone()
        } else {
            format!("{}.{name}", others.logical_id)
        };
        Some(Value::String(text))
    }

    /// Returns the names of the attributes that are listed.
    pub(super) fn attribute_names(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|(name, _)| name.as_ref())
    }

    pub(super) fn new(reference: impl Into<String>) -> Self {
        Self { reference: reference.into(), attributes: Vec::new(), others: None }
    }

    pub(super) fn with(self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.with_value(name, Value::String(value.into()))
    }

    /// Adds an attribute with the same value as `Ref`.
    pub(super) fn with_reference(self, name: &'static str) -> Self {
        let reference = self.reference.clone();
        self.with(name, reference)
    }

    /// Adds an attribute with the value of the property of this name, if that is given.
    pub(super) fn with_property(self, properties: &Node, name: &'static str) -> Self {
        match properties.get(name) {
            Some(node) => self.with_value(name, node.value.clone()),
            None => self,
        }
    }

    pub(super) fn with_value(mut self, name: impl Into<Cow<'static, str>>, value: Value) -> Self {
        self.attributes.push((name.into(), value));
        self
    }

    /// Lets whatever other attribute is asked for be made up, an ARN for what is named like one: the
    /// table does not list all of the type's.
    pub(super) fn open(mut self, logical_id: &str, arn: String) -> Self {
        self.others = Some(Others { logical_id: logical_id.to_owned(), arn });
        self
    }
}
