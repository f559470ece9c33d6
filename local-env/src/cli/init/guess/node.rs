//! `package.json`: its start script, or the file that is its `main`.

use std::path::Path;

use serde_json::Value;

use super::{Run, text};

const FILE: &str = "package.json";
/// What a package may begin with, though it does not say so.
const USUAL: [&str; 3] = ["server.js", "index.js", "src/index.js"];

pub(super) fn read(folder: &Path) -> Option<Run> {
    let package: Value = serde_json::from_str(&text(folder, FILE)?).ok()?;
    let script = |name: &str| package.get("scripts")?.get(name)?.as_str();
    let main = package.get("main").and_then(Value::as_str);
    let main = main.or_else(|| USUAL.into_iter().find(|file| folder.join(file).is_file()));
    let run =
        script("start").and_then(started).or_else(|| Some(shell_words::join(["node", main?])))?;
    let build =
        if script("build").is_some() { "npm install && npm run build" } else { "npm install" };
    Some(Run::new(folder, FILE, run).built(build))
}

/// A script that needs no shell, as `npm` would find its program.
fn started(script: &str) -> Option<String> {
    if script.contains(|c: char| "&|;<>$`()*?~#\n".contains(c)) {
        return None;
    }
    let words = shell_words::split(script).ok()?;
    let (program, arguments) = words.split_first()?;
    if program.contains('=') || ["npm", "npx", "yarn", "pnpm"].contains(&program.as_str()) {
        return None;
    }
    let is_own = program == "node" || program.contains('/');
    let program = if is_own { program.clone() } else { format!("node_modules/.bin/{program}") };
    Some(shell_words::join([program].iter().chain(arguments)))
}
