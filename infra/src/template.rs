//! A CloudFormation template: parameters, resources and outputs by logical id, in the order in
//! which they were added, and its two written forms.

use indexmap::IndexMap;
use serde::Serialize;

use crate::{
    aws::Resource,
    value::{Id, Value},
    yaml,
};

/// A CloudFormation template.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Template {
    #[serde(rename = "AWSTemplateFormatVersion")]
    format_version: &'static str,
    description: &'static str,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    parameters: IndexMap<Id, Parameter>,
    resources: IndexMap<Id, Resource>,
    outputs: IndexMap<Id, Output>,
}

/// What the person who deploys chooses.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Parameter {
    pub(crate) r#type: &'static str,
    pub(crate) description: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allowed_pattern: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_value: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) constraint_description: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    description: &'static str,
    value: Value,
}

// === impl Template ===

impl Template {
    /// The template as JSON, indented, with a newline at its end.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.to_value())
    }

    /// The template as YAML, with the short forms of the intrinsic functions (`!Ref`).
    pub fn to_yaml(&self) -> String {
        yaml::write(&self.to_value())
    }

    pub(crate) fn new(description: &'static str) -> Self {
        Self {
            format_version: "2010-09-09",
            description,
            parameters: IndexMap::new(),
            resources: IndexMap::new(),
            outputs: IndexMap::new(),
        }
    }

    pub(crate) fn parameter(&mut self, id: &str, parameter: Parameter) -> Id {
        let id = Id::new(id);
        self.parameters.insert(id.clone(), parameter);
        id
    }

    pub(crate) fn add(&mut self, id: impl Into<String>, resource: impl Into<Resource>) -> Id {
        let id = Id::new(id);
        self.resources.insert(id.clone(), resource.into());
        id
    }

    pub(crate) fn output(
        &mut self,
        id: impl Into<String>,
        description: &'static str,
        value: Value,
    ) {
        self.outputs.insert(Id::new(id), Output { description, value });
    }

    #[expect(clippy::expect_used, reason = "only maps with keys other than text refuse, none here")]
    fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("a template has text for keys")
    }
}
