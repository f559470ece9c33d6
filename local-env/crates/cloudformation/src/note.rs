//! What could not be made sure of while a template was resolved.

/// Something that may be otherwise in AWS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// A parameter's value is kept by AWS; the name that it is kept under stands in its place.
    SsmValue {
        /// The parameter's name.
        parameter: String,
        /// The name under which Parameter Store keeps the value.
        name: String,
    },
    /// A dynamic reference names a parameter that AWS keeps; it stays as it is.
    SsmReference {
        /// The name under which Parameter Store keeps the value.
        name: String,
        /// The logical id of the resource that has the reference.
        logical_id: String,
    },
    /// An attribute is known to AWS only, such as a custom resource's; its name stands in its place.
    UnknownAttribute {
        /// The name of resource and attribute: `Resource.Attribute`.
        name: String,
    },
    /// A resource is left out because the user wants it to be.
    LeftOut {
        /// The resource's logical id.
        logical_id: String,
        /// The resource's type.
        resource_type: String,
    },
    /// A rule of the template is not checked, since it asks for what only AWS knows.
    UncheckedRule {
        /// The rule's name.
        rule: String,
    },
    /// An `AllowedPattern` is not checked, since it has what only Java's regular expressions have.
    UncheckedPattern {
        /// The parameter's name.
        parameter: String,
    },
}
