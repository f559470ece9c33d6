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
    /// The template's text, which all spans refer to; of several stacks, all their texts.
    pub source: Source,
    /// The name of the stack, which is `AWS::StackName`.
    pub stack_name: String,
    /// The region, which is `AWS::Region`.
    pub region: String,
    /// The account, which is `AWS::AccountId`.
    pub account: String,
    /// The resources by logical id, in the template's order, without those that a condition leaves
    /// out.
    pub resources: IndexMap<String, Resource>,
    /// The outputs by name, without those that a condition leaves out.
    pub outputs: IndexMap<String, Output>,
    /// What could not be made sure of, each thing once.
    pub notes: Vec<Note>,
}

/// A resource with plain values.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The resource's name in the template.
    pub logical_id: String,
    /// The resource's type: `AWS::ECS::Service`.
    pub resource_type: String,
    /// The resource's properties, which are always a mapping.
    pub properties: Node,
    /// The logical ids of `DependsOn`; all of them exist in the template, though a condition may leave
    /// one out.
    pub depends_on: Vec<String>,
    /// What references to it give.
    pub(super) identity: Identity,
    /// The place of its logical id.
    pub span: Span,
}

/// An output of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The output's `Value`.
    pub value: String,
    /// The name under which other stacks can import it (`Export.Name`).
    pub export: Option<String>,
}

// === impl Resource ===

impl Resource {
    /// Returns what `Ref` gives for it.
    pub fn reference(&self) -> &str {
        self.identity.reference()
    }

    /// Returns what `Fn::GetAtt` gives for it, or `None` for an attribute that its type has not.
    pub fn attribute(&self, name: &str) -> Option<Value> {
        self.identity.attribute(name)
    }
}
