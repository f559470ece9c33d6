//! The list of statements, the tests that prove them, and the table that tells users of both.
//!
//! A test that proves a statement is named after it, wherever it stands; this looks for the names in
//! the sources, so that no statement is said to be proven without a test. One of several parts may have
//! several.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex::Regex;
use serde::Deserialize;

const STATEMENTS: &str = include_str!("statements.toml");
const BEGIN: &str = "<!-- begin: BLESS=1 cargo test -p local-env --test conformance table -->\n";
const END: &str = "<!-- end -->\n";

/// Of each prefix, what it is about.
type Subjects = BTreeMap<String, Subject>;
/// The tests that are named after each statement, by prefix and number.
type Tests = BTreeMap<(String, u16), Vec<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    title: String,
    sections: BTreeMap<String, String>,
    statements: BTreeMap<u16, Statement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    section: String,
    status: Status,
    says: String,
    #[serde(default)]
    note: String,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Status {
    Proven,
    Approximated,
    #[serde(rename = "not done")]
    NotDone,
}

// === impl Subject ===

impl Subject {
    /// What is said of it wrongly, given the tests that are there.
    fn mistakes(&self, prefix: &str, tests: &Tests) -> Vec<String> {
        let mut mistakes = Vec::new();
        for (number, statement) in &self.statements {
            let tests = tests.get(&(prefix.to_owned(), *number)).map_or(0, Vec::len);
            let wrong = match (statement.status, tests) {
                (Status::Proven | Status::Approximated, 0) => "no test is named after it",
                (Status::NotDone, 1..) => "it is not done, and yet it has a test",
                _ if statement.says.is_empty() => "it says nothing",
                _ if !self.sections.contains_key(&statement.section) => "its section has no name",
                _ if statement.status != Status::Proven && statement.note.is_empty() => {
                    "it has no note that says why"
                }
                _ => continue,
            };
            mistakes.push(format!("{prefix} {number}: {wrong}"));
        }
        mistakes
    }

    fn table(&self) -> String {
        let count = |status| self.statements.values().filter(|it| it.status == status).count();
        let (all, proven) = (self.statements.len(), count(Status::Proven));
        let mut text = format!("### {}\n\n", self.title);
        let approximated = count(Status::Approximated);
        let counts =
            format!("{proven} of {all} statements are proven, {approximated} approximated");
        write!(text, "{counts}.\n\n| no. | about | in AWS | here | note |\n").expect("text");
        text += "| ---: | --- | --- | --- | --- |\n";
        for (number, it) in &self.statements {
            let about = &self.sections[&it.section];
            let cells =
                [about, &it.says, it.status.word(), &it.note].map(|it| it.replace('|', "\\|"));
            writeln!(text, "| {number} | {} |", cells.join(" | ")).expect("text");
        }
        text.replace("|  |", "| |")
    }
}

// === impl Status ===

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Approximated => "approximated",
            Self::NotDone => "not done",
        }
    }
}

fn subjects() -> Subjects {
    toml::from_str(STATEMENTS).unwrap()
}

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let mut files: Vec<_> =
        files.into_iter().filter(|path| path.extension().is_some_and(|it| it == "rs")).collect();
    files.extend(folders.iter().flat_map(|folder| sources(folder)));
    files
}

fn tests() -> Tests {
    let mut tests = Tests::new();
    for path in ["src", "tests"].iter().flat_map(|folder| sources(&package().join(folder))) {
        for (prefix, number, name) in named(&fs::read_to_string(path).unwrap()) {
            tests.entry((prefix, number)).or_default().push(name);
        }
    }
    tests
}

/// The tests in a source that are named after a statement.
fn named(source: &str) -> Vec<(String, u16, String)> {
    static NAME: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^\s*(?:async )?fn (([a-z]+)_(\d{3})_\w+)").unwrap());
    let found = |it: regex::Captures<'_>| (it[2].to_owned(), it[3].parse().unwrap(), it[1].into());
    NAME.captures_iter(source).map(found).collect()
}

#[test]
fn every_statement_has_its_test_and_every_such_test_its_statement() {
    let (subjects, tests) = (subjects(), tests());
    let mut mistakes: Vec<_> =
        subjects.iter().flat_map(|(prefix, subject)| subject.mistakes(prefix, &tests)).collect();
    for ((prefix, number), names) in &tests {
        // Of other subjects there is no list yet.
        let Some(subject) = subjects.get(prefix) else { continue };
        if !subject.statements.contains_key(number) {
            mistakes.push(format!("{prefix} {number}: no statement for {}", names.join(", ")));
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn the_table_of_statements_is_up_to_date() {
    let path = package().join("../docs/fidelity.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the mark where the table begins");
    let (_, after) = rest.split_once(END).expect("the mark where the table ends");
    let tables: Vec<_> = subjects().values().map(Subject::table).collect();
    let fresh = format!("{before}{BEGIN}\n{}\n{END}{after}", tables.join("\n"));
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, fresh).unwrap();
    } else {
        assert!(fresh == text, "docs/fidelity.md is out of date: run this test with BLESS=1");
    }
}

#[test]
fn tests_are_found_by_their_names() {
    let source =
        "#[tokio::test]\nasync fn alb_001_one() {}\n  fn ecs_012_two_words() {}\nfn alb_1() {}";
    let found = named(source);
    let expected = [("alb", 1, "alb_001_one"), ("ecs", 12, "ecs_012_two_words")];
    let expected = expected.map(|(prefix, number, name)| (prefix.into(), number, name.into()));
    assert_eq!(found, expected);
}

#[test]
fn a_statement_without_a_test_is_told_and_so_is_a_test_of_what_is_not_done() {
    let list = r#"
        title = "Load balancer"
        sections = { 1 = "one" }
        [statements]
        1 = { section = "1", status = "proven", says = "a" }
        2 = { section = "1", status = "proven", says = "b" }
        3 = { section = "1", status = "not done", says = "c", note = "why" }
    "#;
    let subject: Subject = toml::from_str(list).unwrap();
    let named = |number| (("alb".to_owned(), number), vec![format!("alb_00{number}_a")]);
    let mistakes = subject.mistakes("alb", &Tests::from([named(1), named(3)]));
    assert_eq!(
        mistakes,
        ["alb 2: no test is named after it", "alb 3: it is not done, and yet it has a test"]
    );
}
