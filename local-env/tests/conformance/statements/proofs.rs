//! Finds the tests that are named after statements, and tells from where they stand how they prove them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex::{Captures, Regex};

/// What is named after each statement, by prefix and number.
pub type Proofs = BTreeMap<(String, u16), Vec<Proof>>;

/// A function that is named after a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub name: String,
    pub way: Way,
    pub is_ignored: bool,
    is_test: bool,
    /// Whether it can wait, as what uses a socket does.
    is_async: bool,
    /// The file in which it stands, below the package.
    path: PathBuf,
}

/// How a test proves a statement, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Over real sockets, as a client or a target sees it.
    Wire,
    /// By asking what decides, without a socket.
    Decision,
    /// By what is understood of a template or of the files beside it, or refused in them.
    Reader,
}

/// A function's attributes, and its name if that is a statement's.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?mx)
        ^(?<before> (?:[\ \t]* (?:\#\[.*|//.*) \n)*)
        [\ \t]* (?<async> async\ )? fn\ (?<name> (?<prefix> [a-z]+)_(?<number> \d{3})_\w+)";
    Regex::new(pattern).expect("a regular expression")
});
static TEST: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^\s*#\[(tokio::)?test(\(.*)?\]$").expect("likewise"));
static IGNORED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^\s*#\[ignore\b").expect("likewise"));

/// Of the parts of a path, those that say that what is below is about reading.
const READERS: [&str; 5] = ["cloudformation", "stack", "stack-reader", "project", "reading"];
/// The folders of tests over sockets.
const WIRES: [&str; 3] = ["conformance", "integration", "containers"];
/// Within them, what asks what decides without a socket.
const DECISIONS: &str = "deciding";

/// All that is named after a statement in the sources of a package and of the crates in it.
pub fn find(package: &Path) -> Proofs {
    let mut proofs = Proofs::new();
    for path in sources(package) {
        let source = fs::read_to_string(&path).expect("a source");
        if NAMED.is_match(&source) && is_compiled(&path) {
            let below = path.strip_prefix(package).expect("a path below the package");
            read(below, &source, &mut proofs);
        }
    }
    proofs
}

/// Whether a source is the root of a crate or a module of one.
fn is_compiled(path: &Path) -> bool {
    let (Some(stem), Some(folder)) = (path.file_stem(), path.parent()) else { return false };
    let (module, folder) = match (stem.to_str(), folder.file_name(), folder.parent()) {
        (Some("lib" | "main"), ..) => return true,
        (Some("mod"), Some(name), Some(above)) => (name, above),
        _ => (stem, folder),
    };
    let module = regex::escape(&module.to_string_lossy());
    let declares =
        Regex::new(&format!(r"(?m)^\s*(pub(\(.*\))? )?mod {module};$")).expect("likewise");
    let parents = ["lib.rs", "main.rs", "mod.rs"].map(|name| folder.join(name));
    parents.into_iter().chain([folder.with_extension("rs")]).any(|parent| {
        fs::read_to_string(&parent).is_ok_and(|it| declares.is_match(&it)) && is_compiled(&parent)
    })
}

/// What is named after a statement in one source.
pub fn read(path: &Path, source: &str, proofs: &mut Proofs) {
    for found in NAMED.captures_iter(source) {
        let number = found["number"].parse().expect("three digits");
        let proof = Proof::new(path, &found);
        proofs.entry((found["prefix"].to_owned(), number)).or_default().push(proof);
    }
}

/// Every Rust file below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("it").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_source = |path: &PathBuf| path.extension().is_some_and(|it| it == "rs");
    let mut files: Vec<_> = files.into_iter().filter(is_source).collect();
    files.extend(folders.iter().flat_map(|folder| sources(folder)));
    files.sort();
    files
}

// === impl Proof ===

impl Proof {
    fn new(path: &Path, found: &Captures<'_>) -> Self {
        let before = &found["before"];
        Self {
            name: found["name"].to_owned(),
            way: Way::of(path),
            is_test: TEST.is_match(before),
            is_ignored: IGNORED.is_match(before),
            is_async: found.name("async").is_some(),
            path: path.to_owned(),
        }
    }

