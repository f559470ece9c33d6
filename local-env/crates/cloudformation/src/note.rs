//! What a template was resolved with for want of something better.

/// A value that may differ from AWS's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// AWS keeps the value; the name that it is kept under stands in its place.
    SsmValue {
        /// The parameter.
        parameter: String,
        /// What AWS keeps it under.
        name: String,
    },
    /// A dynamic reference to a parameter that AWS keeps; it stays as it is.
    SsmReference {
        /// Its name.
        name: String,
        /// The resource that has it.
        logical_id: String,
    },
    /// An attribute that only AWS knows, such as a custom resource's; its name stands in its place.
    UnknownAttribute {
        /// `Resource.Attribute`.
        name: String,
    },
    /// The user wants a resource to be left out.
    LeftOut {
        /// Its name.
        logical_id: String,
        /// Its type.
        resource_type: String,
    },
    /// A rule of the template asks for what only AWS knows.
    UncheckedRule {
        /// Its name.
        rule: String,
    },
    /// The `AllowedPattern` uses what only Java's regular expressions have.
    UncheckedPattern {
        /// The parameter.
        parameter: String,
    },
}
