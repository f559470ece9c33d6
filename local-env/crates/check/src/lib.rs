//! What would fail in AWS, found in a template without running anything.
//!
//! Each family of checks has a file. It looks at the resolved template, and at as much of the stack
//! as could be read, so that one problem hides no other. What it finds is a [`Finding`]: a [`Code`]
//! that stays the same, the place in the text, why it fails, and a mend. [`Code`]s stand in one
//! table, and each has a page in `docs/checks`.

mod address;
mod bindings;
mod code;
mod containers;
mod deployments;
mod finding;
pub mod format;
mod images;
mod logs;
mod names;
mod paths;
mod pattern;
mod problems;
mod quotas;
mod reachability;
mod roles;
mod subject;
mod subnets;
#[cfg(test)]
mod tests;
mod value;
pub mod vpc;

use std::collections::BTreeMap;

pub use code::{ALL as CODES, Code, Severity, UnknownCode, named};
pub use finding::{Finding, Findings, Place};

use cloudformation::{Resolved, TemplateError};
use stack::Allowed;
use subject::Subject;

/// The architectures that an image is there for, as Docker names them, by the image's address.
pub type Architectures = BTreeMap<String, Vec<String>>;

/// All that would fail, or deserves a look, in the template's order.
pub fn check(resolved: &Resolved, architectures: &Architectures) -> Findings {
    // How clients are authenticated changes nothing about where their requests go.
    let allowed = Allowed { unauthenticated: true, ..Allowed::default() };
    let (stack, problems) = stack_reader::read_in_part(resolved, allowed);
    let subject = Subject::new(resolved, &stack);
    problems::check(&subject, &problems);
    for family in [
        bindings::check,
        containers::check,
        deployments::check,
        logs::check,
        names::check,
        paths::check,
        quotas::check,
        reachability::check,
        roles::check,
        subnets::check,
    ] {
        family(&subject);
    }
    images::check(&subject, architectures);
    subject.findings()
}

/// The problems of templates that cannot be resolved, which are all that can be told of them.
pub fn unresolved(errors: &[TemplateError]) -> Findings {
    problems::of_templates(errors)
}
