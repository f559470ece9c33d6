//! A Dockerfile's last `ENTRYPOINT` and `CMD`, which tell what an image runs. A program that is only
//! there in the image is a hint; one that a machine may have is a guess.

use std::path::{Path, PathBuf};

use super::{Run, text};
use stack::Container;

const FILE: &str = "Dockerfile";

/// What the last stage runs.
#[derive(Debug)]
pub(super) struct Dockerfile {
    folder: PathBuf,
    pub(super) entry_point: Option<Vec<String>>,
    command: Option<Vec<String>>,
}

// === impl Dockerfile ===

impl Dockerfile {
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let text = text(folder, FILE)?.replace("\r\n", "\n").replace("\\\n", " ");
        let mut file = Self { folder: folder.to_owned(), entry_point: None, command: None };
        for line in text.lines() {
            let (word, rest) = line.trim().split_once(char::is_whitespace).unwrap_or_default();
            match word.to_ascii_uppercase().as_str() {
                "FROM" => (file.entry_point, file.command) = (None, None),
                // An entry point takes back a command that an image before it has.
                "ENTRYPOINT" => file.entry_point = words(rest),
                "CMD" => file.command = words(rest),
                _ => {}
            }
        }
        Some(file)
    }

    /// The program, if it is looked for in `PATH` or is a file of the folder.
    pub(super) fn guess(&self, container: &Container) -> Option<Run> {
        let entry_point = container.entry_point.as_ref().or(self.entry_point.as_ref());
        let appended = container.command.is_some() && entry_point.is_some();
        let command = container.command.as_ref().or(self.command.as_ref()).filter(|_| !appended);
        let mut words: Vec<_> = entry_point.into_iter().chain(command).flatten().cloned().collect();
        let program = words.first_mut()?;
        if program.contains('/') {
            let name = program.rsplit('/').next().filter(|name| !name.is_empty())?;
            if !self.folder.join(name).is_file() {
                return None;
            }
            *program = format!("./{name}");
        }
        let run = Run::new(&self.folder, FILE, shell_words::join(&words));
        Some(Run { command: appended, ..run })
    }

    /// The file, and what it says in a line.
    pub(super) fn told(&self) -> (PathBuf, String) {
        let told = |name: &str, words: &Option<Vec<String>>| {
            words.as_ref().map(|words| format!("{name} {}", shell_words::join(words)))
        };
        let parts = [told("ENTRYPOINT", &self.entry_point), told("CMD", &self.command)];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        let says = if parts.is_empty() {
            "neither ENTRYPOINT nor CMD".to_owned()
        } else {
            parts.join(", ")
        };
        (self.folder.join(FILE), says)
    }
}

/// A list in JSON, or the words of a shell command that needs no shell.
fn words(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if text.starts_with('[') {
        return serde_json::from_str(text).ok();
    }
    if text.contains(|c: char| "&|;<>$`()".contains(c)) {
        return Some(vec!["/bin/sh".to_owned(), "-c".to_owned(), text.to_owned()]);
    }
    shell_words::split(text).ok()
}
