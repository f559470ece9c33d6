//! Stacks that stand in a template as resources, CloudFormation's own or those of its serverless macro.
//!
//! Where their templates are is nothing that is known here: a [`Library`](crate::Library) is asked.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    identity::Identity,
    inputs::Inputs,
    library::Wanted,
    node::Node,
    physical,
    problem::TemplateProblem as Problem,
    resolved::Resolved,
    source::Source,
    template::{Declaration, Template},
};

/// The types of nested stacks, and where each says which template it has.
const TYPES: [(&str, &str); 2] =
    [("AWS::CloudFormation::Stack", "TemplateURL"), ("AWS::Serverless::Application", "Location")];

/// The most stacks that may stand within one another, and that are read at all: a template that nests
/// itself would never end, and two that nest one another twice would take till then.
const DEEPEST: usize = 10;
const MOST: usize = 500;

/// Returns whether resources of this type are nested stacks.
pub fn is_nested(resource_type: &str) -> bool {
    TYPES.iter().any(|(nested, _)| *nested == resource_type)
}

/// Returns the template of a nested stack and what to resolve it with, or `None` where there is no
/// template to read, or the resource is no such stack.
///
/// # Errors
///
/// Where the template is wrong, or stands within too many others.
pub(super) fn find(
    parent: &Source,
    inputs: &Inputs,
    logical_id: &str,
    declared: &Declaration,
    properties: &Node,
) -> Result<Option<(Arc<Template>, Inputs)>, Problem> {
    let library = &inputs.library;
    let kind = TYPES.iter().find(|(nested, _)| *nested == declared.resource_type);
    let Some((_, property)) = kind else { return Ok(None) };
    let url = properties.get(property).and_then(Node::text).unwrap_or_default();
    let wanted = Wanted { parent, url: &url, asset: declared.asset.as_deref() };
    let Some(template) = library.find(&wanted) else { return Ok(None) };
    let (own, span) = (|| logical_id.to_owned(), declared.span);
    if library.depth() >= DEEPEST {
        return Err(Problem::NestedTooDeep { logical_id: own(), most: DEEPEST, span });
    }
    if library.found() > MOST {
        return Err(Problem::TooManyNested { logical_id: own(), most: MOST, span });
    }
    let inputs = Inputs {
        stack_name: physical::nested_name(inputs, logical_id),
        parameters: parameters(properties),
        library: library.deeper(),
        ..inputs.clone()
    };
    match template {
        Ok(template) => Ok(Some((template, inputs))),
        Err(error) => Err(Problem::nested_in(logical_id, error, span)),
    }
}

/// Returns what references to a nested stack give.
pub(super) fn identity(inputs: &Inputs, resolved: &Resolved) -> Identity {
    let mut identity = Identity::new(physical::stack_id(inputs));
    for (output, value) in &resolved.outputs {
        identity = identity.with(format!("Outputs.{output}"), value.value.clone());
    }
    identity
}

fn parameters(properties: &Node) -> BTreeMap<String, String> {
    let given = properties.get("Parameters").and_then(Node::entries).into_iter().flatten();
    let text = |node: &Node| match node.items() {
        Some(items) => {
            let items: Vec<_> = items.iter().filter_map(Node::text).collect();
            Some(items.join(","))
        }
        None => node.text().map(String::from),
    };
    given.filter_map(|(name, entry)| Some((name.clone(), text(&entry.node)?))).collect()
}
