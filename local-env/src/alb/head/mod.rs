//! The heads of messages: start line and header fields, as bytes.
//!
//! Nothing is decoded, lower-cased or merged on the way: what a client sent is what rules look at,
//! what the log shows and what a target gets. Heads of HTTP/2 are put into the same form.

mod fields;
mod name;
mod request;

pub use fields::{Field, Fields};
pub use name::Name;
pub use request::{Malformed, RequestHead, Version};
