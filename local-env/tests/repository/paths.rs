//! The paths that pages name.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{line, regex, root, texts};

/// Where the path that a page names may begin: beside the page, or where the repository, the
/// emulator, its modules and its crates are. A crate's `src` is left out.
fn places(page: &Path, path: &str) -> Vec<PathBuf> {
    let (name, inside) = path.split_once('/').unwrap_or((path, ""));
    let of_crate = |folder: &str| root().join(folder).join(name).join("src").join(inside);
    let folders = ["", "local-env", "local-env/src"].map(|it| root().join(it).join(path));
    let beside = page.parent().unwrap().join(path);
    [beside].into_iter().chain(folders).chain(["", "local-env/crates"].map(of_crate)).collect()
}

/// What a page names that is nowhere, each with its line: links, and in code what looks like a path
/// to a source, or like one below a folder that is there.
fn missing(page: &Path, text: &str) -> Vec<String> {
    let is_there = |path: &str| places(page, path).iter().any(|it| it.exists());
    let (link, code) = (r"\]\(([^)#:]+)(?:#[^)]*)?\)", r"`([\w-][\w.-]*(?:/[\w.-]+)+/?)`");
    let found = regex(&format!("{link}|{code}"));
    let named = found.captures_iter(text).filter_map(|found| {
        let (path, is_link) = match (found.get(1), found.get(2)) {
            (Some(link), _) => (link, true),
            (_, code) => (code?, false),
        };
        let name = path.as_str();
        let is_source = Path::new(name).extension().is_some_and(|it| it == "rs");
        // What is built is there in some checkouts only.
        let is_built = name.starts_with("target/");
        let is_path = is_link || is_source || !is_built && is_there(name.split('/').next()?);
        let is_wrong = if is_link { !page.parent()?.join(name).exists() } else { !is_there(name) };
        (is_path && is_wrong).then(|| format!("{}: {name}", line(text, path.start())))
    });
    named.collect()
}

#[test]
fn every_path_that_a_page_names_is_there() {
    let mut found = Vec::new();
    for page in texts(root()).iter().filter(|it| it.extension().is_some_and(|it| it == "md")) {
        let name = page.strip_prefix(root()).unwrap().display();
        let missing = missing(page, &fs::read_to_string(page).unwrap());
        found.extend(missing.into_iter().map(|it| format!("{name}:{it}")));
    }
    assert!(found.is_empty(), "named, and nowhere:\n{}", found.join("\n"));
}

#[test]
fn a_path_that_is_nowhere_is_told_with_its_line() {
    let text = "`alb/rules`, `alb/rules/path.rs`, `no/such.rs`,\n`docs/no`, `text/plain`, `/alb/x`\n\
        [a](words.md#top) [b](https://x.org/y)\n[c](no.md) `local-env/tests/`";
    let page = root().join("docs/page.md");
    assert_eq!(missing(&page, text), ["1: no/such.rs", "2: docs/no", "4: no.md"]);
}
