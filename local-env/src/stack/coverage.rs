//! What a template says that the environment does not act on. Nothing is silently ignored: each
//! such resource or property is listed once, by name.

/// The account of one template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// In the template's order.
    pub ignored: Vec<Ignored>,
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
