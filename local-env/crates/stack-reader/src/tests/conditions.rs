//! Conditions of rules.

use super::*;
use stack::QueryPattern;

const CONDITION: &str = "{Field: path-pattern, Values: [/a, /a/*]}";

fn conditions(given: &str) -> Vec<Condition> {
    rule(&changed(CONDITION, given)).conditions
}

fn wildcards(values: &[&str]) -> Patterns {
    Patterns::Wildcards(values.iter().copied().map(String::from).collect())
}

fn regexes(values: &[&str]) -> Patterns {
    Patterns::Regexes(values.iter().copied().map(String::from).collect())
}

#[track_caller]
fn each_condition_is_told(changes: &[(&str, &str)]) {
    let changes: Vec<_> =
        changes.iter().map(|(given, expected)| (CONDITION, *given, *expected)).collect();
    each_is_told("Rule", &changes);
}

#[test]
fn alb_123_the_short_form_and_the_long_one_mean_the_same() {
    for (short, long, expected) in [
        (
            "{Field: path-pattern, Values: [/a]}",
            "{Field: path-pattern, PathPatternConfig: {Values: [/a]}}",
            Condition::PathPattern(wildcards(&["/a"])),
        ),
        (
            "{Field: host-header, Values: ['*.a.example']}",
            "{Field: host-header, HostHeaderConfig: {Values: ['*.a.example']}}",
            Condition::HostHeader(wildcards(&["*.a.example"])),
        ),
        (
            "{Field: path-pattern, RegexValues: ['^/a$']}",
            "{Field: path-pattern, PathPatternConfig: {RegexValues: ['^/a$']}}",
            Condition::PathPattern(regexes(&["^/a$"])),
        ),
        (
            "{Field: http-header, RegexValues: [a], HttpHeaderConfig: {HttpHeaderName: X}}",
            "{Field: http-header, HttpHeaderConfig: {HttpHeaderName: X, RegexValues: [a]}}",
            Condition::HttpHeader { name: "X".into(), patterns: regexes(&["a"]) },
        ),
    ] {
        let expected = [expected];
        assert_eq!(conditions(short), expected);
        assert_eq!(conditions(long), expected);
    }
}

#[test]
fn all_conditions_are_read() {
    let header = |value: &str| Condition::HttpHeader {
        name: "X-Kind".into(),
        patterns: wildcards(&[value]),
    };
    let pair = |key: Option<&str>, value: &str| QueryPattern {
        key: key.map(String::from),
        value: value.into(),
    };
    let config = "{Field: http-header, HttpHeaderConfig: {HttpHeaderName: X-Kind, Values: ";
    assert_eq!(
        conditions(&format!("{config}['a b*']}}}}, {config}[c]}}}}")),
        [header("a b*"), header("c")]
    );
    assert_eq!(
        conditions(
            "{Field: query-string, QueryStringConfig: {Values: [{Key: a, Value: b}, {Value: 'c*'}]}}"
        ),
        [Condition::QueryString(vec![pair(Some("a"), "b"), pair(None, "c*")])]
    );
    assert_eq!(
        conditions(
            "{Field: http-request-method, HttpRequestMethodConfig: {Values: [GET, M-SEARCH]}}, \
             {Field: source-ip, SourceIpConfig: {Values: [10.1.2.3/8, '2001:db8::/32']}}"
        ),
        [
            Condition::HttpRequestMethod(vec!["GET".into(), "M-SEARCH".into()]),
            Condition::SourceIp(vec![
                "10.0.0.0/8".parse().unwrap(),
                "2001:db8::/32".parse().unwrap()
            ]),
        ]
    );
}

#[test]
fn alb_037_a_rule_has_at_most_five_values() {
    let methods = "{Field: http-request-method, HttpRequestMethodConfig: {Values: [A, B]}}";
    let paths = |paths: &str| format!("{methods}, {{Field: path-pattern, Values: [{paths}]}}");
    each_condition_is_told(&[
        ("{Field: path-pattern, Values: [/1, /2, /3, /4, /5, /6]}", "`@.Conditions` has 6 values"),
        (&paths("/1, /2, /3, /4"), "`@.Conditions` has 6 values"),
        ("{Field: path-pattern, RegexValues: [a, b, c, d, e, f]}", "`@.Conditions` has 6 values"),
    ]);
    assert_eq!(conditions(&paths("/1, /2, /3")).len(), 2);
}

