//! Dynamic references where they would decide what clients see: a rule that compares a header with
//! a secret, say. Without their values it would do otherwise than in AWS.

use crate::StackProblem;
use cloudformation::{DynamicPiece, Node, Resource, Value, dynamic_pieces};

/// What clients are authenticated with, which decides nothing where all of them pass.
const AUTHENTICATION: [&str; 3] =
    ["AuthenticateOidcConfig", "AuthenticateCognitoConfig", "JwtValidationConfig"];

const DECIDING: [&str; 2] = ["AWS::ElasticLoadBalancingV2::", "AWS::ServiceDiscovery::"];

/// The first reference that has no value.
pub(super) fn problem(resource: &Resource) -> Option<StackProblem> {
    if !DECIDING.iter().any(|prefix| resource.resource_type.starts_with(prefix)) {
        return None;
    }
    let (node, key) = unresolved(&resource.properties)?;
    Some(StackProblem::NotEmulated {
        path: format!("Resources.{}.Properties", resource.logical_id),
        what: format!("the value of `{key}`"),
        help: "give a plain parameter its value in local-env.toml under `[ssm]`, and in the place of a \
               secret a template parameter, so that it can be given a value here"
            .to_owned(),
        span: node.span,
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
