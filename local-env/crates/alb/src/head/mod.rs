//! The heads of messages: start line and header fields, as bytes.
//!
//! Nothing is decoded, lower-cased or merged on the way: what a client sent is what rules look at,
//! what the log shows and what a target gets. Heads of HTTP/2 are put into the same form.

mod fields;
mod line;
mod name;
mod request;
mod response;

pub use fields::Fields;
pub use request::{Malformed, RequestHead, Version};

pub(crate) use fields::Field;
pub(crate) use line::{
    head_end, is_text as is_header_text, is_token as is_field_token, is_valid_name,
};
pub(crate) use name::Name;
pub(crate) use response::{BadResponse, ResponseHead};
