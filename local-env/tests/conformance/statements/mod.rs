//! The list of statements, the tests that prove them, and the table that tells users of both.
//!
//! A test that proves a statement is named after it, wherever it stands; `proofs` finds it in the
//! sources, with how it proves it. So no statement is said to be proven without a test that runs. One
//! of several parts may have several.

mod proofs;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};

use serde::Deserialize;

use proofs::{Proof, Proofs};

const STATEMENTS: &str = include_str!("../statements.toml");
const BEGIN: &str = "<!-- begin: BLESS=1 cargo test -p local-env --test conformance table -->\n";
const END: &str = "<!-- end -->\n";

/// Of each prefix, what it is about.
type Subjects = BTreeMap<String, Subject>;

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
    /// Whether all that proves it is ignored unless asked for, since it needs more than this machine.
    #[serde(default)]
    ignored: bool,
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
    /// What is said of it wrongly, given the proofs that are there.
    fn mistakes(&self, prefix: &str, proofs: &Proofs) -> Vec<String> {
        let mut mistakes = Vec::new();
        for (number, statement) in &self.statements {
            let proofs = of(proofs, prefix, *number);
            let wrong = match statement.status {
                Status::NotDone if !proofs.is_empty() => "it is not done, and yet it has a test",
                Status::NotDone => "",
                _ if proofs.is_empty() => "no test is named after it",
                _ => statement.misjudges(proofs),
            };
            let unclear = match statement {
                it if it.says.is_empty() => "it says nothing",
                it if !self.sections.contains_key(&it.section) => "its section has no name",
                it if it.status != Status::Proven && it.note.is_empty() => {
                    "it has no note that says why"
                }
                _ => "",
            };
            let wrong = [wrong, unclear].into_iter().filter(|it| !it.is_empty());
            mistakes.extend(wrong.map(|wrong| format!("{prefix} {number}: {wrong}")));
            mistakes.extend(proofs.iter().filter_map(Proof::mistake));
        }
        mistakes
    }

    fn table(&self, prefix: &str, proofs: &Proofs) -> String {
        let count = |status| self.statements.values().filter(|it| it.status == status).count();
        let (all, proven) = (self.statements.len(), count(Status::Proven));
        let mut text = format!("### {}\n\n", self.title);
        let approximated = count(Status::Approximated);
        let counts =
            format!("{proven} of {all} statements are proven, {approximated} approximated");
        write!(text, "{counts}.\n\n| no. | about | in AWS | here | shown | note |\n")
            .expect("text");
        text += "| ---: | --- | --- | --- | --- | --- |\n";
        for (number, it) in &self.statements {
            let shown = ways(of(proofs, prefix, *number));
            let cells = [&self.sections[&it.section], &it.says, it.status.word(), &shown, &it.note];
            let cells = cells.map(|it| it.replace('|', "\\|"));
            writeln!(text, "| {number} | {} |", cells.join(" | ")).expect("text");
        }
        text.replace("|  |", "| |")
    }
}

/// The proofs of a statement.
fn of<'a>(proofs: &'a Proofs, prefix: &str, number: u16) -> &'a [Proof] {
    proofs.get(&(prefix.to_owned(), number)).map_or(&[], Vec::as_slice)
}

/// How a statement is proven, the strongest first.
fn ways(proofs: &[Proof]) -> String {
    let ways: BTreeSet<_> = proofs.iter().map(|proof| proof.way).collect();
    ways.iter().map(|way| way.words()).collect::<Vec<_>>().join(", ")
}

// === impl Statement ===

