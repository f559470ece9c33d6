//! The text of a project file that says what another one lacks. What nobody can know stands in
//! comments, so that the file can be read and `up` tells what is missing.

use std::{collections::BTreeMap, path::Path};

use super::guess::{Folders, Guess, Run, guess, seen_from};
use crate::{
    project::{Lacking, Part, key, quoted},
    templates::MadeUp,
};
use stack::Stack;

const HEAD: &str = "\
# How `local-env` builds and runs the services of the stack on this machine.
# A first draft by `local-env init`. What may stand here: docs/local-env.toml.md
";

/// A draft, and what it leaves open.
pub(super) struct Draft {
    /// A table each.
    sections: Vec<String>,
    /// What is left to say, as one calls it.
    pub(super) open: Vec<String>,
}

// === impl Draft ===

impl Draft {
    /// For a project file in the folder `base`.
    pub(super) fn new(
        base: &Path,
        folders: &Folders,
        stack: &Stack,
        lacking: &Lacking<'_>,
    ) -> Self {
        let mut draft = Self { sections: Vec::new(), open: Vec::new() };
        for part in &lacking.parts {
            draft.container(base, part, guess(stack, part, folders));
        }
        draft.secrets(&lacking.secrets);
        draft.files(base, &lacking.files);
        draft
    }

    /// With values of parameters and the like before all else.
    pub(super) fn with_values(mut self, given: &[(String, String)], made_up: &MadeUp) -> Self {
        let given = given.iter().map(|(name, value)| line(name, value) + "\n");
        let parameters: String = given.chain(guessed(&made_up.parameters)).collect();
        let imports = guessed(&made_up.imports).collect();
        let attributes = guessed(&made_up.attributes).collect();
        let tables = [("attributes", attributes), ("imports", imports), ("parameters", parameters)];
        for (table, lines) in tables {
            if !lines.is_empty() {
                self.sections.insert(0, format!("[{table}]\n{lines}"));
            }
        }
        self
    }

    /// As a file of its own.
    pub(super) fn file(&self) -> String {
        format!("{HEAD}\n{}", self.lines())
    }

    /// To be added to another file.
    pub(super) fn lines(&self) -> String {
        self.sections.join("\n")
    }

    fn container(&mut self, base: &Path, part: &Part<'_>, guess: Guess) {
        let table = &part.table;
        self.sections.push(match guess {
            Guess::Run(run) => format!("[{table}]\n{}", entry(base, &run)),
            Guess::Skip(why) => format!("[{table}]\n# {}\nskip = true\n", plain(why)),
            Guess::Unknown(hint) => {
                self.open.push(format!("how {} is run", part.called));
                let hint = hint.map(|(from, says)| {
                    let from = seen_from(base, &from);
                    plain(&format!("{} has {says}", from.display()))
                });
                let hint = hint.unwrap_or_else(|| {
                    plain(&format!("nothing near by tells how {} is run", part.container.image))
                });
                format!("# {hint}\n# [{table}]\n# run = \"the program and its arguments\"\n")
            }
        });
    }

    fn secrets(&mut self, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        self.open.push("the values of secrets".to_owned());
        let lines: Vec<_> = lines.iter().map(|line| format!("# {line}")).collect();
        let lines = lines.concat();
        self.sections.push(format!("[secrets]\n# with the values that they have here\n{lines}"));
    }

    fn files(&mut self, base: &Path, names: &[String]) {
        if names.is_empty() {
            return;
        }
        let is_there = |name: &&String| base.join(name).is_file();
        let open = names.iter().filter(|name| !is_there(name));
        self.open.extend(open.map(|name| format!("where {name} is")));
        let lines = names.iter().map(|name| {
            let hash = if is_there(&name) { "" } else { "# " };
            format!("{hash}{} = {}\n", quoted(name), quoted(name))
        });
        let lines: Vec<_> = lines.collect();
        self.sections.push(format!("[environment_files]\n{}", lines.concat()));
    }
}

fn line(name: &str, value: &str) -> String {
    format!("{} = {}", key(name), quoted(value))
}

fn guessed(values: &BTreeMap<String, String>) -> impl Iterator<Item = String> {
    values.iter().map(|(name, value)| line(name, value) + " # a guess\n")
}

fn entry(base: &Path, run: &Run) -> String {
    let folder = seen_from(base, &run.folder);
    let is_elsewhere = !folder.as_os_str().is_empty();
    let lines = [
        Some(plain(&format!("# from {}", seen_from(base, &run.from).display()))),
        run.build.as_ref().map(|build| format!("build = {}", quoted(build))),
        Some(format!("run = {}", quoted(&run.words))),
        is_elsewhere.then(|| format!("dir = {}", quoted(&folder.to_string_lossy()))),
        run.command.then(|| "command = true".to_owned()),
    ];
    let lines: Vec<_> = lines.into_iter().flatten().collect();
    lines.join("\n") + "\n"
}

/// Text that ends no comment.
fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests;
