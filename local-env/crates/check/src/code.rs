//! The table of all codes: what they are called, how bad they are, and how they show in AWS.

use std::fmt;

use serde::Serialize;
use thiserror::Error;

use cloudformation::nearest;

/// The kind of a finding. Its name never changes once it is released.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The name, such as `private-subnet`, whose page is `docs/checks/private-subnet.md`.
    pub name: &'static str,
    /// The severity, unless a finding of it says otherwise.
    pub severity: Severity,
    /// The way in which it shows in AWS, as a clause.
    pub shows: &'static str,
}

/// How bad a finding is; the worst is the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The stack fails in AWS.
    Error,
    /// The stack fails in AWS unless something outside the template helps.
    Warning,
    /// The stack works in AWS, and might be better.
    Advice,
}

/// There is no code of this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no check `{name}`{}", or_meant(*near))]
pub struct UnknownCode {
    /// The name that was asked for.
    pub name: String,
    /// The name that may be meant.
    pub near: Option<&'static str>,
}

fn or_meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// Returns the code of this name.
///
/// # Errors
/// If there is no such code; the error knows the name that may be meant.
pub fn named(name: &str) -> Result<&'static Code, UnknownCode> {
    let found = ALL.iter().find(|code| code.name == name).copied();
    let near = || nearest(name, ALL.iter().map(|code| code.name));
    found.ok_or_else(|| UnknownCode { name: name.to_owned(), near: near() })
}

macro_rules! codes {
    ($($constant:ident $name:literal $severity:ident $shows:literal;)*) => {
        $(pub(super) static $constant: Code =
            Code { name: $name, severity: Severity::$severity, shows: $shows };)*
        /// All codes, in the order of their families.
        pub static ALL: &[&Code] = &[$(&$constant),*];
    };
}

