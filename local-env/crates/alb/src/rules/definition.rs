//! What the rules mean, written down slowly and obviously: what the compiled ones are tested against.
//! Regular expressions are left out, there being nothing plainer to hold them to.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Request;
use stack::{Condition, Patterns, QueryPattern, Rule};

/// The position of the first rule that takes a request; `Err` where the path climbs above the root.
#[expect(clippy::result_unit_err, reason = "there is one way to fail")]
pub fn chosen(rules: &[Rule], request: &Request<'_>) -> Result<Option<usize>, ()> {
    if request.path == b"*" {
        return Ok(None);
    }
    let path = path(request.path).ok_or(())?;
    let matches = |rule: &Rule| rule.conditions.iter().all(|it| condition(it, request, &path));
    let first = rules.iter().enumerate().filter(|(_, rule)| matches(rule));
    Ok(first.min_by_key(|(_, rule)| rule.priority).map(|(index, _)| index))
}

fn condition(condition: &Condition, request: &Request<'_>, path: &[u8]) -> bool {
    let fields = || request.fields.iter();
    match condition {
        Condition::PathPattern(patterns) => any(patterns, path, false),
        Condition::HostHeader(patterns) => any(patterns, request.host, true),
        Condition::HttpHeader { name, patterns } => fields()
            .filter(|field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .any(|field| any(patterns, field.value, true)),
        Condition::HttpRequestMethod(methods) => {
            methods.iter().any(|method| method.as_bytes() == request.method)
        }
        Condition::QueryString(wanted) => wanted.iter().any(|wanted| query(wanted, request.query)),
        Condition::SourceIp(networks) => networks.iter().any(|it| within(it, request.source)),
    }
}

fn any(patterns: &Patterns, value: &[u8], ignoring_case: bool) -> bool {
    match patterns {
        Patterns::Wildcards(patterns) => {
            patterns.iter().any(|pattern| wildcard(pattern, value, false, ignoring_case))
        }
        Patterns::Regexes(_) => unimplemented!("regular expressions have no definition here"),
    }
}

fn query(wanted: &QueryPattern, query: Option<&[u8]>) -> bool {
    let Some(query) = query else { return false };
    query.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()).any(|pair| {
        let mut parts = pair.splitn(2, |&byte| byte == b'=');
        let (key, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        wanted.key.as_ref().is_none_or(|pattern| wildcard(pattern, key, true, true))
            && wildcard(&wanted.value, value, true, true)
    })
}

/// Bit by bit.
fn within(network: &IpNet, peer: IpAddr) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, true),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => (u128::from(address.to_bits()) << 96, true),
            None => (address.to_bits(), false),
        },
    };
    let (peer, peer_is_v4) = bits(peer);
    let (base, is_v4) = match network {
        IpNet::V4(network) => (u128::from(network.network().to_bits()) << 96, true),
        IpNet::V6(network) => (network.network().to_bits(), false),
    };
    peer_is_v4 == is_v4
        && (0..network.prefix_len()).all(|bit| (peer ^ base) >> (127 - bit) & 1 == 0)
}

/// A table of which beginnings of the pattern cover which beginnings of the value.
pub(super) fn wildcard(pattern: &str, value: &[u8], escapes: bool, ignoring_case: bool) -> bool {
    let mut tokens = Vec::new();
    let mut bytes = pattern.as_bytes();
    while let [byte, rest @ ..] = bytes {
        bytes = rest;
        match (byte, rest) {
            (b'\\', [literal @ (b'*' | b'?'), rest @ ..]) if escapes => {
                bytes = rest;
                tokens.push((*literal, false));
            }
            (b'*' | b'?', _) => tokens.push((*byte, true)),
            _ => tokens.push((*byte, false)),
        }
    }
    let same =
        |one: u8, other: u8| one == other || ignoring_case && one.eq_ignore_ascii_case(&other);
    let mut row = vec![false; value.len() + 1];
    row[0] = true;
    for (token, is_wildcard) in tokens {
        let mut next = vec![false; value.len() + 1];
        for taken in 0..=value.len() {
            next[taken] = match (token, is_wildcard) {
                (b'*', true) => row[taken] || taken > 0 && next[taken - 1],
                (_, wild) => taken > 0 && row[taken - 1] && (wild || same(value[taken - 1], token)),
            };
        }
        row = next;
    }
    row[value.len()]
}

