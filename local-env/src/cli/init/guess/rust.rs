//! `Cargo.toml`: the program of a package, which its workspace builds.

use std::path::Path;

use toml::Table;

use super::{Run, text};

const FILE: &str = "Cargo.toml";

pub(super) fn read(folder: &Path) -> Option<Run> {
    let manifest = table(folder)?;
    let package = manifest.get("package")?;
    let name = package.get("name")?.as_str()?;
    let program = program(folder, &manifest, name)?;
    let run = shell_words::join([format!("target/debug/{program}")]);
    let mut above = folder.ancestors().skip(1);
    let is_workspace =
        |folder: &&Path| table(folder).is_some_and(|it| it.contains_key("workspace"));
    let workspace =
        if manifest.contains_key("workspace") { None } else { above.find(is_workspace) };
    let guess = Run::new(folder, FILE, run);
    Some(match workspace {
        Some(workspace) => {
            let build = format!("cargo build -p {}", shell_words::quote(name));
            Run { folder: workspace.to_owned(), ..guess.built(build) }
        }
        None => guess.built("cargo build"),
    })
}

fn table(folder: &Path) -> Option<Table> {
    text(folder, FILE)?.parse().ok()
}

/// The program that `cargo run` would start; a library has none.
fn program(folder: &Path, manifest: &Table, package: &str) -> Option<String> {
    let default = manifest.get("package").and_then(|it| it.get("default-run"));
    let own = || folder.join("src/main.rs").is_file().then(|| package.to_owned());
    let binaries = || manifest.get("bin")?.get(0)?.get("name")?.as_str().map(str::to_owned);
    let named = default.and_then(|it| it.as_str()).map(str::to_owned);
    named.or_else(binaries).or_else(own)
}
