//! What a user, other stacks and AWS have to give to a template.

use std::collections::{BTreeMap, BTreeSet};

use super::library::Library;

/// What a template is resolved with.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// `AWS::StackName`.
    pub stack_name: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account: String,
    /// Values of parameters, as one gives them to CloudFormation: lists with commas.
    pub parameters: BTreeMap<String, String>,
    /// What AWS's Parameter Store keeps, by name.
    pub ssm: BTreeMap<String, String>,
    /// Attributes that only AWS knows, by `Resource.Attribute`; what is given here wins.
    pub attributes: BTreeMap<String, String>,
    /// What other stacks export, by name.
    pub exports: BTreeMap<String, String>,
    /// Outputs of other stacks, by the stack's name and their own.
    pub outputs: BTreeMap<(String, String), String>,
    /// Templates of nested stacks.
    pub library: Library,
    /// Logical ids of resources that are left out, whatever is wrong with them.
    pub ignored: BTreeSet<String>,
}

// === impl Inputs ===

impl Inputs {
    /// In `us-west-2`, in the account of zeros, with no parameter given.
    pub fn new(stack_name: impl Into<String>) -> Self {
        Self {
            stack_name: stack_name.into(),
            region: "us-west-2".to_owned(),
            account: "000000000000".to_owned(),
            parameters: BTreeMap::new(),
            ssm: BTreeMap::new(),
            attributes: BTreeMap::new(),
            exports: BTreeMap::new(),
            outputs: BTreeMap::new(),
            library: Library::empty(),
            ignored: BTreeSet::new(),
        }
    }
}
