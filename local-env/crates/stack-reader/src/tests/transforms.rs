//! Transforms of rules.

use super::*;
use stack::{Rewrite, Transforms};

const PRIORITY: &str = "Priority: 10";

fn given(transforms: &str) -> String {
    format!("Priority: 10\n      Transforms: [{transforms}]")
}

fn url(rewrites: &str) -> String {
    format!("{{Type: url-rewrite, UrlRewriteConfig: {{Rewrites: [{rewrites}]}}}}")
}

fn host(rewrites: &str) -> String {
    format!("{{Type: host-header-rewrite, HostHeaderRewriteConfig: {{Rewrites: [{rewrites}]}}}}")
}

#[test]
fn transforms_are_read() {
    let rewrite =
        |regex: &str, replace: &str| Some(Rewrite { regex: regex.into(), replace: replace.into() });
    let transforms = |text: &str| rule(&changed(PRIORITY, &given(text))).transforms;
    let to_url = url(r"{Regex: '^/api/(.*)$', Replace: '/$1'}");
    let to_host = host(r"{Regex: '^a\.(.+)$', Replace: '$1'}");
    assert_eq!(
        transforms(&format!("{to_host}, {to_url}")),
        Transforms { url: rewrite("^/api/(.*)$", "/$1"), host: rewrite(r"^a\.(.+)$", "$1") }
    );
    assert_eq!(
        transforms(&url("{Regex: a, Replace: ''}")),
        Transforms { url: rewrite("a", ""), host: None }
    );
    assert_eq!(transforms(""), Transforms::default());
}

#[test]
fn transforms_are_checked() {
    let one = url("{Regex: a, Replace: b}");
    let entry = "{Regex: a, Replace: b}";
    let rewrites = "`@.Transforms[0].UrlRewriteConfig.Rewrites";
    let long = "x".repeat(1025);
    let changes = [
        (format!("{one}, {one}"), "`@.Transforms[1].Type` is `url-rewrite` again".to_owned()),
        ("{}".into(), "`@.Transforms[0].Type` is absent".into()),
        (
            "{Type: rewrite}".into(),
            "`@.Transforms[0].Type` is `rewrite`, which is no transform".into(),
        ),
        ("{Type: url-rewrite}".into(), "`@.Transforms[0].UrlRewriteConfig` is absent".into()),
        (url(""), format!("{rewrites}` has 0 entries")),
        (url(&format!("{entry}, {entry}")), format!("{rewrites}` has 2 entries")),
        (url("{Regex: a}"), format!("{rewrites}[0].Replace` is absent")),
        (
            url(r"{Regex: 'a(?=b)', Replace: b}"),
            format!(
                "{rewrites}[0].Regex` is `a(?=b)`, which AWS does not take as a regular expression"
            ),
        ),
        (
            url(&format!("{{Regex: {long}, Replace: b}}")),
            format!("{rewrites}[0].Regex` has 1025 characters"),
        ),
        (
            url(&format!("{{Regex: a, Replace: {long}}}")),
            format!("{rewrites}[0].Replace` has 1025 characters"),
        ),
    ];
    for (transforms, expected) in changes {
        each_is_told("Rule", &[(PRIORITY, &given(&transforms), &expected)]);
    }
}

#[test]
fn a_default_action_has_no_transforms() {
    let transforms = format!("Transforms: [{}]\n      {HTTP}", url("{Regex: a, Replace: b}"));
    assert_eq!(
        problem(read(HTTP, &transforms)),
        "`Resources.Http.Properties.Transforms` stands at a listener"
    );
}
