//! Where a value stands in a template, as data: the keys and indices that lead to it.
//!
//! What reads templates and what speaks of them (problems, findings, what is ignored) share this one
//! type, so that nobody has to take a written path apart.
//!
//! ```
//! use property_path::{PropertyPath, Step};
//!
//! let path = PropertyPath::of_properties("Web").key("LoadBalancers").index(0);
//! assert_eq!(path.to_string(), "Resources.Web.Properties.LoadBalancers[0]");
//! assert_eq!(path.logical_id(), Some("Web"));
//! assert_eq!(path.within_properties().steps()[1], Step::Index(0));
//! ```

#![deny(missing_docs)]

use std::fmt;

/// The way to a value: `Resources.Service1.Properties.LoadBalancers[0].ContainerPort`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropertyPath(Vec<Step>);

/// One step of a way: into a mapping by its key, or into a list by its index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The key of a mapping.
    Key(String),
    /// The place in a list, counted from 0.
    Index(usize),
}

// === impl PropertyPath ===

impl PropertyPath {
    /// Returns the way to a resource: `Resources.Service1`.
    pub fn of_resource(logical_id: &str) -> Self {
        Self::default().key("Resources").key(logical_id)
    }

    /// Returns the way to a resource's properties: `Resources.Service1.Properties`.
    pub fn of_properties(logical_id: &str) -> Self {
        Self::of_resource(logical_id).key("Properties")
    }

    /// Returns the way that goes one key further.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.0.push(Step::Key(key.into()));
        self
    }

    /// Returns the way that goes on to an item of a list, counted from 0.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        self.0.push(Step::Index(index));
        self
    }

    /// Returns the way that goes on as another one does.
    #[must_use]
    pub fn join(mut self, rest: &Self) -> Self {
        self.0.extend_from_slice(&rest.0);
        self
    }

    /// Returns its steps, from the root on.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Returns whether it leads nowhere: to the root itself.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the resource that it leads into, where it begins at `Resources`.
    pub fn logical_id(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Step::Key(section), Step::Key(logical_id), ..] if section == "Resources" => {
                Some(logical_id)
            }
            _ => None,
        }
    }

    /// Returns the rest of the way within the resource's properties; empty for the resource itself.
    #[must_use]
    pub fn within_properties(&self) -> Self {
        match self.0.as_slice() {
            [Step::Key(section), Step::Key(_), rest @ ..] if section == "Resources" => {
                let rest = match rest {
                    [Step::Key(properties), rest @ ..] if properties == "Properties" => rest,
                    rest => rest,
                };
                Self(rest.to_vec())
            }
            _ => self.clone(),
        }
    }
}

impl fmt::Display for PropertyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if place == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_tells_its_resource_and_the_property_whatever_the_keys_are_called() {
        let path = PropertyPath::of_properties("Service1").key("A.b").index(2).key("C");
        assert_eq!(path.to_string(), "Resources.Service1.Properties.A.b[2].C");
        assert_eq!(path.logical_id(), Some("Service1"));
        let within = path.within_properties();
        assert_eq!(within, PropertyPath::default().key("A.b").index(2).key("C"));
        assert_eq!(within.logical_id(), None);
    }
}
