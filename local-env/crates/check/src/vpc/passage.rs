//! What is answered, and how it is told.

use std::fmt;

use super::{End, Protocol};
use stack::{Direction, SecurityGroup, SecurityGroupRule};

/// The answer to whether a connection may be made, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage<'a> {
    /// The connection may be made. No rule is named on a side that needs none: that of somebody
    /// outside the stack, or of a member of a group from outside the template, of whose rules
    /// nothing is known.
    Allowed {
        /// The rule that lets it out.
        egress: Option<&'a SecurityGroupRule>,
        /// The rule that lets it in.
        ingress: Option<&'a SecurityGroupRule>,
    },
    /// The connection may not be made: in AWS an attempt gets no answer at all.
    Denied {
        /// The side that lacks a rule; where both do, it is egress.
        side: Direction,
        /// The groups on that side, none of which has a rule for it.
        groups: Vec<&'a SecurityGroup>,
        /// The end on the other side.
        peer: &'a End,
        /// The protocol of the attempt.
        protocol: Protocol,
        /// The port that the attempt is made to.
        port: u16,
    },
    /// Nothing of the stack has this logical id.
    Unknown(&'a End),
}

// === impl Passage ===

impl Passage<'_> {
    /// Returns whether a connection may be made.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }
}

impl fmt::Display for Passage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed { egress: None, ingress: None } => f.write_str("needs no rule"),
            Self::Allowed { egress: Some(rule), ingress: None } => write!(f, "let out by {rule}"),
            Self::Allowed { egress: None, ingress: Some(rule) } => write!(f, "let in by {rule}"),
            Self::Allowed { egress: Some(out), ingress: Some(into) } => {
                write!(f, "let out by {out} and in by {into}")
            }
            Self::Denied { side, groups, peer, protocol, port } => {
                let preposition = match side {
                    Direction::Ingress => "from",
                    Direction::Egress => "to",
                };
                let names: Vec<_> = groups.iter().map(ToString::to_string).collect();
                let verb = if groups.len() == 1 { "does" } else { "do" };
                write!(f, "{} {verb} not let {protocol} {port} {side} ", names.join(" and "))?;
                write!(f, "{preposition} {peer}; {}", has(*side, groups).join(", "))
            }
            Self::Unknown(end) => write!(f, "there is no {end} in this stack"),
        }
    }
}

/// Returns what each group does let through.
fn has(side: Direction, groups: &[&SecurityGroup]) -> Vec<String> {
    let of = |group: &&SecurityGroup| {
        let rules: Vec<_> = group.rules(side).iter().map(SecurityGroupRule::meaning).collect();
        let rules = if rules.is_empty() { "nothing".to_owned() } else { rules.join(" and ") };
        format!("{group} lets {side} {rules}")
    };
    groups.iter().map(of).collect()
}
