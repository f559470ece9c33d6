//! A stack without what is not emulated: resources that ask for that are left out, and those that
//! need one of them, until the rest can be run. What AWS would refuse stays a mistake.

use std::collections::HashSet;

use crate::{
    cloudformation::{Problems, Resolved, Resource, Value},
    stack::{Allowed, Stack, StackError, StackProblem, Warning},
};

/// The rest of the stack, with a warning for each resource that is left out.
pub(super) fn read(resolved: &Resolved, allowed: Allowed) -> Result<Stack, StackError> {
    let mut kept = resolved.clone();
    let mut left_out = Vec::new();
    let mut gone = HashSet::new();
    loop {
        let error = match super::whole(&kept, allowed) {
            Ok(mut stack) => {
                left_out.append(&mut stack.coverage.warnings);
                stack.coverage.warnings = left_out;
                return Ok(stack);
            }
            Err(error) => error,
        };
        let Some(warnings) = culprits(&kept, &error, &gone) else { return Err(error) };
        for warning in &warnings {
            if let Some(resource) = kept.resources.shift_remove(warning.logical_id()) {
                gone.extend(names(&resource));
            }
        }
        left_out.extend(warnings);
    }
}

/// Who is to be left out; `None` where there is a mistake besides.
fn culprits(
    resolved: &Resolved,
    error: &Problems<StackProblem>,
    gone: &HashSet<String>,
) -> Option<Vec<Warning>> {
    let culprit = |problem: &StackProblem| {
        let path = match problem {
            StackProblem::NotEmulated { path, .. } => path,
            StackProblem::NotInTemplate { path, value, .. } if gone.contains(value) => path,
            _ => return None,
        };
        let name = path.strip_prefix("Resources.")?.split(['.', '[']).next()?;
        let logical_id = resolved.resources.get(name)?.logical_id.clone();
        Some(Warning::LeftOut { logical_id, why: problem.to_string() })
    };
    error.problems().iter().map(culprit).collect()
}

/// What others may know it by.
fn names(resource: &Resource) -> Vec<String> {
    let attributes = ["Arn", "Id", "GroupId"].into_iter();
    let texts = attributes.filter_map(|name| match resource.attribute(name)? {
        Value::String(text) => Some(text),
        _ => None,
    });
    texts.chain([resource.reference().to_owned()]).collect()
}
