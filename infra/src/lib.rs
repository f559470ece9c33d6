//! The sample stack as typed Rust, and the CloudFormation templates that it becomes.
//!
//! `aws` has the resource types, `stack` builds with them, [`Template`] is what comes out. The
//! stack follows what the CDK synthesises for the same services; the README lists where it
//! differs on purpose, and a test holds it to that list.

mod aws;
mod stack;
mod template;
mod value;
mod yaml;

pub use stack::{registry_template, services_template};
pub use template::Template;
