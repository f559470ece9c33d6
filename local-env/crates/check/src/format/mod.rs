//! Findings as text: for people, for programs, and for what shows them beside the code.

mod github;
mod json;
mod sarif;
mod text;

pub use github::github;
pub use json::json;
pub use sarif::sarif;
pub use text::text;
