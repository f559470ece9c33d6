//! What a rule rewrites on the way to a target (alb §2.6). It has no part in choosing the rule.
//!
//! The first match is replaced, and only that. A URL is rewritten as `path?query`, as it was sent;
//! where the replacement has a query of its own, nothing of the client's is left behind it.

use regex::bytes::{Captures, Regex};

use super::{RouteError, condition::regex, wildcard::Case};

/// What fits into a request line (alb §1.3).
const MAX_TARGET: usize = 16 * 1024;
/// What fits into a domain name.
const MAX_HOST: usize = 253;

/// A rule's `Transforms`, compiled.
#[derive(Clone, Debug, Default)]
pub struct Transforms {
    url: Option<Rewrite>,
    host: Option<Rewrite>,
}

/// What became of a request's host and target; `None` where it stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transformed {
    /// The new host, without a port.
    pub host: Option<Vec<u8>>,
    /// The new path and query.
    pub target: Option<Vec<u8>>,
}

/// A rewrite whose result can't be sent, which ALB answers with 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransformError {
    /// The new URL doesn't begin with `/`, or holds what no request line may.
    #[error("the rewritten URL is no path")]
    InvalidPath,
    /// The new host is none.
    #[error("the rewritten host is no host name")]
    InvalidHost,
    /// The result is longer than what may be sent.
    #[error("the rewritten URL or host is too long")]
    BufferTooSmall,
    /// The replacement names a group that the expression doesn't have.
    #[error("the replacement names a group that the expression does not have")]
    ReplaceError,
}

#[derive(Clone, Debug)]
struct Rewrite {
    regex: Regex,
    replacement: Box<[Part]>,
    /// Whether the replacement has a query of its own.
    query: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<[u8]>),
    /// `$1`
    Group(usize),
}

// === impl Transforms ===

impl Transforms {
    pub(super) fn compile(transforms: &stack::Transforms) -> Result<Self, RouteError> {
        let compile = |rewrite: &Option<stack::Rewrite>, case| {
            rewrite.as_ref().map(|rewrite| Rewrite::compile(rewrite, case)).transpose()
        };
        Ok(Self {
            url: compile(&transforms.url, Case::Matters)?,
            host: compile(&transforms.host, Case::Ignored)?,
        })
    }

    /// Returns whether nothing is ever rewritten.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.url.is_none() && self.host.is_none()
    }

    /// Rewrites a host without its port, and a target in origin form.
    pub fn apply(&self, host: &[u8], target: &[u8]) -> Result<Transformed, TransformError> {
        let url = self.url.as_ref().map(|rewrite| rewrite.apply(target, MAX_TARGET));
        let target = url.transpose()?.flatten();
        if target.as_deref().is_some_and(|target| !is_target(target)) {
            return Err(TransformError::InvalidPath);
        }
        let name = self.host.as_ref().map(|rewrite| rewrite.apply(host, MAX_HOST));
        let host = name.transpose()?.flatten();
        if host.as_deref().is_some_and(|host| !is_host(host)) {
            return Err(TransformError::InvalidHost);
        }
        Ok(Transformed { host, target })
    }
}

fn is_target(target: &[u8]) -> bool {
    let legal = |&byte: &u8| byte > b' ' && byte != 0x7f && byte != b'#';
    target.first() == Some(&b'/') && target.iter().all(legal)
}

/// Returns whether it is a host without a port, which a transform cannot change.
fn is_host(host: &[u8]) -> bool {
    let legal = |&byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !host.is_empty() && host.iter().all(legal)
}

// === impl TransformError ===

impl TransformError {
    /// Returns what the access log calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidPath => "TransformInvalidPath",
            Self::InvalidHost => "TransformInvalidHost",
            Self::BufferTooSmall => "TransformBufferTooSmall",
            Self::ReplaceError => "TransformReplaceError",
        }
    }
}

// === impl Rewrite ===

impl Rewrite {
    fn compile(rewrite: &stack::Rewrite, case: Case) -> Result<Self, RouteError> {
        Ok(Self {
            regex: regex(&rewrite.regex, case)?,
            replacement: parts(&rewrite.replace),
            query: rewrite.replace.contains('?'),
        })
    }

    /// Rewrites a text; `None` where the expression matches nothing.
    fn apply(&self, subject: &[u8], limit: usize) -> Result<Option<Vec<u8>>, TransformError> {
        let Some(captures) = self.regex.captures(subject) else { return Ok(None) };
        // The whole match is a group that every match has.
        let Some(found) = captures.get(0) else { return Ok(None) };
        let behind = &subject[found.end()..];
        let behind = match memchr::memchr(b'?', behind) {
            Some(query) if self.query => &behind[..query],
            _ => behind,
        };
        let mut result = subject[..found.start()].to_vec();
        for part in &self.replacement {
            result.extend_from_slice(part.text(&captures)?);
            if result.len() > limit {
                return Err(TransformError::BufferTooSmall);
            }
        }
        result.extend_from_slice(behind);
        if result.len() > limit { Err(TransformError::BufferTooSmall) } else { Ok(Some(result)) }
    }
}

/// Reads a replacement. A dollar sign without a number stands for itself.
fn parts(replacement: &str) -> Box<[Part]> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = replacement;
    while let Some((before, behind)) = rest.split_once('$') {
        text.push_str(before);
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let (number, behind) = behind.split_at(digits);
        if number.is_empty() {
            text.push('$');
        } else {
            parts.push(Part::Text(std::mem::take(&mut text).into_bytes().into()));
            parts.push(Part::Group(number.parse().unwrap_or(usize::MAX)));
        }
        rest = behind;
    }
    text.push_str(rest);
    parts.push(Part::Text(text.into_bytes().into()));
    parts.into()
}