    /// Why it proves nothing, or not in the way that its place promises.
    pub fn mistake(&self) -> Option<String> {
        let wrong = match self {
            Self { is_test: false, .. } => "has no attribute that makes it a test",
            Self { way: Way::Wire, is_async: false, .. } => {
                "stands among tests over sockets and opens none; move it to `reading` or `deciding`"
            }
            _ => return None,
        };
        Some(format!("{}: {} {wrong}", self.path.display(), self.name))
    }
}

// === impl Way ===

impl Way {
    /// How a test in this file proves something.
    fn of(path: &Path) -> Self {
        let parts: Vec<_> = path.components().filter_map(|it| it.as_os_str().to_str()).collect();
        let among = |names: &[&str]| parts.iter().any(|part| names.contains(part));
        if among(&READERS) {
            Self::Reader
        } else if among(&WIRES) && !among(&[DECISIONS]) {
            Self::Wire
        } else {
            Self::Decision
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Wire => "on the wire",
            Self::Decision => "by what decides",
            Self::Reader => "by the reader",
        }
    }
}

/// Each proof of a source by its name, with whether it is a test, ignored, and how it proves.
fn told(path: &str, source: &str) -> Vec<(String, bool, bool, Way)> {
    let mut proofs = Proofs::new();
    read(Path::new(path), source, &mut proofs);
    let all = proofs.into_values().flatten();
    all.map(|it| (it.name, it.is_test, it.is_ignored, it.way)).collect()
}

#[test]
fn tests_are_found_by_their_names_with_their_attributes() {
    let source = [
        "#[tokio::test(flavor = \"multi_thread\")]\nasync fn alb_001_one() {}",
        "  #[test]\n  #[ignore = \"why\"]\n  fn alb_002_two_words() {}",
        "#[test]\n// Why.\nfn alb_003_three() {}",
        "#[test]\nfn another() {}\nfn alb_004_four() {}",
        "#[cfg(test)]\nfn alb_005_five() {}",
        "// #[test]\nfn alb_006_six() {}",
        "#[test]\n// fn alb_007_seven() {}\nfn alb_8() {}",
    ];
    let found = told("src/alb/x.rs", &source.join("\n"));
    let expected = [
        ("alb_001_one", true, false),
        ("alb_002_two_words", true, true),
        ("alb_003_three", true, false),
        ("alb_004_four", false, false),
        ("alb_005_five", false, false),
        ("alb_006_six", false, false),
    ];
    let expected =
        expected.map(|(name, test, ignored)| (name.to_owned(), test, ignored, Way::Decision));
    assert_eq!(found, expected);
}

#[test]
fn a_source_that_no_module_names_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("src/a")).unwrap();
    for (name, source) in [
        ("src/lib.rs", "pub(crate) mod a;\n"),
        ("src/a.rs", "mod b;\n"),
        ("src/a/b.rs", "#[test]\nfn alb_001_one() {}\n"),
        ("src/a/c.rs", "#[test]\nfn alb_002_two() {}\n"),
    ] {
        fs::write(at(name), source).unwrap();
    }
    let found: Vec<_> = find(folder.path()).into_keys().collect();
    assert_eq!(found, [("alb".to_owned(), 1)]);
}

#[test]
fn where_a_test_stands_tells_how_it_proves() {
    for (path, expected) in [
        ("tests/conformance/rules.rs", Way::Wire),
        ("tests/integration/dns.rs", Way::Wire),
        ("tests/conformance/reading/task_definitions.rs", Way::Reader),
        ("tests/conformance/deciding/checks.rs", Way::Decision),
        ("src/stack/read/tests/rules.rs", Way::Reader),
        ("crates/stack-reader/src/tests/rules.rs", Way::Reader),
        ("crates/alb/src/targets/eligible.rs", Way::Decision),
        ("src/ecs/scheduler/tests.rs", Way::Decision),
    ] {
        let source = "#[test]\nfn alb_001_one() {}";
        assert_eq!(
            told(path, source),
            [("alb_001_one".to_owned(), true, false, expected)],
            "{path}"
        );
    }
}

#[test]
fn a_test_that_cannot_wait_is_not_on_the_wire() {
    let mut proofs = Proofs::new();
    let source = "#[test]\nfn alb_001_one() {}\n#[tokio::test]\nasync fn alb_001_two() {}\n";
    read(Path::new("tests/conformance/rules.rs"), source, &mut proofs);
    let told: Vec<_> = proofs.into_values().flatten().filter_map(|it| it.mistake()).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("tests/conformance/rules.rs: alb_001_one stands among"),
        "{told:?}"
    );
}
