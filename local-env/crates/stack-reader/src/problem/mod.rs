//! Why a template's resources cannot be run: each problem is data, a place and a reason.
//!
//! There is a file for each family of reasons, and in it the sentence and the mend stand beside the
//! variant that they are made from. Nobody has to look into a sentence: whoever wants to tell
//! problems apart matches on [`Reason`].

mod action;
mod container;
mod dependency;
mod discovery;
mod expression;
mod form;
mod listed;
mod listener;
mod not_emulated;
mod property;
mod rule;
mod security_group;
mod service;
mod taken;
mod target_group;
mod task_definition;

use std::{error, fmt};

use miette::{Diagnostic, LabeledSpan};
use thiserror::Error;

use cloudformation::{Problems, PropertyPath, Span};

pub use action::ActionFault;
pub use container::ContainerFault;
pub use dependency::DependencyFault;
pub use discovery::DiscoveryFault;
pub use expression::{ExpressionFault, Syntax};
pub use form::Form;
pub use listener::{AttributeFault, ListenerFault};
pub use not_emulated::{GivenIn, NotEmulated};
pub use property::{Expected, Found, Need, Part, PropertyFault};
pub(crate) use rule::CONDITIONS;
pub use rule::RuleFault;
pub use security_group::SecurityGroupFault;
pub use service::{ServiceFault, TargetType};
pub use taken::{Claim, Taken};
pub(crate) use target_group::ALGORITHM;
pub use target_group::TargetGroupFault;
pub use task_definition::{TaskDefinitionFault, TaskResource};

/// The problems for which no stack can be made of a template.
pub type StackError = Problems<StackProblem>;

/// One problem of a stack: a place in the template, and what is wrong there.
#[derive(Clone, Debug, PartialEq)]
pub struct StackProblem {
    /// The way to the property, or to the resource, from the template's root.
    pub path: PropertyPath,
    /// The place in the template's text.
    pub span: Span,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong at a place of a template, by families.
#[derive(Clone, Debug, PartialEq, Error, Diagnostic)]
pub enum Reason {
    /// A property is absent, or its value is none that a property of its kind can have.
    #[error("{1}")]
    #[diagnostic(forward(1))]
    Property(Part, PropertyFault),
    /// What a listener or a rule is to do with a request cannot be done.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Action(#[from] ActionFault),
    /// The conditions or transforms of a rule are wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rule(#[from] RuleFault),
    /// Something else of a listener is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Listener(#[from] ListenerFault),
    /// An attribute of a load balancer, a listener or a target group is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Attribute(#[from] AttributeFault),
    /// A target group is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    TargetGroup(#[from] TargetGroupFault),
    /// An ECS service is wrong, or does not fit what it refers to.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Service(#[from] ServiceFault),
    /// A task definition is wrong as a whole.
    #[error(transparent)]
    #[diagnostic(transparent)]
    TaskDefinition(#[from] TaskDefinitionFault),
    /// One container of a task definition is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Container(#[from] ContainerFault),
    /// A container waits for what cannot come to pass.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Dependency(#[from] DependencyFault),
    /// Something in Cloud Map is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Discovery(#[from] DiscoveryFault),
    /// A security group or one of its rules is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    SecurityGroup(#[from] SecurityGroupFault),
    /// Two resources claim what only one can have.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Taken(#[from] Taken),
    /// It would change routing or reachability, and the environment cannot do it yet.
    #[error("asks for {0}, which is not emulated")]
    #[diagnostic(forward(0))]
    NotEmulated(#[from] NotEmulated),
    /// A value that should name a resource of the template names none.
    #[error("is `{value}`, which is no {kind} of this template")]
    #[diagnostic(help(
        "refer to a resource with `Ref` or `Fn::GetAtt`, or name the template that has it too; \
         `--allow-partial` leaves out what needs it"
    ))]
    NotInTemplate {
        /// The property's value.
        value: String,
        /// What it should name.
        kind: Kind,
    },
}

/// A kind of resource that others refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `AWS::ElasticLoadBalancingV2::LoadBalancer`.
    LoadBalancer,
    /// `AWS::ElasticLoadBalancingV2::Listener`.
    Listener,
    /// `AWS::ElasticLoadBalancingV2::TargetGroup`.
    TargetGroup,
    /// `AWS::ECS::TaskDefinition`.
    TaskDefinition,
    /// `AWS::ServiceDiscovery::Service`.
    DiscoveryService,
    /// A namespace of Cloud Map, of any kind.
    Namespace,
}

// === impl StackProblem ===

impl StackProblem {
    /// Returns the resource that it is about.
    pub fn logical_id(&self) -> &str {
        self.path.logical_id().unwrap_or_default()
    }
}

impl fmt::Display for StackProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Taken(taken) => write!(
                f,
                "`{}` (line {}) and `{}` both have {}",
                taken.first,
                taken.first_line,
                self.logical_id(),
                taken.claim
            ),
            reason => write!(f, "`{}` {reason}", self.path),
        }
    }
}

impl error::Error for StackProblem {}

impl Diagnostic for StackProblem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.reason.help()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_with_span(Some(self.reason.label()), self.span);
        Some(Box::new([label].into_iter()))
    }
}

// === impl Reason ===

impl Reason {
    /// Returns what stands beside the place where the template is shown.
    fn label(&self) -> String {
        match self {
            Self::Property(_, PropertyFault::Missing(_)) => "needs it".to_owned(),
            Self::Property(_, PropertyFault::WrongType { expected, .. }) => {
                format!("not {expected}")
            }
            Self::Property(..)
            | Self::Action(_)
            | Self::Rule(_)
            | Self::Listener(_)
            | Self::Attribute(_)
            | Self::TargetGroup(_)
            | Self::Service(_)
            | Self::TaskDefinition(_)
            | Self::Container(_)
            | Self::Dependency(_)
            | Self::Discovery(_)
            | Self::SecurityGroup(_) => "AWS would refuse this".to_owned(),
            Self::Taken(_) => "has it too".to_owned(),
            Self::NotEmulated(_) => "not emulated".to_owned(),
            Self::NotInTemplate { kind, .. } => format!("no {kind} has this name"),
        }
    }
}

// === impl Kind ===

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LoadBalancer => "load balancer",
            Self::Listener => "listener",
            Self::TargetGroup => "target group",
            Self::TaskDefinition => "task definition",
            Self::DiscoveryService => "Cloud Map service",
            Self::Namespace => "Cloud Map namespace",
        })
    }
}
