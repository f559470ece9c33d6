//! A template whose values are plain.

use indexmap::IndexMap;

use super::{
    identity::Identity,
    node::{Node, Value},
    note::Note,
    source::{Source, Span},
};

/// A template's resources with every function evaluated.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The template's text, which all spans refer to.
    pub source: Source,
    /// `AWS::StackName`.
    pub stack_name: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account: String,
    /// By logical id, in the template's order, without those that a condition leaves out.
    pub resources: IndexMap<String, Resource>,
    /// By name.
    pub outputs: IndexMap<String, Output>,
    /// What could not be made sure of.
    pub notes: Vec<Note>,
}

/// A resource with plain values.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its name in the template.
    pub logical_id: String,
    /// `AWS::ECS::Service`.
    pub resource_type: String,
    /// Always a mapping.
    pub properties: Node,
    /// Logical ids; all of them exist in the template, though a condition may leave one out.
    pub depends_on: Vec<String>,
    /// What references to it give.
    pub identity: Identity,
    /// Of its logical id.
    pub span: Span,
}

/// An output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// `Value`.
    pub value: String,
    /// `Export.Name`.
    pub export: Option<String>,
}

// === impl Resource ===

impl Resource {
    /// What `Ref` gives.
    pub fn reference(&self) -> &str {
        self.identity.reference()
    }

    /// What `Fn::GetAtt` gives.
    pub fn attribute(&self, name: &str) -> Option<Value> {
        self.identity.attribute(name)
    }
}