#[test]
fn a_rule_has_at_most_six_wildcards() {
    let query = |value: &str| {
        format!(
            "{{Field: path-pattern, Values: ['/*/*/*', '/*/?']}}, \
             {{Field: query-string, QueryStringConfig: {{Values: [{{Key: '*', Value: '{value}'}}]}}}}"
        )
    };
    each_condition_is_told(&[
        ("{Field: path-pattern, Values: ['/*/*/*/*', '/*/*/?']}", "`@.Conditions` has 7 wildcards"),
        (&query("?"), "`@.Conditions` has 7 wildcards"),
    ]);
    conditions(&query("\\*\\?"));
    conditions("{Field: path-pattern, RegexValues: ['.*.*.*.*.*.*.*.*']}");
}

#[test]
fn some_conditions_come_once_in_a_rule() {
    for (kind, given) in [
        ("path-pattern", "Values: [/a]"),
        ("host-header", "Values: [a.example]"),
        ("http-request-method", "HttpRequestMethodConfig: {Values: [GET]}"),
        ("source-ip", "SourceIpConfig: {Values: [10.0.0.0/8]}"),
    ] {
        let one = format!("{{Field: {kind}, {given}}}");
        let expected = format!("`@.Conditions` has more than one condition on `{kind}`");
        each_condition_is_told(&[(&format!("{one}, {one}"), &expected)]);
    }
}

#[test]
fn paths_are_checked() {
    let values = |values: &str| format!("{{Field: path-pattern, Values: [{values}]}}");
    let value = "`@.Conditions[0].Values[0]`";
    each_condition_is_told(&[
        (&values("/a b"), &format!("{value} is `/a b`, with a ` `")),
        (&values("/%20"), &format!("{value} is `/%20`, with a `%`")),
        (&values("''"), &format!("{value} has 0 characters")),
        (&values(&"x".repeat(129)), &format!("{value} has 129 characters")),
        (&values(""), "`@.Conditions[0].Values` is empty"),
        ("{Field: path-pattern}", "`@.Conditions[0].PathPatternConfig.Values` is absent"),
        (
            "{Field: path-pattern, Values: [/a], PathPatternConfig: {Values: [/a]}}",
            "`@.Conditions[0].Values` stands beside `PathPatternConfig`",
        ),
        (
            "{Field: path-pattern, Values: [/a], RegexValues: [/a]}",
            "`@.Conditions[0].RegexValues` stands beside `Values`",
        ),
        (
            "{Field: path-patern, Values: [/a]}",
            "`@.Conditions[0].Field` is `path-patern`, which is no condition",
        ),
        (
            "{Field: cookie, Values: [a]}",
            "`@.Conditions[0].Field` asks for conditions of the kind `cookie`, which is not emulated",
        ),
    ]);
}

#[test]
fn hosts_are_checked() {
    let values = |value: &str| format!("{{Field: host-header, Values: ['{value}']}}");
    let value = "`@.Conditions[0].Values[0]`";
    each_condition_is_told(&[
        (&values("localhost"), &format!("{value} is `localhost`")),
        (&values("127.0.0.1"), &format!("{value} is `127.0.0.1`")),
        (&values("a.example:80"), &format!("{value} is `a.example:80`, with a `:`")),
        (&values("a.exampl*"), &format!("{value} is `a.exampl*`")),
    ]);
}

