//! The functions that `AWS::LanguageExtensions` adds.

use super::call::Call;
use crate::{
    node::{Node, Value},
    problem::{Expected, FunctionFault, Result},
    scope::Scope,
};

// === impl Scope ===

impl Scope<'_> {
    pub(super) fn length(&self, call: &Call<'_>) -> Result<Value> {
        self.require_language_extensions(call, None)?;
        let value = self.value(call, call.argument)?;
        Ok(Value::Number(call.list(&value)?.len().to_string()))
    }

    pub(super) fn to_json_string(&self, call: &Call<'_>) -> Result<Value> {
        self.require_language_extensions(call, None)?;
        let value = self.value(call, call.argument)?;
        match value.value {
            Value::List(_) | Value::Map(_) => Ok(Value::String(json(&value).to_string())),
            _ => Err(call.mistyped(Expected::MappingOrList, &value)),
        }
    }

    /// Refuses a function, or a part of it, where the template does not ask for the transform, as
    /// CloudFormation does.
    pub(super) fn require_language_extensions(
        &self,
        call: &Call<'_>,
        part: Option<&'static str>,
    ) -> Result<()> {
        if self.template.language_extensions {
            return Ok(());
        }
        Err(call.wrong(FunctionFault::LanguageExtensions { part }))
    }
}

fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()),
        Value::String(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(map) => {
            map.iter().map(|(key, entry)| (key.clone(), json(&entry.node))).collect()
        }
    }
}
