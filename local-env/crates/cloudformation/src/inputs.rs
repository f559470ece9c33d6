//! What a user, other stacks and AWS have to give to a template.

use std::collections::{BTreeMap, BTreeSet};

use super::library::Library;

/// The values that a template is resolved with.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The name of the stack, which is `AWS::StackName`.
    pub stack_name: String,
    /// The region, which is `AWS::Region`: `us-west-2`.
    pub region: String,
    /// The account, which is `AWS::AccountId`: twelve digits.
    pub account: String,
    /// The values of parameters by name, as one gives them to CloudFormation: lists with commas.
    pub parameters: BTreeMap<String, String>,
    /// The values that Parameter Store keeps, by name.
    pub ssm: BTreeMap<String, String>,
    /// The values of attributes that only AWS knows, by `Resource.Attribute`; they win over those
    /// that are made up.
    pub attributes: BTreeMap<String, String>,
    /// The values that other stacks export, by the export's name.
    pub exports: BTreeMap<String, String>,
    /// The outputs of other stacks, by the stack's name and their own.
    pub outputs: BTreeMap<(String, String), String>,
    /// The templates of nested stacks.
    pub library: Library,
    /// The logical ids of resources that are left out, whatever is wrong with them.
    pub ignored: BTreeSet<String>,
}

// === impl Inputs ===

impl Inputs {
    /// Returns inputs in `us-west-2` and the account `000000000000` with no values given.
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
