//! The folders near by, and those of them that are called like something.

use std::{
    fs, iter,
    path::{Path, PathBuf},
};

/// How far below the current folder is looked.
const LEVELS: usize = 2;
/// Folders of what others have written, or programs.
const FOREIGN: [&str; 6] = ["node_modules", "target", "vendor", "dist", "build", "cdk.out"];

/// Folders that may hold a service.
#[derive(Debug)]
pub(in crate::cli::init) struct Folders(Vec<PathBuf>);

// === impl Folders ===

impl Folders {
    /// Those beside the template, then those below the current folder, the nearest first.
    pub(in crate::cli::init) fn near(beside: &Path, current: &Path) -> Self {
        let mut folders = Vec::new();
        for (from, levels) in [(beside, 1), (current, LEVELS)] {
            let mut level = vec![absolute(from)];
            for _ in 0..levels {
                let below: Vec<_> = level.iter().flat_map(|folder| inside(folder)).collect();
                folders.append(&mut level);
                level = below;
            }
            folders.append(&mut level);
        }
        Self(folders)
    }

    /// Those with one of these names, by the order of the names.
    pub(super) fn called(&self, names: &[&str]) -> impl Iterator<Item = PathBuf> {
        let called = |name: &str| {
            let name = plain(name);
            let is_called = move |folder: &&PathBuf| {
                !name.is_empty()
                    && folder.file_name().is_some_and(|it| plain(&it.to_string_lossy()) == name)
            };
            self.0.iter().filter(is_called).cloned().collect::<Vec<_>>()
        };
        names.iter().flat_map(|name| called(name)).collect::<Vec<_>>().into_iter()
    }
}

/// `webapp` for `Web-App`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let is_own = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.is_some_and(|name| !name.starts_with('.') && !FOREIGN.contains(&name.as_str()))
    };
    let mut folders: Vec<_> = folders.map(|entry| entry.path()).filter(is_own).collect();
    folders.sort();
    folders
}

fn absolute(folder: &Path) -> PathBuf {
    // An empty path is no folder.
    let folder = Path::new(".").join(folder);
    fs::canonicalize(&folder).unwrap_or(folder)
}

/// A folder as it is seen from another one; both are absolute.
pub(in crate::cli::init) fn seen_from(base: &Path, folder: &Path) -> PathBuf {
    let base = absolute(base);
    let shared = iter::zip(base.components(), folder.components()).take_while(|(a, b)| a == b);
    let shared = shared.count();
    let up = base.components().skip(shared).map(|_| Path::new("..").to_owned());
    let down = folder.components().skip(shared).map(|it| PathBuf::from(it.as_os_str()));
    up.chain(down).collect()
}
