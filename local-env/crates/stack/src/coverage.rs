//! What a template says that the environment does not act on. Nothing is silently ignored: each
//! such resource or property is listed once, by name.
//!
//! A warning is about what AWS does act on, though hardly as the template's author meant it.

use std::fmt;

use super::SecurityGroupId;

/// The account of one template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// In the template's order.
    pub ignored: Vec<Ignored>,
    /// How many properties, of how many resources, are acted upon though not quite as AWS does.
    pub approximated: usize,
    /// In the template's order.
    pub warnings: Vec<Warning>,
}

/// A resource, or one property of an emulated resource, that changes nothing here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The resource's name in the template.
    pub logical_id: String,
    /// Its type: `AWS::IAM::Role`.
    pub resource_type: String,
    /// The property, or `None` where the whole resource is meant.
    pub property: Option<String>,
}

/// What AWS takes and the author of the template should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A rule of a security group that names nobody: AWS takes it and adds nothing (cloudmap-ecs §5.1).
    NoPeer {
        /// The resource.
        logical_id: String,
        /// Which of its rules, where it has several.
        property: Option<String>,
    },
    /// What is run here in the way of something else of AWS's.
    RunOtherwise {
        /// The resource.
        logical_id: String,
        /// What asks for it.
        property: String,
        /// How it is run here.
        how: String,
    },
    /// A resource, or a part of one, that cannot be run here and that the user lets be left out.
    LeftOut {
        /// The resource.
        logical_id: String,
        /// The part, or `None` where all of it is left out.
        property: Option<String>,
        /// In the user's words.
        why: String,
    },
    /// Adding a stand-alone rule is known to take a group's rule away that lets everything out
    /// (cloudmap-ecs §5.2).
    LostEgress {
        /// The group's resource.
        logical_id: String,
        /// The group.
        group: SecurityGroupId,
        /// The resource of the first stand-alone rule.
        rule: String,
    },
}

// === impl Warning ===

impl Warning {
    /// The resource that it is about.
    pub fn logical_id(&self) -> &str {
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
                let property = property.as_ref().map(|it| format!(".{it}")).unwrap_or_default();
                write!(f, "`{logical_id}{property}` names no peer, so it lets nothing through; ")?;
                f.write_str("give it a CIDR or a security group")
            }
            Self::RunOtherwise { logical_id, property, how } => {
                write!(f, "`{logical_id}.{property}` {how}")
            }
            Self::LeftOut { logical_id, property, why } => {
                let property = property.as_ref().map(|it| format!(".{it}")).unwrap_or_default();
                write!(f, "`{logical_id}{property}` is left out: {why}")
            }
            Self::LostEgress { group, rule, .. } => {
                write!(f, "{group} lets everything out by itself and has `{rule}` too: AWS may ")?;
                f.write_str("take the first away when it adds the second; keep one of them")
            }
        }
    }
}
