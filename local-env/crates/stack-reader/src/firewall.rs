//! Web ACLs in front of a load balancer: some requests would not come through in AWS.

use crate::{
    field::Reading,
    problem::{NotEmulated, StackProblem},
    resource_type::{REGIONAL_WEB_ACL_ASSOCIATION, WEB_ACL_ASSOCIATION},
};
use cloudformation::{Node, Resource};

const ASSOCIATIONS: [&str; 2] = [WEB_ACL_ASSOCIATION, REGIONAL_WEB_ACL_ASSOCIATION];

/// Returns the problem of a resource that puts a web ACL in front of a load balancer.
pub(super) fn problem(resource: &Resource) -> Option<StackProblem> {
    if !ASSOCIATIONS.contains(&resource.resource_type.as_str()) {
        return None;
    }
    let arn = resource.properties.get("ResourceArn").and_then(Node::text);
    let is_balancers = arn.is_none_or(|arn| arn.contains(":loadbalancer/"));
    is_balancers.then(|| Reading::new(resource).not_emulated(NotEmulated::WebAcl))
}
