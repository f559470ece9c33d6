//! What AWS would do and the environment cannot.

use std::fmt;

use miette::Diagnostic;
use thiserror::Error;

use super::{listed, rule::CONDITIONS};

/// Something that a template asks for and that the environment does not do, as a noun.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum NotEmulated {
    /// An action that authenticates clients.
    #[error("the action `{action}`")]
    #[diagnostic(help("start with `--allow-unauthenticated` to let every client pass instead"))]
    Authentication {
        /// The action's type.
        action: &'static str,
    },
    /// Conditions of a kind that AWS may have by now.
    #[error("conditions of the kind `{found}`")]
    #[diagnostic(help("the kinds that are emulated are {}", listed::all(&CONDITIONS)))]
    Condition {
        /// The kind.
        found: String,
    },
    /// Mutual TLS at a listener.
    #[error("certificates of clients")]
    #[diagnostic(help("leave `MutualAuthentication` out, or set its `Mode` to `off`"))]
    ClientCertificates,
    /// A listener that speaks neither HTTP nor HTTPS.
    #[error("the protocol `{found}`")]
    #[diagnostic(help("the listeners of an Application Load Balancer speak HTTP or HTTPS"))]
    ListenerProtocol {
        /// The value of `Protocol`.
        found: String,
    },
    /// A load balancer of another type than `application`.
    #[error("a load balancer of type `{found}`")]
    #[diagnostic(help("only `application` is emulated"))]
    LoadBalancerType {
        /// The value of `Type`.
        found: String,
    },
    /// Targets of another type than `ip` and `instance`.
    #[error("targets of type `{found}`")]
    #[diagnostic(help("only targets of type `ip` and `instance` are emulated"))]
    TargetType {
        /// The value of `TargetType`.
        found: String,
    },
    /// Targets that speak what Network and Gateway Load Balancers speak.
    #[error("targets that speak {found}")]
    #[diagnostic(help("only Application Load Balancers are emulated"))]
    TargetProtocol {
        /// The value of `Protocol`.
        found: String,
    },
    /// Targets that the template registers itself.
    #[error("targets that are no tasks")]
    #[diagnostic(help("leave `Targets` out: ECS registers the tasks of a service"))]
    Targets,
    /// A service of ECS behind a Classic Load Balancer.
    #[error("a classic load balancer")]
    #[diagnostic(help("give a `TargetGroupArn` alone"))]
    ServiceOfClassicLoadBalancer,
    /// Deployments that something other than ECS or `CodeDeploy` controls.
    #[error("deployments by `{found}`")]
    #[diagnostic(help("only the controllers `ECS` and `CODE_DEPLOY` are emulated"))]
    DeploymentController {
        /// The value of `DeploymentController.Type`.
        found: String,
    },
    /// Two containers of a task at one port, which have an address each in AWS.
    #[error("a second container at port {port}")]
    #[diagnostic(help("here the containers of a task share an address, as in `awsvpc`"))]
    SharedPort {
        /// The port of both.
        port: u16,
    },
    /// A health check whose shell gets its line in parts.
    #[error("a `CMD-SHELL` of several parts")]
    #[diagnostic(help("write the whole line as one text"))]
    ShellOfSeveralParts,
    /// A security group that is known by its name instead of its id.
    #[error("a group by its name")]
    #[diagnostic(help("name it with `{instead}`"))]
    GroupByName {
        /// The property that takes its id.
        instead: &'static str,
    },
    /// An instance of Cloud Map that stands for a load balancer.
    #[error("an alias record")]
    #[diagnostic(help("use `AWS_INSTANCE_CNAME`"))]
    AliasRecord,
    /// Tasks that are registered with IPv6 addresses only.
    #[error("tasks with IPv6 addresses alone")]
    #[diagnostic(help("add a record of type A: tasks have IPv4 addresses here"))]
    Ipv6Tasks,
    /// A value that AWS alone knows, where a number or a word decides something.
    #[error("the value of `{value}`")]
    #[diagnostic(help("give it one in local-env.toml under `[{given_in}]`"))]
    UnknownValue {
        /// The attribute or parameter that has the value.
        value: String,
        /// Where the user can give it one.
        given_in: GivenIn,
    },
    /// A dynamic reference without a value, where it would decide what clients see.
    #[error("the value of `{key}`")]
    #[diagnostic(help(
        "give a plain parameter its value in local-env.toml under `[ssm]`, and in the place of a \
         secret a template parameter, so that it can be given a value here"
    ))]
    DynamicReference {
        /// The secret or parameter that it refers to.
        key: String,
    },
    /// A resource that cannot be run, and without which the rest would be another stack.
    #[error("{what}")]
    #[diagnostic(help("leave it out, with `--ignore` and its name"))]
    Resource {
        /// The thing that it is, as a noun.
        what: &'static str,
    },
    /// A web ACL in front of a load balancer.
    #[error("a web ACL")]
    #[diagnostic(help("run the stack without it: `--ignore` and its name"))]
    WebAcl,
}

/// A table of `local-env.toml` that gives values which only AWS knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenIn {
    /// `[attributes]`: attributes of resources.
    Attributes,
    /// `[ssm]`: parameters of Parameter Store.
    Ssm,
}

// === impl GivenIn ===

impl fmt::Display for GivenIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attributes => "attributes",
            Self::Ssm => "ssm",
        })
    }
}