codes! {
    // Who may connect to whom.
    BALANCER_TO_TASK "balancer-to-task" Error
        "targets stay unhealthy with Target.Timeout, clients get 504, and ECS replaces the tasks \
         for ever";
    TASK_TO_TASK "task-to-task" Error
        "the caller's connection hangs until it times out; it is never refused";
    TASK_EGRESS "task-egress" Error
        "tasks stop with ResourceInitializationError or CannotPullContainerError (i/o timeout), \
         and the stack's creation hangs";
    HEALTH_CHECK_PORT "health-check-port" Error
        "targets stay unhealthy with Target.Timeout or Target.FailedHealthChecks, and ECS \
         replaces the tasks for ever";
    CLOSED_LISTENER "closed-listener" Warning
        "clients' connections time out";
    EMPTY_RULE "empty-rule" Warning
        "CloudFormation takes the rule and adds nothing, so that connections hang";
    LOST_EGRESS "lost-egress" Warning
        "AWS may take the rule that lets everything out away when it adds the other one";
    // Names.
    UNKNOWN_NAME "unknown-name" Error
        "the name does not resolve: NXDOMAIN, or no address, remembered for the negative TTL";
    BARE_NAME "bare-name" Error
        "the name does not resolve: a task's search list is the region's, not the namespace";
    WRONG_PORT "wrong-port" Error
        "the connection is refused, or hangs where the security group is closed at that port";
    UNREGISTERED_NAME "unregistered-name" Warning
        "the name does not resolve: nothing registers an instance under it";
    VPC_DNS "vpc-dns" Error
        "names of the private namespace do not resolve in the VPC";
    DISCOVERY_HEALTH "discovery-health" Error
        "creating the Cloud Map service fails with InvalidInput, and the stack rolls back";
    DISCOVERY_RECORDS "discovery-records" Error
        "creating the Cloud Map service fails with InvalidInput, and the stack rolls back";
    REGISTRY_PORT "registry-port" Error
        "creating the ECS service fails with InvalidParameterException, and the stack rolls back";
    // Paths and rules.
    NEIGHBOUR_PATH "neighbour-path" Error
        "requests for one service are answered by another, often with that one's 404";
    SHADOWED_RULE "shadowed-rule" Warning
        "the rule is never taken: its requests are answered by the earlier one";
    OPEN_PREFIX "open-prefix" Advice
        "paths that only begin alike are answered by this service, often with 404";
    HEALTH_CHECK_PATH "health-check-path" Warning
        "targets are unhealthy with Target.ResponseCodeMismatch (`Health checks failed with these \
         codes: [404]`), and ECS replaces the tasks for ever";
    SAME_PRIORITY "same-priority" Error
        "creating the second rule fails with PriorityInUse, and the stack rolls back";
    SAME_PORT "same-port" Error
        "creating the second listener fails with DuplicateListener, and the stack rolls back";
    SAME_NAME "same-name" Error
        "creating the second one fails because the name is taken, and the stack rolls back";
    LISTENER_CERTIFICATE "listener-certificate" Error
        "creating the listener fails with CertificateNotFound or ValidationError, and the stack \
         rolls back";
    // How services, target groups and containers fit together.
    CONTAINER_PORT "container-port" Error
        "creating the ECS service fails with InvalidParameterException, and the stack rolls back";
    PORT_VARIABLE "port-variable" Warning
        "targets stay unhealthy with Target.FailedHealthChecks, clients get 502";
    TARGET_TYPE "target-type" Error
        "creating the ECS service fails with InvalidParameterException: the target type is \
         incompatible with the awsvpc network mode";
    UNBOUND_TARGET_GROUP "unbound-target-group" Error
        "creating the ECS service fails with InvalidParameterException: the target group does not \
         have an associated load balancer";
    MISSING_DEPENDS_ON "missing-depends-on" Warning
        "if ECS is faster than the load balancer: InvalidParameterException, the target group \
         does not have an associated load balancer";
    HEALTH_CHECK_TIMING "health-check-timing" Error
        "creating the target group fails with ValidationError, and the stack rolls back";
    // Task definitions.
    TASK_SIZE "task-size" Error
        "registering the task definition fails with ClientException: No Fargate configuration \
         exists for given values";
    NETWORK_MODE "network-mode" Error
        "registering the task definition fails with ClientException: Fargate only supports \
         network mode awsvpc";
    NETWORK_CONFIGURATION "network-configuration" Error
        "creating the ECS service fails with InvalidParameterException: network configuration \
         must be provided for awsvpc";
    LAUNCH_TYPE "launch-type" Error
        "creating the ECS service fails with InvalidParameterException: the task definition does \
         not support launch_type EC2";
    HOST_PORT "host-port" Error
        "registering the task definition fails with ClientException: the host ports and container \
         ports in port mappings must match";
    NOT_ON_FARGATE "not-on-fargate" Error
        "registering the task definition fails with ClientException";
    CONTAINER_DEPENDENCY "container-dependency" Error
        "registering the task definition fails with ClientException, or the task never starts";
    CONTAINER_TIMEOUT "container-timeout" Error
        "registering the task definition fails with ClientException";
    IMAGE_PLACEHOLDER "image-placeholder" Error
        "tasks stop with CannotPullContainerError, again and again";
    EXAMPLE_ACCOUNT "example-account" Advice
        "if that is not your account, tasks stop with CannotPullContainerError (403 or not found)";
    IMAGE_ARCHITECTURE "image-architecture" Error
        "tasks stop with CannotPullContainerError (`does not contain descriptor matching \
         platform`) or `exec format error`";
    CURL_CHECK "curl-check" Advice
        "where the image lacks the program: `Task failed container health checks`, again and again";
    SHELL_SIGNAL "shell-signal" Advice
        "a shell hands SIGTERM on to nobody: each stop takes the whole stop timeout and ends with \
         137";
    // Roles and logs.
    EXECUTION_ROLE "execution-role" Error
        "registering the task definition fails with ClientException: Fargate requires task \
         definition to have execution role ARN";
    EXECUTION_PERMISSIONS "execution-permissions" Error
        "tasks stop with ResourceInitializationError or CannotPullContainerError (AccessDenied, \
         403 Forbidden)";
    ROLE_TRUST "role-trust" Error
        "ECS is unable to assume the role: no task is started";
    LOG_GROUP "log-group" Warning
        "tasks stop with ResourceInitializationError: failed to validate logger args (the \
         specified log group does not exist)";
    LOG_OPTIONS "log-options" Error
        "registering the task definition fails with ClientException: log driver awslogs requires \
         options";
    // Networks.
    PRIVATE_SUBNET "private-subnet" Error
        "tasks stop with ResourceInitializationError or CannotPullContainerError (i/o timeout), \
         and the stack's creation hangs";
    PUBLIC_IP "public-ip" Error
        "tasks stop with ResourceInitializationError or CannotPullContainerError (i/o timeout), \
         and the stack's creation hangs";
    // Deployments.
    NO_ROOM "no-room" Error
        "deployments stand still: `was unable to stop or start tasks during a deployment because \
         of the service deployment configuration`";
    CIRCUIT_BREAKER "circuit-breaker" Advice
        "where tasks don't become healthy, CloudFormation waits for hours before it rolls back";
    GRACE_PERIOD "grace-period" Advice
        "tasks that take longer to start than the health check allows are replaced before they \
         are healthy";
    // The rest.
    QUOTA "quota" Warning
        "creating what passes the quota fails (TooManyRules, TooManyTargetGroups, LimitExceeded), \
         and the stack rolls back";
    REFUSED "refused" Error
        "creating the resource fails with a ValidationError or ClientException, and the stack \
         rolls back";
    TEMPLATE "template" Error
        "CloudFormation refuses the template: ValidationError";
    NOT_IN_TEMPLATE "not-in-template" Advice
        "it works if the resource exists; from here it cannot be seen, so nothing about it was \
         checked";
    NOT_EMULATED "not-emulated" Advice
        "it may well work; `local-env up` does not run it, so nothing about it was checked";
}

// === impl Severity ===

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Advice => "advice",
        })
    }
}
