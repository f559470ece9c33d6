//! What rules see of a request.

use std::{borrow::Cow, net::IpAddr};

use super::path::{self, AboveRoot};
use crate::head::Fields;

/// What conditions look at.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method as it was sent.
    pub method: &'a [u8],
    /// The host without its port, in any case.
    pub host: &'a [u8],
    /// The path as it was sent, without the query; or `*`.
    pub path: &'a [u8],
    /// The query as it was sent, without the question mark.
    pub query: Option<&'a [u8]>,
    /// All header fields.
    pub fields: &'a Fields,
    /// The connection's other end, whatever headers say.
    pub source: IpAddr,
}

// === impl Request ===

impl<'a> Request<'a> {
    /// Returns the path as conditions see it, if there is one.
    pub fn normalised_path(&self) -> Result<Option<Cow<'a, [u8]>>, AboveRoot> {
        if self.path == b"*" { Ok(None) } else { path::normalised(self.path).map(Some) }
    }
}
