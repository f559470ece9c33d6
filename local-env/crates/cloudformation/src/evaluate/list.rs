//! The functions that give lists or choose from them: `Fn::Select` and `Fn::GetAZs`.

use super::call::Call;
use crate::{
    node::Value,
    problem::{Expected, FunctionFault, Result},
    scope::Scope,
};

// === impl Scope ===

impl Scope<'_> {
    pub(super) fn select(&self, call: &Call<'_>) -> Result<Value> {
        let [index, values] = call.items()?;
        let index = self.text(call, index)?;
        let index: usize = call.parsed(Expected::Index, index)?;
        let values = self.value(call, values)?;
        let values = call.list(&values)?;
        let chosen = values.get(index);
        let outside = || call.wrong(FunctionFault::OutOfRange { index, length: values.len() });
        Ok(chosen.ok_or_else(outside)?.value.clone())
    }

    pub(super) fn get_azs(&self, call: &Call<'_>) -> Result<Value> {
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
        Ok(Value::of_texts(zones.iter().map(String::as_str), call.span))
    }
}
