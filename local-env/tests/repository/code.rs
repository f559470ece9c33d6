//! What the crates' modules name of one another, read from their sources.
//!
//! Modules are found by their `mod` lines from each crate's root on, and what is compiled for tests
//! alone is left out. A name that a module has from elsewhere by a `use` line leads to where it comes
//! from, so that what a parent exports again hides nobody behind it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::LazyLock,
};

use regex::{Captures, Regex};

use super::{line, regex, root};

static LITERAL: LazyLock<Regex> = LazyLock::new(|| {
    let texts = r###"r##".*?"##|r#".*?"#|r"[^"]*"|"(?:\\.|[^"\\])*"|'(?:\\[^']+|[^'\\])'"###;
    regex(&format!(r"(?s)//[^\n]*|/\*.*?\*/|{texts}"))
});
static MODULE: LazyLock<Regex> = LazyLock::new(|| regex(r"(?m)^(?:pub(?:\([^)]*\))? )?mod (\w+);"));
static TESTS: LazyLock<Regex> = LazyLock::new(|| regex(r"^#\[cfg\((?:any\(|all\()?test\b"));
static USE: LazyLock<Regex> = LazyLock::new(|| regex(r"\buse\s+([^;]+);"));
static NAME: LazyLock<Regex> = LazyLock::new(|| regex(r"\.elapsed\(\)|\b[a-zA-Z_]\w*(?:::\w+)+"));

/// The modules of some crates, by their paths: `alb::exchange::decide`.
#[derive(Default)]
pub struct Code(BTreeMap<String, Module>);

struct Module {
    file: String,
    /// Each path that it names, and the line.
    names: Vec<(String, usize)>,
    /// The paths that its `use` lines give names to.
    imports: BTreeMap<String, String>,
}

/// A module that names what another one has.
pub struct Import {
    pub from: String,
    pub to: String,
    /// The file, the line and the path that stands there.
    pub place: String,
}

// === impl Code ===

impl Code {
    /// Reads the crate with its root in a file.
    pub fn read(&mut self, module: &str, file: &Path) {
        let text = fs::read_to_string(file).unwrap();
        let name = file.strip_prefix(root()).unwrap().to_string_lossy();
        let is_root = ["lib.rs", "main.rs", "mod.rs"].iter().any(|it| file.ends_with(it));
        let folder = if is_root { file.parent().unwrap() } else { &file.with_extension("") };
        for child in self.insert(module, &name, &text) {
            let files = [format!("{child}.rs"), format!("{child}/mod.rs")];
            let file = files.iter().map(|it| folder.join(it)).find(|it| it.is_file());
            self.read(&format!("{module}::{child}"), &file.expect("a module has a file"));
        }
    }

    /// Takes up the text of a module and returns the modules that it declares.
    pub fn insert(&mut self, module: &str, file: &str, text: &str) -> Vec<String> {
        let text = without_tests(&LITERAL.replace_all(text, blank));
        self.0.insert(module.to_owned(), Module::new(file, &text));
        MODULE.captures_iter(&text).map(|it| it[1].to_owned()).collect()
    }

    pub fn has(&self, module: &str) -> bool {
        self.0.contains_key(module)
    }

    /// The names of the modules in another one.
    pub fn inside(&self, module: &str) -> BTreeSet<&str> {
        let names = self.0.keys().filter_map(|it| it.strip_prefix(module)?.strip_prefix("::"));
        names.filter(|it| !it.contains("::")).collect()
    }

    /// Each path that a module or one below it names, with its place.
    pub fn names(&self, module: &str) -> impl Iterator<Item = (&str, String)> {
        let below = format!("{module}::");
        let modules = self.0.iter().filter(move |(it, _)| *it == module || it.starts_with(&below));
        modules.flat_map(|(_, it)| it.names.iter().map(|(name, line)| (&**name, it.place(*line))))
    }

    pub fn imports(&self) -> Vec<Import> {
        let imports = self.0.iter().flat_map(|(from, module)| {
            module.names.iter().filter_map(move |(name, line)| {
                let to = self.home(from, name).filter(|to| to != from)?;
                let place = format!("{}: {name}", module.place(*line));
                Some(Import { from: from.clone(), to, place })
            })
        });
        imports.collect()
    }

