//! Resources by what the template's references give.

use cloudformation::{Resolved, Resource, Value};

/// Returns the resources of a type, in the template's order.
pub(super) fn of_type<'a>(
    resolved: &'a Resolved,
    name: &str,
) -> impl Iterator<Item = &'a Resource> {
    resolved.resources.values().filter(move |resource| resource.resource_type == name)
}

/// Returns the resource of this type that `Ref` gives this value for.
pub(super) fn named<'a>(
    resolved: &'a Resolved,
    resource_type: &str,
    reference: &str,
) -> Option<&'a Resource> {
    of_type(resolved, resource_type).find(|resource| resource.reference() == reference)
}

/// Returns an attribute that every resource of this type has.
pub(super) fn attribute(resource: &Resource, name: &str) -> String {
    match resource.attribute(name) {
        Some(Value::String(text) | Value::Number(text)) => text,
        _ => resource.logical_id.clone(),
    }
}
