//! The rules that a parameter's declaration makes for its values.

use std::fmt;

use super::name::listed;

/// A rule that a parameter's value has to keep.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterRule {
    /// The value, or each item of it, is a number (`Type`).
    Number,
    /// The value is one of these (`AllowedValues`).
    OneOf(Vec<String>),
    /// The whole value matches this regular expression (`AllowedPattern`).
    Pattern(String),
    /// The value has so many characters (`MinLength`, `MaxLength`).
    Length(Bounds),
    /// The value is a number between these (`MinValue`, `MaxValue`).
    Range(Bounds),
}

/// The least and the most that something may be, each where it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    /// The least.
    pub min: Option<f64>,
    /// The most.
    pub max: Option<f64>,
}

/// Returns how a sentence ends that has told the rule.
pub(super) fn found(value: Option<&str>) -> String {
    match value {
        Some(value) => format!("is `{value}`"),
        None => "is not (`NoEcho` hides its value)".to_owned(),
    }
}

// === impl ParameterRule ===

impl fmt::Display for ParameterRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number => f.write_str("be a number"),
            Self::OneOf(values) => write!(f, "be one of {}", listed(values)),
            Self::Pattern(pattern) => write!(f, "match `{pattern}`"),
            Self::Length(bounds) => write!(f, "be {bounds} characters long"),
            Self::Range(bounds) => write!(f, "be {bounds}"),
        }
    }
}

// === impl Bounds ===

impl Bounds {
    pub(crate) fn hold(self, value: f64) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (Some(min), Some(max)) if min.total_cmp(&max).is_eq() => write!(f, "{min}"),
            (Some(min), Some(max)) => write!(f, "from {min} to {max}"),
            (Some(min), None) => write!(f, "at least {min}"),
            (None, Some(max)) => write!(f, "at most {max}"),
            (None, None) => f.write_str("any number"),
        }
    }
}
