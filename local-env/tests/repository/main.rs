//! The repository's own text: that its pages and its code tell the same.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![allow(unreachable_pub, reason = "there is nothing outside")]

mod architecture;
mod code;
mod facts;
mod page;
mod paths;

use std::{
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}

/// The repository's folder.
fn root() -> &'static Path {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.find(|folder| folder.join("docs/aws").is_dir()).expect("the repository's folder")
}

/// Every source and every page below a folder, but for what was built.
fn texts(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let kept = entries.filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        !name.starts_with('.') && name != "target"
    });
    let (folders, mut files): (Vec<_>, Vec<_>) = kept.partition(|path| path.is_dir());
    files.retain(|path| path.extension().is_some_and(|it| it == "rs" || it == "md"));
    files.extend(folders.iter().flat_map(|folder| texts(folder)));
    files
}

/// The line of a place in a text.
fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}
