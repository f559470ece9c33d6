//! Dynamic references where they would decide what clients see: a rule that compares a header with
//! a secret, say. Without their values it would do otherwise than in AWS.

use crate::{
    problem::{NotEmulated, StackProblem},
    resource_type::{
        DISCOVERY_INSTANCE, DISCOVERY_SERVICE, HTTP_NAMESPACE, LISTENER, LISTENER_CERTIFICATE,
        LISTENER_RULE, LOAD_BALANCER, PRIVATE_NAMESPACE, PUBLIC_NAMESPACE, TARGET_GROUP,
    },
};
use cloudformation::{DynamicPiece, Node, PropertyPath, Resource, Value, dynamic_pieces};

/// What clients are authenticated with, which decides nothing where all of them pass.
const AUTHENTICATION: [&str; 3] =
    ["AuthenticateOidcConfig", "AuthenticateCognitoConfig", "JwtValidationConfig"];

const DECIDING: [&str; 10] = [
    LOAD_BALANCER,
    LISTENER,
    LISTENER_RULE,
    LISTENER_CERTIFICATE,
    TARGET_GROUP,
    PRIVATE_NAMESPACE,
    PUBLIC_NAMESPACE,
    HTTP_NAMESPACE,
    DISCOVERY_SERVICE,
    DISCOVERY_INSTANCE,
];

/// Returns the first reference that has no value.
pub(super) fn problem(resource: &Resource) -> Option<StackProblem> {
    if !DECIDING.contains(&resource.resource_type.as_str()) {
        return None;
    }
    let (node, key) = unresolved(&resource.properties)?;
    Some(StackProblem {
        path: PropertyPath::of_properties(&resource.logical_id),
        span: node.span,
        reason: NotEmulated::DynamicReference { key }.into(),
    })
}

fn unresolved(node: &Node) -> Option<(&Node, String)> {
    match &node.value {
        Value::String(text) => dynamic_pieces(text).into_iter().find_map(|piece| match piece {
            DynamicPiece::Reference(reference) => Some((node, reference.key.to_owned())),
            DynamicPiece::Text(_) => None,
        }),
        Value::List(items) => items.iter().find_map(unresolved),
        Value::Map(map) => map
            .iter()
            .filter(|(key, _)| !AUTHENTICATION.contains(&key.as_str()))
            .find_map(|(_, entry)| unresolved(&entry.node)),
        _ => None,
    }
}