    /// The module that defines what a path leads to; none where that is nothing of ours.
    fn home(&self, from: &str, path: &str) -> Option<String> {
        let (mut at, mut is_first) = (from.to_owned(), true);
        let mut rest = path;
        while !rest.is_empty() {
            let (name, after) = rest.split_once("::").unwrap_or((rest, ""));
            let child = format!("{at}::{name}");
            let import = self.0[&at].imports.get(name).filter(|it| first(it) != name);
            at = match (name, import) {
                ("crate", _) => first(&at).to_owned(),
                ("super", _) => at.rsplit_once("::")?.0.to_owned(),
                ("self", _) => at,
                _ if self.has(&child) => child,
                (_, Some(import)) => {
                    let path = [import, after].join("::");
                    return self.home(&at, path.trim_end_matches("::"));
                }
                _ if is_first => self.has(name).then(|| name.to_owned())?,
                _ => return Some(at),
            };
            (is_first, rest) = (false, after);
        }
        Some(at)
    }
}

// === impl Module ===

impl Module {
    fn new(file: &str, text: &str) -> Self {
        let (mut names, mut imports) = (Vec::new(), BTreeMap::new());
        for found in USE.captures_iter(text) {
            for path in paths("", &found[1]) {
                let (path, alias) = path.split_once(" as ").unwrap_or((&path, ""));
                let path = path.trim_end_matches("::self");
                let name = if alias.is_empty() { path.rsplit("::").next().unwrap() } else { alias };
                imports.insert(name.to_owned(), path.to_owned());
                names.push((path.to_owned(), line(text, found.get(0).unwrap().start())));
            }
        }
        for found in NAME.find_iter(&USE.replace_all(text, blank)) {
            names.push((found.as_str().to_owned(), line(text, found.start())));
        }
        Self { file: file.to_owned(), names, imports }
    }

    fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.file)
    }
}

/// What was found, with nothing left but its lines.
fn blank(found: &Captures<'_>) -> String {
    found[0].replace(|it| it != '\n', " ")
}

/// Each path of a `use` tree.
fn paths(before: &str, tree: &str) -> Vec<String> {
    let Some((path, rest)) = tree.split_once('{') else {
        return vec![format!("{before}{}", tree.trim().trim_end_matches("::*"))];
    };
    let (before, mut depth) = (format!("{before}{}", path.trim()), 0);
    let branches = rest[..rest.rfind('}').unwrap()].split(|it| {
        depth += i32::from(it == '{') - i32::from(it == '}');
        it == ',' && depth == 0
    });
    branches.filter(|it| !it.trim().is_empty()).flat_map(|it| paths(&before, it)).collect()
}

/// A text as rustfmt writes it, without what `#[cfg(test)]` stands before.
fn without_tests(text: &str) -> String {
    let mut tests = None;
    let kept = text.lines().map(|line| {
        let (code, indent) = (line.trim(), line.len() - line.trim_start().len());
        if tests.is_none() && TESTS.is_match(code) {
            tests = Some(indent);
        }
        let kept = if tests.is_some() { "\n".to_owned() } else { format!("{line}\n") };
        if tests == Some(indent) && code.ends_with(['}', ';', ',']) {
            tests = None;
        }
        kept
    });
    kept.collect()
}

/// The imports between modules of one parent that lie on a way back to where it began.
pub fn circles(imports: &[Import]) -> Vec<String> {
    let (mut places, mut ways) = (BTreeMap::new(), BTreeMap::<_, BTreeSet<_>>::new());
    for it in imports {
        let Some((from, to)) = siblings(&it.from, &it.to) else { continue };
        ways.entry(from.clone()).or_default().insert(to.clone());
        places.entry((from, to)).or_insert(&it.place);
    }
    places.retain(|(from, to), _| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![to]);
        while let Some(at) = next.pop() {
            if seen.insert(at) {
                next.extend(ways.get(at).into_iter().flatten());
            }
        }
        seen.contains(from)
    });
    places.iter().map(|((from, to), place)| format!("{place}: {from} to {to}")).collect()
}

/// The first of the modules around two that differ, where neither is around the other.
fn siblings(from: &str, to: &str) -> Option<(String, String)> {
    let (from, to): (Vec<_>, Vec<_>) = (from.split("::").collect(), to.split("::").collect());
    let shared = from.iter().zip(&to).position(|(from, to)| from != to)?;
    Some((from[..=shared].join("::"), to[..=shared].join("::")))
}

fn first(path: &str) -> &str {
    path.split("::").next().unwrap_or(path)
}