/// The path as conditions see it, by changing it until nothing is left to change.
pub(super) fn path(raw: &[u8]) -> Option<Vec<u8>> {
    let mut path = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let digits = raw.get(at + 1..at + 3).filter(|it| it.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.filter(|_| raw[at] == b'%').and_then(|it| str::from_utf8(it).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        path.push(byte.unwrap_or(raw[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    if path.first() != Some(&b'/') {
        path.insert(0, b'/');
    }
    if path.ends_with(b"/.") || path.ends_with(b"/..") {
        path.push(b'/');
    }
    let find = |path: &[u8], part: &[u8]| path.windows(part.len()).position(|it| it == part);
    while let Some(at) = find(&path, b"/./") {
        path.drain(at..at + 2);
    }
    while let Some(at) = find(&path, b"/../") {
        let parent = path[..at].iter().rposition(|&byte| byte == b'/')?;
        path.drain(parent..at + 3);
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::{collection::vec, option, prelude::*, sample::select};

    use super::{
        super::tests::{Sent, routes, rule},
        *,
    };
    use crate::head::Fields;

    fn any_condition() -> impl Strategy<Value = Condition> {
        let values = || vec("[aAb.*?/]{0,5}", 1..4);
        let patterns = || values().prop_map(Patterns::Wildcards);
        let network = select(vec!["127.0.0.0/8", "10.0.0.0/9", "::/0", "::1/128", "0.0.0.0/0"]);
        let pair = (option::of(r"[aAb*\\]{0,3}"), r"[aA=*?\\]{0,3}");
        prop_oneof![
            vec("/[ab.*?/]{0,5}", 1..4)
                .prop_map(|it| Condition::PathPattern(Patterns::Wildcards(it))),
            patterns().prop_map(Condition::HostHeader),
            (select(vec!["X-A", "x-b"]), patterns()).prop_map(|(name, patterns)| {
                Condition::HttpHeader { name: name.to_owned(), patterns }
            }),
            vec(select(vec!["GET".to_owned(), "PUT".to_owned()]), 1..3)
                .prop_map(Condition::HttpRequestMethod),
            vec(pair.prop_map(|(key, value)| QueryPattern { key, value }), 1..3)
                .prop_map(Condition::QueryString),
            vec(network.prop_map(|it| it.parse::<IpNet>().unwrap()), 1..3)
                .prop_map(Condition::SourceIp),
        ]
    }

    fn any_request() -> impl Strategy<Value = Sent> {
        let fields = vec((select(vec!["X-A", "X-B", "x-a"]), "[aAb./]{0,4}"), 0..3);
        let source = select(vec!["127.0.0.1", "10.200.0.1", "::ffff:10.1.1.1", "::1", "fe80::1"]);
        (
            select(vec!["GET", "PUT", "get"]),
            "[aAb.]{0,4}",
            "(/([ab./]|%2e|%2F|%61){0,6})|[*]",
            option::of("[aAb=&*]{0,6}"),
            fields,
            source,
        )
            .prop_map(|(method, host, path, query, fields, source)| {
                let (method, source) = (method.into(), source.parse().unwrap());
                let sent = Sent { method, host, path, query, fields: Fields::default(), source };
                fields.iter().fold(sent, |sent, (name, value)| sent.with(name, value))
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn the_choice_agrees_with_the_definition(
            conditions in vec((1_u32..50_000, vec(any_condition(), 1..3)), 0..6),
            sent in any_request(),
        ) {
            let conditions: HashMap<_, _> = conditions.into_iter().collect();
            let rules: Vec<_> = conditions.into_iter().map(|(at, all)| rule(at, all)).collect();
            let routes = routes(rules.clone());
            let taken = routes.choose(&sent.request()).map(|choice| choice.priority);
            let expected = chosen(&rules, &sent.request());
            prop_assert_eq!(
                taken.ok(),
                expected.ok().map(|index| index.map_or(0, |index| rules[index].priority))
            );
            let _ = routes.explain(&sent.request()).to_string();
        }
    }
}
