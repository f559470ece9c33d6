//! What may stand where CloudFormation wants a text: the text itself, or an intrinsic function
//! that CloudFormation works out while it deploys.
//!
//! References are made from an [`Id`], which only adding something to a template hands out, so
//! that a resource cannot refer to one that is not there.

use serde::Serialize;

/// The logical id of a parameter or a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Id(String);

/// A text, or what becomes one on deployment.
#[derive(Clone, Debug, Serialize)]
pub(crate) enum Value {
    /// What `Ref` gives for the resource, or a parameter's value.
    Ref(Id),
    #[serde(rename = "Fn::GetAtt")]
    GetAtt(Id, &'static str),
    /// A text with `${Parameter}`, `${Resource.Attribute}` or `${AWS::Region}` in it.
    #[serde(rename = "Fn::Sub")]
    Sub(String),
    #[serde(rename = "Fn::Select")]
    Select(usize, Box<Value>),
    /// The zones of a region; an empty name is the stack's own region.
    #[serde(rename = "Fn::GetAZs")]
    GetAzs(&'static str),
    #[serde(untagged)]
    Text(String),
}

// === impl Id ===

impl Id {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    pub(crate) fn reference(&self) -> Value {
        Value::Ref(self.clone())
    }

    pub(crate) fn attribute(&self, name: &'static str) -> Value {
        Value::GetAtt(self.clone(), name)
    }
}

// === impl Value ===

impl Value {
    pub(crate) fn sub(text: impl Into<String>) -> Self {
        Self::Sub(text.into())
    }

    /// The region that the stack is in.
    pub(crate) fn region() -> Self {
        Self::Ref(Id::new("AWS::Region"))
    }

    /// The name of one of the region's availability zones.
    pub(crate) fn availability_zone(index: usize) -> Self {
        Self::Select(index, Box::new(Self::GetAzs("")))
    }
}

impl<T: Into<String>> From<T> for Value {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}
