//! Which types of resources are run, and which a stack cannot be run with.

use crate::resource_type::{
    CDK_METADATA, CERTIFICATE, CLASSIC_LOAD_BALANCER, CLUSTER, DISCOVERY_INSTANCE,
    DISCOVERY_SERVICE, EXPRESS_SERVICE, HTTP_NAMESPACE, LISTENER, LISTENER_CERTIFICATE,
    LISTENER_RULE, LOAD_BALANCER, MACRO, PRIVATE_NAMESPACE, PUBLIC_NAMESPACE, SECURITY_GROUP,
    SECURITY_GROUP_EGRESS, SECURITY_GROUP_INGRESS, SERVICE, TARGET_GROUP, TASK_DEFINITION,
    TASK_SET,
};
use cloudformation::is_nested;

const EMULATED: [&str; 17] = [
    LOAD_BALANCER,
    LISTENER,
    LISTENER_RULE,
    LISTENER_CERTIFICATE,
    TARGET_GROUP,
    CERTIFICATE,
    CLUSTER,
    SERVICE,
    TASK_DEFINITION,
    PRIVATE_NAMESPACE,
    PUBLIC_NAMESPACE,
    HTTP_NAMESPACE,
    DISCOVERY_SERVICE,
    DISCOVERY_INSTANCE,
    SECURITY_GROUP,
    SECURITY_GROUP_INGRESS,
    SECURITY_GROUP_EGRESS,
];

/// Types without which a stack would route or resolve otherwise than in AWS, and what they are.
const REFUSED: [(&str, &str); 4] = [
    (CLASSIC_LOAD_BALANCER, "a classic load balancer"),
    (TASK_SET, "a task set of an external deployment"),
    (EXPRESS_SERVICE, "a service of ECS's Express Mode"),
    (MACRO, "a macro"),
];

/// Resources of tools, which stand for nothing.
const BOOKKEEPING: [&str; 1] = [CDK_METADATA];

/// Returns what a resource of this type is, if it cannot be run and the rest would be another stack
/// without.
pub(super) fn refused(resource_type: &str) -> Option<&'static str> {
    if is_nested(resource_type) {
        return Some("a nested stack whose template is not beside this one");
    }
    REFUSED.iter().find(|(refused, _)| *refused == resource_type).map(|(_, what)| *what)
}

/// Returns whether resources of this type are acted upon.
pub fn is_emulated(resource_type: &str) -> bool {
    EMULATED.contains(&resource_type) || BOOKKEEPING.contains(&resource_type)
}
