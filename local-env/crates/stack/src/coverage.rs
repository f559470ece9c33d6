//! What a template says that the environment does not act on. Nothing is silently ignored: each
//! such resource or property is listed once, by name.
//!
//! A warning is about what AWS does act on, though hardly as the template's author meant it.

use std::{error::Error, fmt, sync::Arc};

use property_path::PropertyPath;

use super::{LogicalId, SecurityGroupId};

/// The account of one template.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    /// What changes nothing here, in the template's order.
    pub ignored: Vec<Ignored>,
    /// How many properties, of how many resources, are acted upon though not quite as AWS does.
    pub approximated: usize,
    /// What deserves a look, in the template's order.
    pub warnings: Vec<Warning>,
}

/// A resource, or a part of an emulated resource, that changes nothing here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The resource's name in the template.
    pub logical_id: LogicalId,
    /// The resource's type: `AWS::IAM::Role`.
    pub resource_type: String,
    /// The part that is ignored.
    pub part: IgnoredPart,
}

/// How much of a resource is ignored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum IgnoredPart {
    /// All of it.
    Whole,
    /// One of its properties.
    Property(PropertyPath),
    /// The versions of TLS below 1.2 that a listener's security policy allows, from 1.0 on.
    Tls10,
    /// The version of TLS below 1.2 that a listener's security policy allows, which is 1.1 alone.
    Tls11,
    /// That names of a public namespace resolve outside the VPC.
    PublicResolution,
    /// A dynamic reference, by the name of what it refers to.
    DynamicReference(String),
}

/// What AWS takes and the author of the template should look at.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// A rule of a security group names nobody: AWS takes it and adds nothing (cloudmap-ecs §5.1).
    NoPeer {
        /// The resource.
        logical_id: LogicalId,
        /// The rule, where the resource has several; empty where the resource is the rule.
        property: PropertyPath,
    },
    /// Something is run here in the way of something else of AWS's.
    RunOtherwise {
        /// The resource.
        logical_id: LogicalId,
        /// The property that asks for it.
        property: PropertyPath,
        /// What is asked for, and how it is run here.
        how: Otherwise,
    },
    /// A resource, or a part of one, that cannot be run here and that the user lets be left out.
    LeftOut {
        /// The resource.
        logical_id: LogicalId,
        /// The part; empty where all of it is left out.
        property: PropertyPath,
        /// The problem for which it is left out.
        cause: Cause,
    },
    /// Adding a stand-alone rule is known to take a group's rule away that lets everything out
    /// (cloudmap-ecs §5.2).
    LostEgress {
        /// The group's resource.
        logical_id: LogicalId,
        /// The group.
        group: SecurityGroupId,
        /// The resource of the first stand-alone rule.
        rule: LogicalId,
    },
}

/// What a template asks for and is run here in another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// Tasks of this launch type run as those on Fargate do.
    LaunchType(String),
    /// A service of this scheduling strategy has one task, as on one instance.
    SchedulingStrategy(String),
    /// Deployments of this controller are rolling updates.
    DeploymentController(String),
    /// Deployments of this strategy are rolling updates.
    DeploymentStrategy(String),
    /// Each task has an address of its own, though this network mode gives it none.
    NetworkMode(String),
    /// Each task has an address of its own, though the default network mode gives it none.
    NoNetworkMode,
}

/// The problem for which something is left out. It says why in the user's words, and equals another
/// one that says the same.
#[derive(Clone, Debug)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

// === impl IgnoredPart ===

impl IgnoredPart {
    /// Returns whether the resource as a whole is meant.
    pub fn is_whole(&self) -> bool {
        *self == Self::Whole
    }
}

/// Shows what it is called in lists: `Listeners[0].Port`, or nothing for the resource as a whole.
impl fmt::Display for IgnoredPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Property(path) => path.fmt(f),
            Self::Tls10 => f.write_str("SslPolicy (TLS 1.0 and 1.1)"),
            Self::Tls11 => f.write_str("SslPolicy (TLS 1.1)"),
            Self::PublicResolution => f.write_str("public resolution"),
            Self::DynamicReference(name) => f.write_str(name),
        }
    }
}

// === impl Warning ===

impl Warning {
    /// Returns the resource that it is about.
    pub fn logical_id(&self) -> &LogicalId {
        match self {
            Self::NoPeer { logical_id, .. }
            | Self::RunOtherwise { logical_id, .. }
            | Self::LeftOut { logical_id, .. }
            | Self::LostEgress { logical_id, .. } => logical_id,
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPeer { logical_id, property } => {
                let place = place(logical_id, property);
                write!(f, "`{place}` names no peer, so it lets nothing through; ")?;
                f.write_str("give it a CIDR or a security group")
            }
            Self::RunOtherwise { logical_id, property, how } => {
                write!(f, "`{}` {how}", place(logical_id, property))
            }
            Self::LeftOut { logical_id, property, cause } => {
                write!(f, "`{}` is left out: {cause}", place(logical_id, property))
            }
            Self::LostEgress { group, rule, .. } => {
                write!(f, "{group} lets everything out by itself and has `{rule}` too: AWS may ")?;
                f.write_str("take the first away when it adds the second; keep one of them")
            }
        }
    }
}

/// The resource, and the property in it if one is meant.
fn place(logical_id: &LogicalId, property: &PropertyPath) -> PropertyPath {
    PropertyPath::default().key(logical_id.as_str()).join(property)
}

// === impl Otherwise ===

impl fmt::Display for Otherwise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ROLLED: &str = "its tasks are rolled here, a few at a time";
        const OWN_ADDRESS: &str = "each task has an address of its own here, as in `awsvpc`";
        match self {
            Self::LaunchType(found) => {
                write!(f, "is {found}: its tasks run here as Fargate's do")
            }
            Self::SchedulingStrategy(found) => {
                write!(f, "is {found}: there is one task here, as on one instance")
            }
            Self::DeploymentController(found) | Self::DeploymentStrategy(found) => {
                write!(f, "is {found}: {ROLLED}")
            }
            Self::NetworkMode(found) => write!(f, "is `{found}`: {OWN_ADDRESS}"),
            Self::NoNetworkMode => {
                write!(f, "is absent, which means `bridge`: {OWN_ADDRESS}")
            }
        }
    }
}

// === impl Cause ===

impl Cause {
    /// Makes a cause of a problem.
    pub fn new(problem: impl Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(problem))
    }

    /// Returns the problem.
    pub fn problem(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