#[test]
fn headers_and_methods_are_checked() {
    let header = |name: &str, value: &str| {
        format!(
            "{{Field: http-header, HttpHeaderConfig: {{HttpHeaderName: '{name}', Values: [{value}]}}}}"
        )
    };
    let method = |value: &str| {
        format!("{{Field: http-request-method, HttpRequestMethodConfig: {{Values: [{value}]}}}}")
    };
    let config = "`@.Conditions[0].HttpHeaderConfig";
    let methods = "`@.Conditions[0].HttpRequestMethodConfig.Values[0]`";
    each_condition_is_told(&[
        (&header("hOST", "a"), &format!("{config}.HttpHeaderName` is `hOST`")),
        (&header("X-*", "a"), &format!("{config}.HttpHeaderName` is `X-*`, with a `*`")),
        (&header(&"x".repeat(41), "a"), &format!("{config}.HttpHeaderName` has 41 characters")),
        (&header("X", "ä"), &format!("{config}.Values[0]` is `ä`, with a `ä`")),
        (&header("X", &"x".repeat(129)), &format!("{config}.Values[0]` has 129 characters")),
        (&method("get"), &format!("{methods} is `get`, with a `g`")),
        (&method("'G*'"), &format!("{methods} is `G*`, with a `*`")),
        (&method(&"A".repeat(41)), &format!("{methods} has 41 characters")),
        ("{Field: http-header}", "`@.Conditions[0].HttpHeaderConfig` is absent"),
        (
            "{Field: http-request-method, Values: [GET]}",
            "`@.Conditions[0].HttpRequestMethodConfig` is absent",
        ),
    ]);
}

#[test]
fn queries_and_addresses_are_checked() {
    let query =
        |pair: &str| format!("{{Field: query-string, QueryStringConfig: {{Values: [{pair}]}}}}");
    let source =
        |range: &str| format!("{{Field: source-ip, SourceIpConfig: {{Values: ['{range}']}}}}");
    let pairs = "`@.Conditions[0].QueryStringConfig.Values[0]";
    let ranges = "`@.Conditions[0].SourceIpConfig.Values[0]`";
    let long = "x".repeat(129);
    each_condition_is_told(&[
        (&query("{Key: a}"), &format!("{pairs}.Value` is absent")),
        (&query("a=b"), &format!("{pairs}` must be a mapping, and is a text")),
        (
            &query(&format!("{{Key: {long}, Value: a}}")),
            &format!("{pairs}.Key` has 129 characters"),
        ),
        (&query(&format!("{{Value: {long}}}")), &format!("{pairs}.Value` has 129 characters")),
        (&source("10.0.0.1"), &format!("{ranges} is `10.0.0.1`")),
        (&source("10.0.0.0/33"), &format!("{ranges} is `10.0.0.0/33`")),
        (&source("255.255.255.255/32"), &format!("{ranges} is `255.255.255.255/32`")),
    ]);
}

#[test]
fn alb_057_a_regular_expression_is_of_awss_dialect() {
    for foreign in [
        r"\p{L}",
        r"a\PL",
        r"[a\p{Greek}]",
        r"a(?=b)",
        r"a(?!b)",
        r"(?<=a)b",
        r"(?<!a)b",
        r"(a)\1",
        r"(?>a)",
        r"a++",
        r"a*+",
        r"(a|b)?+",
        r"(?R)",
        r"(?1)",
        r"(",
        r"[z-a]",
        r"a{9999}{9999}",
        r"(?u)\p{L}",
    ] {
        for (field, config) in
            [("path-pattern", "PathPatternConfig"), ("host-header", "HostHeaderConfig")]
        {
            each_condition_is_told(&[(
                &format!("{{Field: {field}, {config}: {{RegexValues: ['{foreign}']}}}}"),
                &format!(
                    "`@.Conditions[0].{config}.RegexValues[0]` is `{foreign}`, which AWS does not take as a regular expression"
                ),
            )]);
        }
    }
    for fine in [r"^\/api\/v[0-9]+\/", r"(a+)+", r"a+?", r"\\p{1}", r"[[:alpha:]]", r"\x{41}+"] {
        assert_eq!(
            conditions(&format!("{{Field: path-pattern, RegexValues: ['{fine}']}}")),
            [Condition::PathPattern(regexes(&[fine]))]
        );
    }
    each_condition_is_told(&[(
        &format!("{{Field: path-pattern, RegexValues: [{}]}}", "a".repeat(129)),
        "`@.Conditions[0].RegexValues[0]` has 129 characters",
    )]);
}

#[test]
fn what_is_wrong_with_a_regular_expression_is_told_with_its_place() {
    use miette::Diagnostic as _;

    let error = read(CONDITION, "{Field: path-pattern, RegexValues: ['ab(?=c)']}").unwrap_err();
    let help = error.problems()[0].help().map(|help| help.to_string()).unwrap_or_default();
    assert!(help.starts_with("look-around"), "{help}");
    assert!(help.ends_with(", at character 3"), "{help}");
}
