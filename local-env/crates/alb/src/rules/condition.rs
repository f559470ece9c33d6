//! A rule's conditions, compiled: each holds when any of its values matches (alb §2.1 to §2.5).

use ipnet::IpNet;
use regex::bytes::{Regex, RegexBuilder};

use super::{
    error::RouteError,
    request::Request,
    wildcard::{Case, Wildcard},
};
use stack::{self, QueryPattern};

#[derive(Clone, Debug)]
pub(super) enum Condition {
    Path(Patterns),
    Host(Patterns),
    Header { name: Box<[u8]>, patterns: Patterns },
    Method(Box<[Box<[u8]>]>),
    Query(Box<[Pair]>),
    Source(Box<[IpNet]>),
}

#[derive(Clone, Debug)]
pub(super) enum Patterns {
    Wildcards(Box<[Wildcard]>),
    Regexes(Box<[Regex]>),
}

#[derive(Clone, Debug)]
pub(super) struct Pair {
    key: Option<Wildcard>,
    value: Wildcard,
}

/// Compiles a regular expression as ALB has it: bytes, searched for anywhere (alb §2.5).
pub(super) fn regex(expression: &str, case: Case) -> Result<Regex, RouteError> {
    RegexBuilder::new(expression)
        .unicode(false)
        .case_insensitive(case == Case::Ignored)
        .build()
        .map_err(|error| RouteError::Regex(expression.to_owned(), error))
}

// === impl Condition ===

impl Condition {
    pub(super) fn compile(condition: &stack::Condition) -> Result<Self, RouteError> {
        Ok(match condition {
            stack::Condition::PathPattern(patterns) => {
                Self::Path(Patterns::compile(patterns, Case::Matters)?)
            }
            stack::Condition::HostHeader(patterns) => {
                Self::Host(Patterns::compile(patterns, Case::Ignored)?)
            }
            stack::Condition::HttpHeader { name, patterns } => Self::Header {
                name: name.as_bytes().into(),
                patterns: Patterns::compile(patterns, Case::Ignored)?,
            },
            stack::Condition::HttpRequestMethod(methods) => {
                Self::Method(methods.iter().map(|method| method.as_bytes().into()).collect())
            }
            stack::Condition::QueryString(pairs) => {
                Self::Query(pairs.iter().map(Pair::compile).collect())
            }
            stack::Condition::SourceIp(networks) => Self::Source(networks.as_slice().into()),
        })
    }

    /// Returns whether it holds for a request whose path is `path` once it is normalised.
    #[inline]
    pub(super) fn holds(&self, request: &Request<'_>, path: &[u8]) -> bool {
        match self {
            Self::Path(patterns) => patterns.match_any(path),
            Self::Host(patterns) => patterns.match_any(request.host),
            Self::Header { name, patterns } => {
                request.fields.named(name).any(|value| patterns.match_any(value))
            }
            Self::Method(methods) => methods.iter().any(|method| **method == *request.method),
            Self::Query(wanted) => {
                pairs(request.query).any(|(key, value)| wanted.iter().any(|it| it.is(key, value)))
            }
            // A socket for both families calls an IPv4 peer `::ffff:a.b.c.d`.
            Self::Source(networks) => {
                let peer = request.source.to_canonical();
                networks.iter().any(|network| network.contains(&peer))
            }
        }
    }
}

/// Returns a query's pairs as they were sent, which is how they are compared (alb §2.4).
pub(super) fn pairs(query: Option<&[u8]>) -> impl Iterator<Item = (&[u8], &[u8])> {
    let pairs = query.unwrap_or_default().split(|&byte| byte == b'&');
    pairs.filter(|pair| !pair.is_empty()).map(|pair| match memchr::memchr(b'=', pair) {
        Some(equals) => (&pair[..equals], &pair[equals + 1..]),
        None => (pair, &[][..]),
    })
}

// === impl Patterns ===

impl Patterns {
    fn compile(patterns: &stack::Patterns, case: Case) -> Result<Self, RouteError> {
        Ok(match patterns {
            stack::Patterns::Wildcards(values) => {
                Self::Wildcards(values.iter().map(|value| Wildcard::new(value, case)).collect())
            }
            stack::Patterns::Regexes(values) => Self::Regexes(
                values.iter().map(|value| regex(value, case)).collect::<Result<_, _>>()?,
            ),
        })
    }

    #[inline]
    fn match_any(&self, value: &[u8]) -> bool {
        match self {
            Self::Wildcards(patterns) => patterns.iter().any(|pattern| pattern.covers(value)),
            Self::Regexes(patterns) => patterns.iter().any(|pattern| pattern.is_match(value)),
        }
    }
}

// === impl Pair ===

impl Pair {
    fn compile(pattern: &QueryPattern) -> Self {
        let compile = |text: &String| Wildcard::with_escapes(text, Case::Ignored);
        Self { key: pattern.key.as_ref().map(compile), value: compile(&pattern.value) }
    }

    fn is(&self, key: &[u8], value: &[u8]) -> bool {
        self.key.as_ref().is_none_or(|pattern| pattern.covers(key)) && self.value.covers(value)
    }
}