// === impl Part ===

impl Part {
    /// Returns what takes the place of the part. A group that took no part in the match is empty.
    fn text<'a>(&'a self, captures: &Captures<'a>) -> Result<&'a [u8], TransformError> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Group(number) if *number < captures.len() => {
                Ok(captures.get(*number).map_or(&[], |group| group.as_bytes()))
            }
            Self::Group(_) => Err(TransformError::ReplaceError),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rewrite(regex: &str, replace: &str) -> stack::Rewrite {
        stack::Rewrite { regex: regex.into(), replace: replace.into() }
    }

    fn url(regex: &str, replace: &str, target: &str) -> Result<Option<String>, TransformError> {
        let transforms = stack::Transforms { url: Some(rewrite(regex, replace)), host: None };
        let transformed = Transforms::compile(&transforms).unwrap().apply(b"h", target.as_bytes());
        transformed.map(|it| it.target.map(|target| String::from_utf8(target).unwrap()))
    }

    fn host(regex: &str, replace: &str, host: &str) -> Result<Option<String>, TransformError> {
        let transforms = stack::Transforms { url: None, host: Some(rewrite(regex, replace)) };
        let transformed = Transforms::compile(&transforms).unwrap().apply(host.as_bytes(), b"/");
        transformed.map(|it| it.host.map(|host| String::from_utf8(host).unwrap()))
    }

    #[test]
    fn a_prefix_is_stripped_and_the_query_kept() {
        assert_eq!(url("^/api/(.*)$", "/$1", "/api/x?y=1"), Ok(Some("/x?y=1".into())));
        assert_eq!(
            url("^/api/v([0-9]+)/(.*)$", "/$2/v$1/", "/api/v2/x"),
            Ok(Some("/x/v2/".into()))
        );
    }

    #[test]
    fn without_a_match_nothing_changes() {
        assert_eq!(url("^/api/", "/", "/other"), Ok(None));
        assert_eq!(url("^/API/", "/", "/api/x"), Ok(None));
    }

    #[test]
    fn only_the_first_match_is_replaced() {
        assert_eq!(url("a", "b", "/a/a"), Ok(Some("/b/a".into())));
    }

    #[test]
    fn a_replacement_with_a_query_leaves_nothing_of_the_clients() {
        assert_eq!(url("^/old", "/new?x=1", "/old?y=2"), Ok(Some("/new?x=1".into())));
        assert_eq!(url("^/old([^?]*)", "/new$1?x=1", "/old/a?y=2"), Ok(Some("/new/a?x=1".into())));
        assert_eq!(
            url("^/old(.*)$", "/new?was=$1", "/old/a?y=2"),
            Ok(Some("/new?was=/a?y=2".into()))
        );
    }

    #[test]
    fn the_target_is_rewritten_as_it_was_sent() {
        assert_eq!(url("^/a%2F", "/", "/a%2Fb//c"), Ok(Some("/b//c".into())));
        assert_eq!(url("^/a/", "/", "/a%2Fb"), Ok(None));
    }

    #[test]
    fn groups_are_told_by_number_and_a_lone_dollar_is_one() {
        assert_eq!(url("^/(a)(b)?(.*)", "/$1x$2$0$/$$", "/ac"), Ok(Some("/ax/ac$/$$".into())));
        assert_eq!(url("^/(a)", "/$1$2", "/a"), Err(TransformError::ReplaceError));
        assert_eq!(
            url("^/(a)", "/$99999999999999999999999", "/a"),
            Err(TransformError::ReplaceError)
        );
    }

    #[test]
    fn a_result_that_is_no_path_is_an_error() {
        for (regex, replace) in [("^/a", "a"), ("^/a", "/ b"), ("^/a", "/\r\n"), ("^/a", "/#b")] {
            assert_eq!(url(regex, replace, "/a"), Err(TransformError::InvalidPath), "{replace:?}");
        }
        assert_eq!(url("^/a$", "", "/a"), Err(TransformError::InvalidPath));
        assert_eq!(TransformError::InvalidPath.name(), "TransformInvalidPath");
    }

    #[test]
    fn a_result_that_is_too_long_is_an_error() {
        let target = format!("/{}", "a".repeat(9000));
        assert_eq!(url("^/(.*)$", "/$1$1", &target), Err(TransformError::BufferTooSmall));
    }

    #[test]
    fn a_host_is_rewritten_whatever_its_case() {
        let regex = r"^shop-(.+)\.example\.com$";
        assert_eq!(
            host(regex, "$1.internal", "Shop-eu.EXAMPLE.com"),
            Ok(Some("eu.internal".into()))
        );
        assert_eq!(host(regex, "$1.internal", "other"), Ok(None));
    }

    #[test]
    fn a_result_that_is_no_host_is_an_error() {
        for replace in ["", "a b", "a:80", "a/b", "a\r\nb"] {
            assert_eq!(host("^h$", replace, "h"), Err(TransformError::InvalidHost), "{replace:?}");
        }
    }

    #[test]
    fn an_expression_that_cannot_be_used_is_refused() {
        for regex in ["(", "(?=a)", r"(a)\1", "(?:a{1000}){1000}"] {
            let transforms = stack::Transforms { url: Some(rewrite(regex, "/")), host: None };
            let error = Transforms::compile(&transforms).unwrap_err();
            assert!(error.to_string().contains(regex), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_comes_out_can_be_sent(replace in "[/a?$0-9 #]{0,8}", target in "/[a-c?=]{0,12}") {
            if let Ok(Some(target)) = url("(a)(b*)", &replace, &target) {
                prop_assert!(target.starts_with('/') && !target.contains([' ', '#']));
            }
        }
    }
}
