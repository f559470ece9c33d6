//! Roles and policies.

use serde::Serialize;

use crate::value::Value;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Role {
    pub(crate) assume_role_policy_document: PolicyDocument,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Policy {
    pub(crate) policy_name: String,
    pub(crate) roles: Vec<Value>,
    pub(crate) policy_document: PolicyDocument,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PolicyDocument {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Statement {
    effect: &'static str,
    action: Actions,
    #[serde(flatten)]
    party: Party,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Actions {
    One(&'static str),
    Several(&'static [&'static str]),
}

/// A role's trust names who may take it on, a policy on what its holder may act.
#[derive(Debug, Serialize)]
enum Party {
    Principal(Principal),
    Resource(Value),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Principal {
    service: &'static str,
}

// === impl PolicyDocument ===

impl PolicyDocument {
    pub(crate) fn new(statement: Vec<Statement>) -> Self {
        Self { version: "2012-10-17", statement }
    }
}

// === impl Statement ===

impl Statement {
    pub(crate) fn allow(actions: &'static [&'static str], resource: impl Into<Value>) -> Self {
        Self::new(actions, Party::Resource(resource.into()))
    }

    pub(crate) fn trust(service: &'static str) -> Self {
        Self::new(&["sts:AssumeRole"], Party::Principal(Principal { service }))
    }

    fn new(actions: &'static [&'static str], party: Party) -> Self {
        Self { effect: "Allow", action: actions.into(), party }
    }
}

// === impl Actions ===

impl From<&'static [&'static str]> for Actions {
    fn from(actions: &'static [&'static str]) -> Self {
        match actions {
            [action] => Self::One(action),
            several => Self::Several(several),
        }
    }
}
