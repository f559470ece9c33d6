//! What a template's values may refer to, as far as it is known.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
};

use indexmap::IndexMap;

use super::{
    binding::Bound,
    inputs::Inputs,
    nearest::nearest,
    node::Value,
    note::Note,
    path::Path,
    physical,
    problem::{NameKind, Result, TemplateProblem as Problem},
    resolved::{Resolved, Resource},
    source::Span,
    template::Template,
};

const PSEUDO_PARAMETERS: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// Everything that a value may refer to, as far as it is known.
pub(super) struct Scope<'a> {
    pub(super) template: &'a Template,
    pub(super) inputs: &'a Inputs,
    pub(super) parameters: IndexMap<String, Bound>,
    /// The conditions that are decided so far.
    pub(super) conditions: IndexMap<String, bool>,
    /// The resources that are evaluated so far.
    pub(super) resources: IndexMap<String, Resource>,
    pub(super) notes: RefCell<BTreeSet<Note>>,
    /// How much the functions have made so far.
    pub(super) made: Cell<usize>,
    /// The nested stacks that were read so far.
    pub(super) nested: RefCell<IndexMap<String, Resolved>>,
}

// === impl Scope ===

impl Scope<'_> {
    /// Returns what `Ref` gives, or `None` for `AWS::NoValue`.
    pub(super) fn reference(
        &self,
        name: &str,
        path: &Path<'_>,
        span: Span,
    ) -> Result<Option<Value>> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = self.pseudo_parameter(name) {
            return Ok(Some(value));
        }
        if let Some(bound) = self.parameters.get(name) {
            self.notes.borrow_mut().extend(bound.unknown.clone());
            return Ok(Some(bound.value.clone()));
        }
        let resource = self.resource(name, path, span)?;
        Ok(Some(Value::String(resource.reference().to_owned())))
    }

    /// Returns what `Fn::GetAtt` gives.
    pub(super) fn attribute(
        &self,
        name: &str,
        attribute: &str,
        path: &Path<'_>,
        span: Span,
    ) -> Result<Value> {
        let identity = &self.resource(name, path, span)?.identity;
        let full_name = format!("{name}.{attribute}");
        if let Some(given) = self.inputs.attributes.get(&full_name) {
            return Ok(Value::String(given.clone()));
        }
        let value = identity.attribute(attribute);
        if matches!(&value, Some(Value::String(text)) if *text == full_name) {
            self.notes.borrow_mut().insert(Note::UnknownAttribute { name: full_name.clone() });
        }
        value.ok_or_else(|| Problem::UnknownName {
            kind: NameKind::Attribute,
            name: full_name,
            path: path.into(),
            near: nearest(attribute, identity.attribute_names()).map(String::from),
            known: identity.attribute_names().map(String::from).collect(),
            span,
        })
    }

    /// Returns whether the condition of this name holds.
    pub(super) fn decided(&self, name: &str, path: &Path<'_>, span: Span) -> Result<bool> {
        self.conditions.get(name).copied().ok_or_else(|| Problem::UnknownName {
            kind: NameKind::Condition,
            name: name.to_owned(),
            path: path.into(),
            near: nearest(name, self.template.conditions.keys().map(String::as_str))
                .map(String::from),
            known: Vec::new(),
            span,
        })
    }

    fn resource(&self, name: &str, path: &Path<'_>, span: Span) -> Result<&Resource> {
        if let Some(resource) = self.resources.get(name) {
            return Ok(resource);
        }
        let path = path.into();
        match self.template.resources.get(name).map(|declaration| &declaration.condition) {
            Some(Some((condition, _))) => Err(Problem::NotCreated {
                logical_id: name.to_owned(),
                condition: condition.clone(),
                path,
                span,
            }),
            _ => Err(Problem::UnknownName {
                kind: NameKind::ParameterOrResource,
                name: name.to_owned(),
                path,
                near: nearest(name, self.names()).map(String::from),
                known: Vec::new(),
                span,
            }),
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let parameters = self.parameters.keys();
        let resources = self.template.resources.keys();
        parameters.chain(resources).map(String::as_str).chain(PSEUDO_PARAMETERS)
    }

    fn pseudo_parameter(&self, name: &str) -> Option<Value> {
        let inputs = self.inputs;
        let text = match name {
            "AWS::AccountId" => inputs.account.clone(),
            "AWS::Region" => inputs.region.clone(),
            "AWS::Partition" => physical::partition(&inputs.region).to_owned(),
            "AWS::URLSuffix" => physical::url_suffix(&inputs.region).to_owned(),
            "AWS::StackName" => inputs.stack_name.clone(),
            "AWS::StackId" => physical::stack_id(inputs),
            "AWS::NotificationARNs" => return Some(Value::List(Vec::new())),
            _ => return None,
        };
        Some(Value::String(text))
    }
}