impl Statement {
    /// What it says wrongly of whether its tests run.
    fn misjudges(&self, proofs: &[Proof]) -> &'static str {
        match (self.ignored, proofs.iter().all(|proof| proof.is_ignored)) {
            (false, true) => "all of its tests are ignored, and it does not say so",
            (true, false) => "it says that its tests are ignored, and not all are",
            _ => "",
        }
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

#[test]
fn every_statement_has_its_test_and_every_such_test_its_statement() {
    let (subjects, proofs) = (subjects(), proofs::find(package()));
    let mut mistakes: Vec<_> =
        subjects.iter().flat_map(|(prefix, subject)| subject.mistakes(prefix, &proofs)).collect();
    for ((prefix, number), found) in &proofs {
        // Of other subjects there is no list yet.
        let Some(subject) = subjects.get(prefix) else { continue };
        if !subject.statements.contains_key(number) {
            let names: Vec<_> = found.iter().map(|proof| proof.name.as_str()).collect();
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
    let (subjects, proofs) = (subjects(), proofs::find(package()));
    let tables: Vec<_> = subjects.iter().map(|(prefix, it)| it.table(prefix, &proofs)).collect();
    let fresh = format!("{before}{BEGIN}\n{}\n{END}{after}", tables.join("\n"));
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, fresh).unwrap();
    } else {
        assert!(fresh == text, "docs/fidelity.md is out of date: run this test with BLESS=1");
    }
}

/// Statements 1 to 3, of which the last is not done.
fn three() -> Subject {
    let list = r#"
        title = "Load balancer"
        sections = { 1 = "one" }
        [statements]
        1 = { section = "1", status = "proven", says = "a" }
        2 = { section = "1", status = "proven", says = "b" }
        3 = { section = "1", status = "not done", says = "c", note = "why" }
    "#;
    toml::from_str(list).unwrap()
}

fn mistakes(subject: &Subject, sources: &[(&str, &str)]) -> Vec<String> {
    let mut proofs = Proofs::new();
    for (path, source) in sources {
        proofs::read(Path::new(path), source, &mut proofs);
    }
    subject.mistakes("alb", &proofs)
}

#[test]
fn a_statement_without_a_test_is_told_and_so_is_a_test_of_what_is_not_done() {
    let source = "#[test]\nfn alb_001_a() {}\n#[test]\nfn alb_003_a() {}\n";
    assert_eq!(
        mistakes(&three(), &[("src/alb/x.rs", source)]),
        ["alb 2: no test is named after it", "alb 3: it is not done, and yet it has a test"]
    );
}

#[test]
fn a_function_that_no_test_runs_proves_nothing() {
    let source = "/// Of a statement.\nfn alb_001_a() {}\n\n#[test]\nfn alb_002_a() {}\n";
    let told = mistakes(&three(), &[("src/alb/x.rs", source)]);
    assert_eq!(told, ["src/alb/x.rs: alb_001_a has no attribute that makes it a test"]);
}

#[test]
fn what_is_ignored_proves_only_what_says_so() {
    let source = "#[test]\n#[ignore = \"needs Docker\"]\nfn alb_001_a() {}\n\
                  #[test]\nfn alb_002_a() {}\n";
    let mut subject = three();
    assert_eq!(
        mistakes(&subject, &[("src/x.rs", source)]),
        ["alb 1: all of its tests are ignored, and it does not say so"]
    );
    for number in [1, 2] {
        subject.statements.get_mut(&number).unwrap().ignored = true;
    }
    assert_eq!(
        mistakes(&subject, &[("src/x.rs", source)]),
        ["alb 2: it says that its tests are ignored, and not all are"]
    );
}

#[test]
fn a_statement_is_shown_in_the_ways_of_all_its_tests() {
    let mut proofs = Proofs::new();
    let wire = "#[tokio::test]\nasync fn alb_001_a() {}\n";
    let plain = "#[test]\nfn alb_001_b() {}\n#[test]\nfn alb_002_b() {}\n";
    proofs::read(Path::new("src/stack/read/tests.rs"), plain, &mut proofs);
    proofs::read(Path::new("tests/conformance/rules.rs"), wire, &mut proofs);
    let table = three().table("alb", &proofs);
    assert!(table.contains("| 1 | one | a | proven | on the wire, by the reader | |"), "{table}");
    assert!(table.contains("| 2 | one | b | proven | by the reader | |"), "{table}");
    assert!(table.contains("| 3 | one | c | not done | | why |"), "{table}");
}
