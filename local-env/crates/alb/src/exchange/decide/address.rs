//! Where a request wants to go.

use std::{borrow::Cow, net::IpAddr};

use crate::{
    head::{Fields, Name, RequestHead, Version},
    headers::split_port,
    rules::Request,
};

/// The host of a request, and its path and query.
pub(super) struct Address<'a> {
    pub(super) host: &'a [u8],
    pub(super) path_and_query: Cow<'a, [u8]>,
}

// === impl Address ===

impl<'a> Address<'a> {
    /// Reads where a request wants to go; `None` where it names no host, which only HTTP/1.0 and older
    /// may leave out (alb §1.1). An absolute target's authority counts more than the `Host` header
    /// (RFC 9112 §3.2.2).
    pub(super) fn of(head: &'a RequestHead, dns_name: &'a [u8]) -> Option<Self> {
        let target = head.target();
        let named = head.fields().get(Name::Host);
        if let Some((authority, rest)) = absolute(target) {
            if named.is_none() && head.version() == Version::Http11 {
                return None;
            }
            let path_and_query = match rest.first() {
                Some(b'/') => Cow::Borrowed(rest),
                _ => Cow::Owned([b"/", rest].concat()),
            };
            return Some(Self { host: authority, path_and_query });
        }
        let host = match named {
            Some(host) => host,
            None if head.version() < Version::Http11 => dns_name,
            None => return None,
        };
        Some(Self { host, path_and_query: Cow::Borrowed(target) })
    }

    /// Returns the request as rules see it, with these header fields.
    pub(super) fn request<'b>(
        &'b self,
        head: &'b RequestHead,
        fields: &'b Fields,
        source: IpAddr,
    ) -> Request<'b> {
        let whole = &*self.path_and_query;
        let (path, query) = match memchr::memchr(b'?', whole) {
            Some(mark) => (&whole[..mark], whole.get(mark + 1..)),
            None => (whole, None),
        };
        let host = split_port(self.host).0;
        Request { method: head.method(), host, path, query, fields, source }
    }

    /// Returns path and query where they are not the request line's own.
    pub(super) fn changed_target(&self, head: &RequestHead) -> Option<Vec<u8>> {
        match &self.path_and_query {
            Cow::Borrowed(own) if *own == head.target() => None,
            other => Some(other.to_vec()),
        }
    }
}

/// Returns the authority of a target in absolute form, and what follows it.
fn absolute(target: &[u8]) -> Option<(&[u8], &[u8])> {
    if target.starts_with(b"/") {
        return None;
    }
    let start = memchr::memmem::find(target, b"://")? + 3;
    let rest = target.get(start..)?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    Some(rest.split_at(end))
}
