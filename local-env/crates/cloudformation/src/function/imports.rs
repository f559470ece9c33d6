//! What comes from other stacks: `Fn::ImportValue`, and `Fn::GetStackOutput`, which newer versions
//! of CDK write in its place.

use super::{Call, Problem, Result, Scope, did_you_mean};
use crate::Value;

// === impl Scope ===

impl Scope<'_> {
    pub(super) fn import_value(&self, call: &Call<'_>) -> Result<Value> {
        let name = self.text(call, call.argument)?;
        let exports = &self.inputs.exports;
        let found = exports.get(&name).cloned().map(Value::String);
        found.ok_or_else(|| Problem::NotExported {
            what: format!("the export `{name}`"),
            path: call.path.to_string(),
            help: did_you_mean(&name, exports.keys().map(String::as_str)),
            span: call.span,
        })
    }

    pub(super) fn get_stack_output(&self, call: &Call<'_>) -> Result<Value> {
        let member = |name| {
            let node = call.argument.get(name);
            let node = node.ok_or_else(|| call.wrong(format!("lacks `{name}`")))?;
            self.text(call, node)
        };
        let (stack, output) = (member("StackName")?, member("OutputName")?);
        // Stacks of two regions never have the same name here, so that the region says no more.
        let outputs = &self.inputs.outputs;
        let own = (stack, output);
        let found = outputs.get(&own).cloned().map(Value::String);
        found.ok_or_else(|| Problem::NotExported {
            what: format!("the output `{}` of the stack `{}`", own.1, own.0),
            path: call.path.to_string(),
            help: did_you_mean(
                &own.1,
                outputs.keys().filter(|(stack, _)| *stack == own.0).map(|(_, it)| it.as_str()),
            ),
            span: call.span,
        })
    }
}
