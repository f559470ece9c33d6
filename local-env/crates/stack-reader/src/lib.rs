//! Reads the resources of a CloudFormation template into a [`Stack`].
//!
//! [`read`] takes what `cloudformation` has resolved. Each resource is read on its own, which gives
//! at most one problem a resource; then what belongs together is put together. Properties that
//! nobody asked for, and resources of types that are not run, end up in the stack's
//! [`Coverage`](stack::Coverage), so that nothing is silently ignored.
//!
//! ```
//! use cloudformation::{Inputs, Source, Template};
//! use stack::Allowed;
//! use stack_reader::problem::{Form, Part, PropertyFault, Reason};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = r#"{"Resources": {
//!     "Space": {
//!         "Type": "AWS::ServiceDiscovery::HttpNamespace",
//!         "Properties": {"Name": "shop"}
//!     }
//! }}"#;
//! let template = Template::parse(&Source::new("shop.json", text))?;
//! let resolved = template.resolve(&Inputs::new("shop"))?;
//! let stack = stack_reader::read(&resolved, Allowed::default())?;
//! assert_eq!(stack.namespaces[0].name, "shop");
//!
//! let nameless = text.replace("shop", "");
//! let template = Template::parse(&Source::new("nameless.json", &nameless))?;
//! let resolved = template.resolve(&Inputs::new("shop"))?;
//! let error = stack_reader::read(&resolved, Allowed::default()).unwrap_err();
//! let problem = &error.problems()[0];
//! assert_eq!(problem.path.to_string(), "Resources.Space.Properties.Name");
//! let fault = PropertyFault::Malformed { found: String::new(), form: Form::HttpNamespaceName };
//! assert_eq!(problem.reason, Reason::Property(Part::Other, fault));
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

mod action;
mod approximated;
mod attributes;
mod certificate;
mod child;
mod condition;
mod container;
mod context;
mod expression;
mod field;
mod firewall;
mod fixed_response;
mod forward;
mod health_check;
mod listener;
mod load_balancer;
mod lookup;
mod matcher;
mod namespace;
mod note;
mod partial;
mod pattern;
pub mod problem;
mod reader;
mod redirect;
pub mod resource_type;
mod response_header;
mod rule;
mod security_group;
mod service;
mod ssl_policy;
mod support;
mod target_group;
mod target_group_attributes;
mod task;
mod task_definition;
#[cfg(test)]
mod tests;
mod transform;
mod unresolved;

use cloudformation::Resolved;
use stack::{Allowed, Stack};

pub use approximated::approximation;
pub use problem::{Reason, StackError, StackProblem};
use reader::{Reader, whole};
pub use support::is_emulated;

/// Reads and validates a template's resources.
///
/// # Errors
/// If AWS would refuse a resource or it cannot be run here; the error has a problem for each one.
pub fn read(resolved: &Resolved, allowed: Allowed) -> Result<Stack, StackError> {
    if allowed.partial { partial::read(resolved, allowed) } else { whole(resolved, allowed) }
}

/// Reads what can be read, and returns the stack without what has a problem and what cannot be
/// without that, and all the problems.
pub fn read_in_part(resolved: &Resolved, allowed: Allowed) -> (Stack, Vec<StackProblem>) {
    Reader::new(resolved, allowed).read()
}
