//! `docs/aws` and what leans on it: whatever a comment or a page cites is there, each statement has a
//! source, and those with a number are the ones of `statements.toml`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::LazyLock,
};

use regex::Regex;

use super::{regex, root, texts};

/// The subjects of `statements.toml`, each with the page that has its statements.
const SUBJECTS: [(&str, &str); 3] =
    [("alb", "alb"), ("cloudmap", "cloudmap-ecs"), ("ecs", "cloudmap-ecs")];
/// The sources that are not links.
const MARKS: [&str; 5] = ["observed", "reported", "assumed", "chosen", "measured"];

/// A section: its page, or what joins it to the section before, and its number. What stands between
/// them may be where a comment goes on in the next line.
static SECTION: LazyLock<Regex> = LazyLock::new(|| {
    let gap = r"(?:\s|//[/!]?)+";
    let page = format!(r"\b(alb|cloudmap-ecs|RFC \d+){gap}");
    regex(&format!(r"(?:{page}|((?:,|{gap}to|{gap}and){gap}))?\x{{a7}}(\d+(?:\.\d+)*)?"))
});
static STATEMENT: LazyLock<Regex> = LazyLock::new(|| regex(r"\b(alb|cloudmap|ecs) (\d{1,3})\b"));

type Pages = BTreeMap<String, Page>;

/// A page of `docs/aws`.
#[derive(Default)]
struct Page {
    sections: BTreeSet<String>,
    /// The section of each numbered statement.
    statements: BTreeMap<u16, String>,
    mistakes: Vec<String>,
}

// === impl Page ===

impl Page {
    fn read(text: &str) -> Self {
        let heading = regex(r"^##+ (\d+(?:\.\d+)?) ");
        let (item, source) = (regex(r"^- (?:\*\*(\d+)\*\* )?"), regex(r"\[([^\]]+)\](?:[^(]|$)"));
        let (code, link) = (regex("``.*?``|`[^`]*`"), regex(r"(?m)^\[([^\]]+)\]: "));
        let links = link.captures_iter(text).map(|it| it[1].to_owned());
        let sources: BTreeSet<_> = links.chain(MARKS.map(str::to_owned)).collect();
        let (mut page, mut section) = (Self::default(), String::new());
        for (line, place) in text.lines().zip(1..) {
            if let Some(found) = heading.captures(line) {
                found[1].clone_into(&mut section);
                page.sections.insert(section.clone());
            }
            let Some(found) = item.captures(line) else { continue };
            if let Some(statement) = found.get(1) {
                let number = statement.as_str().parse().unwrap();
                if page.statements.insert(number, section.clone()).is_some() {
                    page.mistakes.push(format!("line {place} has a number that is taken"));
                }
            }
            let plain = code.replace_all(line, "");
            let named: Vec<_> = source.captures_iter(&plain).map(|it| it[1].to_owned()).collect();
            if named.is_empty() || !named.iter().all(|it| sources.contains(it)) {
                page.mistakes.push(format!("line {place} has no source, or one that is nowhere"));
            }
        }
        page
    }
}

fn pages() -> Pages {
    let path = |page| root().join(format!("docs/aws/{page}.md"));
    let read = |page| Page::read(&fs::read_to_string(path(page)).unwrap());
    SUBJECTS.map(|(_, page)| (page.to_owned(), read(page))).into()
}

/// What a text cites that is not there, each with its line. A section without a page is one of `own`;
/// those of RFCs are not looked up.
fn mistakes(text: &str, own: Option<&str>, pages: &Pages) -> Vec<String> {
    let (mut mistakes, mut page, mut end) = (Vec::new(), None, 0);
    let line = |at: usize| text[..at].lines().count();
    for found in SECTION.captures_iter(text) {
        let (whole, joined) = (found.get(0).unwrap(), found.get(2).is_some());
        page = match found.get(1) {
            Some(named) => Some(named.as_str()),
            None if joined && whole.start() == end => page,
            None => own,
        };
        end = whole.end();
        let number = found.get(3).map_or("", |it| it.as_str());
        let is_there =
            |page: &str| page.starts_with("RFC ") || pages[page].sections.contains(number);
        if !page.is_some_and(is_there) {
            mistakes.push(format!("{}: {} {number}", line(end), page.unwrap_or("no page's")));
        }
    }
    for found in STATEMENT.captures_iter(text) {
        let (_, page) = SUBJECTS.into_iter().find(|(it, _)| *it == &found[1]).unwrap();
        if !pages[page].statements.contains_key(&found[2].parse().unwrap()) {
            let end = found.get(0).unwrap().end();
            mistakes.push(format!("{}: statement {}", line(end), &found[0]));
        }
    }
    mistakes
}

#[test]
fn every_section_and_statement_that_is_cited_is_there() {
    let (root, pages) = (root(), pages());
    let mut found = Vec::new();
    for path in texts(root) {
        let text = fs::read_to_string(&path).unwrap();
        let place = path.strip_prefix(root).unwrap();
        let own = place.strip_prefix("docs/aws").ok().and_then(|it| it.file_stem()?.to_str());
        let own = own.filter(|it| pages.contains_key(*it));
        let mistakes = mistakes(&text, own, &pages).into_iter();
        found.extend(mistakes.map(|it| format!("{}:{it}", place.display())));
    }
    assert!(found.is_empty(), "cited, and not in docs/aws:\n{}", found.join("\n"));
}

#[test]
fn every_statement_has_a_source_and_the_numbered_ones_are_those_of_the_list() {
    let subjects: toml::Table =
        toml::from_str(include_str!("../conformance/statements.toml")).unwrap();
    assert_eq!(subjects.len(), SUBJECTS.len(), "a subject has no page");
    let mut listed: BTreeMap<&str, BTreeMap<u16, String>> = BTreeMap::new();
    for (subject, page) in SUBJECTS {
        let statements = subjects[subject]["statements"].as_table().unwrap().iter();
        let section = |it: &toml::Value| it["section"].as_str().unwrap().to_owned();
        let sections = statements.map(|(number, it)| (number.parse().unwrap(), section(it)));
        listed.entry(page).or_default().extend(sections);
    }
    for (name, page) in pages() {
        assert!(page.mistakes.is_empty(), "docs/aws/{name}.md:\n{}", page.mistakes.join("\n"));
        let here: BTreeSet<_> = page.statements.into_iter().collect();
        let there = listed[&*name].clone().into_iter().collect();
        let odd: Vec<_> = here.symmetric_difference(&there).collect();
        assert!(odd.is_empty(), "in docs/aws/{name}.md or statements.toml alone: {odd:?}");
    }
}

#[test]
fn what_is_not_there_is_told_with_its_line() {
    let page = Page::read("## 1 One\n### 1.1 Two\n- **7** A [x]\n- B [chosen]\n- C\n\n[x]: y\n");
    assert_eq!(page.mistakes, ["line 5 has no source, or one that is nowhere"]);
    assert_eq!(page.statements, BTreeMap::from([(7, "1.1".to_owned())]));
    let pages = Pages::from([("alb".to_owned(), page)]);
    let text = "(alb\n/// %1.1, %1.2)\nRFC 1 %9, %8; %1\nalb %1 and %1.1, alb 7, alb 8\n%2";
    let text = text.replace('%', "\u{a7}");
    let expected = ["2: alb 1.2", "3: no page's 1", "5: no page's 2", "4: statement alb 8"];
    assert_eq!(mistakes(&text, None, &pages), expected);
    assert_eq!(mistakes(&text, Some("alb"), &pages).len(), 3);
}
