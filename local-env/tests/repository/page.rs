//! The tables of `docs/architecture.md`.

use std::{collections::BTreeSet, fs};

use super::{regex, root};

const PAGE: &str = "docs/architecture.md";

/// A line of a table.
pub struct Row {
    pub name: String,
    /// The page and the line.
    pub place: String,
    /// Which others of the tables it names.
    pub knows: BTreeSet<String>,
    /// What of it has no clock and no socket: modules below it, or it as a whole.
    pub decides: Decides,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Decides {
    All,
    These(Vec<String>),
}

/// The rows of the table whose first column has this heading.
pub fn rows(heading: &str) -> Vec<Row> {
    let text = fs::read_to_string(root().join(PAGE)).unwrap();
    let heading = format!("| {heading} |");
    let lines = text.lines().zip(1..).skip_while(|(line, _)| !line.starts_with(&heading));
    let rows = lines.skip(2).take_while(|(line, _)| line.starts_with('|'));
    rows.map(|(text, line)| Row::read(text, line)).collect()
}

// === impl Row ===

impl Row {
    fn read(text: &str, line: usize) -> Self {
        let names = |cell: &str| -> Vec<String> {
            regex("`([^`]+)`").captures_iter(cell).map(|it| it[1].to_owned()).collect()
        };
        let cells: Vec<_> = text.trim_matches('|').split('|').map(str::trim).collect();
        let [name, _, knows, decides] = cells[..] else { panic!("{PAGE}:{line} has four cells") };
        let decides = if decides == "all" { Decides::All } else { Decides::These(names(decides)) };
        let [name] = &names(name)[..] else { panic!("{PAGE}:{line} has a name") };
        let place = format!("{PAGE}:{line}");
        Self { name: name.clone(), place, knows: names(knows).into_iter().collect(), decides }
    }
}
