//! What would fail in AWS, found in a template without running anything.
//!
//! Each family of checks has a file. It looks at the resolved template, and at as much of the stack
//! as could be read, so that one problem hides no other. What it finds is a [`Finding`]: a [`Code`]
//! that stays the same, the place in the text, why it fails, and a mend. [`CODES`] has all codes, and
//! each has a page in `docs/checks`.
//!
//! ```
//! use check::{Architectures, Severity};
//! use cloudformation::{Inputs, Source, Template};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = "
//! Resources:
//!   Targets:
//!     Type: AWS::ElasticLoadBalancingV2::TargetGroup
//!     Properties:
//!       Port: 80
//!       Protocol: HTTP
//!       HealthCheckIntervalSeconds: 5
//!       HealthCheckTimeoutSeconds: 10
//! ";
//! let template = Template::parse(&Source::new("targets.yaml", text))?;
//! let resolved = template.resolve(&Inputs::new("targets"))?;
//! let findings = check::check(&resolved, &Architectures::new());
//! let finding = &findings.all[0];
//! assert_eq!((finding.code.name, finding.severity), ("health-check-timing", Severity::Error));
//! assert_eq!((finding.place.resource.as_str(), finding.place.line), ("Targets", 9));
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

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

/// The architectures that each image is there for, as Docker names them, by the image's address.
pub type Architectures = BTreeMap<String, Vec<String>>;

/// Returns all that would fail, or deserves a look, in the template's order.
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

/// Returns the problems of templates that cannot be resolved, which are all that can be told of
/// them.
pub fn unresolved(errors: &[TemplateError]) -> Findings {
    problems::of_templates(errors)
}
