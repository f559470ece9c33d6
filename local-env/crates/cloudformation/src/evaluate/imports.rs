//! What comes from other stacks: `Fn::ImportValue`, and `Fn::GetStackOutput`, which newer versions
//! of CDK write in its place.

use super::call::Call;
use crate::{
    nearest::nearest,
    node::Value,
    problem::{Elsewhere, FunctionFault, Result, TemplateProblem as Problem},
    scope::Scope,
};

// === impl Scope ===

impl Scope<'_> {
    pub(super) fn import_value(&self, call: &Call<'_>) -> Result<Value> {
        let name = self.text(call, call.argument)?;
        let exports = &self.inputs.exports;
        let found = exports.get(&name).cloned().map(Value::String);
        found.ok_or_else(|| Problem::NotExported {
            near: nearest(&name, exports.keys().map(String::as_str)).map(String::from),
            value: Elsewhere::Export { name },
            path: call.path.into(),
            span: call.span,
        })
    }

    pub(super) fn get_stack_output(&self, call: &Call<'_>) -> Result<Value> {
        let member = |name| {
            let node = call.argument.get(name);
            let node = node.ok_or_else(|| call.wrong(FunctionFault::Missing { key: name }))?;
            self.text(call, node)
        };
        let (stack, output) = (member("StackName")?, member("OutputName")?);
        // Stacks of two regions never have the same name here, so that the region says no more.
        let outputs = &self.inputs.outputs;
        let own = (stack, output);
        if let Some(found) = outputs.get(&own) {
            return Ok(Value::String(found.clone()));
        }
        let (stack, name) = own;
        let known = outputs.keys().filter(|(its, _)| *its == stack).map(|(_, it)| it.as_str());
        Err(Problem::NotExported {
            near: nearest(&name, known).map(String::from),
            value: Elsewhere::Output { stack, name },
            path: call.path.into(),
            span: call.span,
        })
    }
}
