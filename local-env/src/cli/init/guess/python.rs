//! `pyproject.toml`: its first script, or the package as a module, in a virtual environment of its
//! own, since nothing of the machine's own Python is certain.

use std::path::Path;

use toml::{Table, Value};

use super::{Run, text};

const FILE: &str = "pyproject.toml";
const BUILD: &str = "python3 -m venv .venv && .venv/bin/pip install --quiet -e .";

pub(super) fn read(folder: &Path) -> Option<Run> {
    let manifest: Table = text(folder, FILE)?.parse().ok()?;
    let poetry = || manifest.get("tool")?.get("poetry");
    let project = manifest.get("project").or_else(poetry)?;
    let scripts = project.get("scripts").and_then(Value::as_table);
    let script = scripts.and_then(|scripts| scripts.keys().next());
    let module = || {
        let name = project.get("name")?.as_str()?.replace(['-', '.'], "_").to_lowercase();
        Some(shell_words::join([".venv/bin/python", "-m", &name]))
    };
    let script = script.map(|script| shell_words::join([format!(".venv/bin/{script}")]));
    let run = script.or_else(module)?;
    Some(Run::new(folder, FILE, run).built(BUILD))
}
