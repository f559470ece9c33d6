//! Any rules and any request: the compiled rules agree with their definition, what they rewrite can
//! be sent, and what they tell fits into a header.
//!
//! An input is text, so that seeds can be read and written by hand. Each line is made of words: the
//! first says what it adds, to the request or to the rule begun last; what makes no sense is left
//! out.
//!
//! ```text
//! request GET app.example.com /a/../b version=v1 127.0.0.1
//! field X-A one
//! rule 10
//! path /a* /b
//! query version v?
//! ```
//!
//! `cargo +nightly fuzz run -s none rules -- -dict=fuzz/rules.dict -max_len=600`
#![no_main]

use std::{collections::HashMap, net::IpAddr};

use libfuzzer_sys::fuzz_target;
use alb::{
        Fields,
        rules::{Action, Request, Routes, definition},
    };
use stack::{
        self, Arn, Condition, FixedResponse, Listener, ListenerAttributes, ListenerProtocol,
        Patterns, QueryPattern, Rewrite, Rule, Transforms,
    };

/// A request and the rules that it meets.
struct Case<'a> {
    method: &'a [u8],
    host: &'a [u8],
    path: &'a [u8],
    query: Option<&'a [u8]>,
    source: IpAddr,
    fields: Fields,
    rules: Vec<Rule>,
}

fuzz_target!(|input: &[u8]| {
    let case = Case::read(input);
    // A rewrite's expression may be none.
    let Ok(routes) = Routes::compile(&listener(&case.rules), &HashMap::new()) else { return };
    let request = case.request();
    let choice = routes.choose(&request);
    let expected = definition::chosen(&case.rules, &request);
    assert_eq!(
        choice.as_ref().ok().map(|choice| choice.logical_id),
        expected.ok().map(|index| index.map(|index| &case.rules[index].logical_id))
    );
    let explanation = routes.explain(&request);
    let header = explanation.header();
    assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{header}");
    assert!(!explanation.to_string().is_empty());
    let Ok(choice) = choice else { return };
    assert!(matches!(choice.action, Action::FixedResponse(_)));
    if let Ok(transformed) = choice.transforms.apply(case.host, case.path) {
        let sendable = |bytes: &[u8]| bytes.iter().all(|&byte| byte > b' ' && byte != 0x7f);
        assert!(transformed.target.is_none_or(|it| it.starts_with(b"/") && sendable(&it)));
        assert!(transformed.host.is_none_or(|it| !it.is_empty() && sendable(&it)));
    }
});

impl<'a> Case<'a> {
    fn read(input: &'a [u8]) -> Self {
        let mut case = Self {
            method: b"GET",
            host: b"h",
            path: b"/",
            query: None,
            source: [127, 0, 0, 1].into(),
            fields: Fields::default(),
            rules: Vec::new(),
        };
        for line in input.split(|&byte| byte == b'\n') {
            case.line(&line.split(|&byte| byte == b' ').collect::<Vec<_>>());
        }
        case
    }

    fn line(&mut self, words: &[&'a [u8]]) {
        match words {
            [b"request", method, host, path, rest @ ..] => {
                (self.method, self.host, self.path) = (method, host, path);
                self.query = rest.first().copied().filter(|query| query != b"-");
                let source = rest.get(1).and_then(|source| text(source).parse().ok());
                self.source = source.unwrap_or(self.source);
            }
            [b"field", name, value] => self.fields.push(name, value),
            [b"rule", priority] => self.begin(text(priority).parse().unwrap_or(1)),
            [b"url", regex, replace] => self.transforms(|it| &mut it.url, regex, replace),
            [b"host-header", regex, replace] => self.transforms(|it| &mut it.host, regex, replace),
            words => {
                if let (Some(rule), Some(condition)) = (self.rules.last_mut(), condition(words)) {
                    rule.conditions.push(condition);
                }
            }
        }
    }

    fn begin(&mut self, priority: u32) {
        self.rules.push(Rule {
            logical_id: format!("Rule{}", self.rules.len()).into(),
            priority,
            conditions: Vec::new(),
            transforms: Transforms::default(),
            action: answer(),
        });
    }

    fn transforms(
        &mut self,
        which: impl Fn(&mut Transforms) -> &mut Option<Rewrite>,
        regex: &[u8],
        replace: &[u8],
    ) {
        if let Some(rule) = self.rules.last_mut() {
            let rewrite = Rewrite { regex: text(regex), replace: text(replace) };
            *which(&mut rule.transforms) = Some(rewrite);
        }
    }

    fn request(&self) -> Request<'_> {
        Request {
            method: self.method,
            host: self.host,
            path: self.path,
            query: self.query,
            fields: &self.fields,
            source: self.source,
        }
    }
}

fn condition(words: &[&[u8]]) -> Option<Condition> {
    let (kind, values) = words.split_first()?;
    let texts = |values: &[&[u8]]| values.iter().map(|value| text(value)).collect();
    Some(match (*kind, values) {
        (b"path", values) => Condition::PathPattern(Patterns::Wildcards(texts(values))),
        (b"host", values) => Condition::HostHeader(Patterns::Wildcards(texts(values))),
        (b"header", [name, values @ ..]) => {
            Condition::HttpHeader { name: text(name), patterns: Patterns::Wildcards(texts(values)) }
        }
        (b"method", values) => Condition::HttpRequestMethod(texts(values)),
        (b"query", pairs) => {
            let pair = |pair: &[&[u8]]| QueryPattern {
                key: pair.first().filter(|key| **key != b"-").map(|key| text(key)),
                value: pair.get(1).map(|value| text(value)).unwrap_or_default(),
            };
            Condition::QueryString(pairs.chunks(2).map(pair).collect())
        }
        (b"source", networks) => {
            let networks = networks.iter().filter_map(|network| text(network).parse().ok());
            Condition::SourceIp(networks.collect())
        }
        _ => return None,
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn answer() -> stack::Action {
    let body = String::new();
    stack::Action::FixedResponse(FixedResponse { status: 200, content_type: None, body })
}

fn listener(rules: &[Rule]) -> Listener {
    Listener {
        logical_id: "Listener".into(),
        arn: Arn::from("listener"),
        port: 80,
        protocol: ListenerProtocol::Http,
        attributes: ListenerAttributes::default(),
        rules: rules.to_vec(),
        default_action: answer(),
    }
}
