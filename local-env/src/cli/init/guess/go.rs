//! `go.mod`: the module's own program, or that of a folder in `cmd`.

use std::{fs, path::Path};

use super::{Run, text};

const FILE: &str = "go.mod";

pub(super) fn read(folder: &Path) -> Option<Run> {
    let text = text(folder, FILE)?;
    let module = text.lines().find_map(|line| line.trim().strip_prefix("module "))?;
    let module = module.split("//").next().unwrap_or(module).trim().trim_matches('"');
    let mut parts = module.rsplit('/').filter(|part| !is_version(part));
    let name = parts.next().filter(|name| !name.is_empty())?;
    let (name, package) = match command(folder, name) {
        Some(command) => (command.clone(), format!("./cmd/{command}")),
        None => (name.to_owned(), ".".to_owned()),
    };
    let program = format!("bin/{name}");
    let build = shell_words::join(["go", "build", "-o", &program, &package]);
    Some(Run::new(folder, FILE, shell_words::join([&program])).built(build))
}

/// `v2` of `example.com/shop/v2`.
fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok())
}

/// The program in `cmd` that has this name, or the only one.
fn command(folder: &Path, name: &str) -> Option<String> {
    if folder.join("main.go").is_file() {
        return None;
    }
    let entries = fs::read_dir(folder.join("cmd")).ok()?.flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let names: Vec<_> = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    match &names[..] {
        [only] => Some(only.clone()),
        several => several.iter().find(|it| *it == name).cloned(),
    }
}
