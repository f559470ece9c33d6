//! What can be read: files, cdk.out folders, standard input, the built-in template.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use miette::Diagnostic;
use thiserror::Error;

use super::assembly;
use cloudformation::{LARGEST, Source, TemplateError};

/// The stack's name where the template is the built-in one.
const DEFAULT_STACK: &str = "services";
/// Its name where nothing gives one.
const UNNAMED_STACK: &str = "stack";
const STANDARD_INPUT: &str = "-";

/// A template that can't be read from its file.
#[derive(Debug, Error, Diagnostic)]
#[error("cannot read the template {}", path.display())]
#[diagnostic(help(
    "name CloudFormation templates in JSON or YAML, a cdk.out folder, `-` for standard input, or \
     nothing to run the stack that `infra synth` emits"
))]
pub(super) struct UnreadableTemplate {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// A stack's template, not yet read.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) stack_name: String,
    /// What CDK calls it besides.
    pub(super) aliases: Vec<String>,
    /// Region and account, where CDK knows them.
    pub(super) region: Option<String>,
    pub(super) account: Option<String>,
    pub(super) source: Source,
    /// Whether it is run; the others only give their exports.
    pub(super) is_chosen: bool,
}

/// The stacks at these paths, in order.
pub(super) fn all(paths: &[PathBuf]) -> miette::Result<Vec<Input>> {
    if paths.is_empty() {
        let text = infra::services_template().to_json();
        let source = Source::new("the template of `infra synth`", &text);
        return Ok(vec![Input::new(DEFAULT_STACK, source)]);
    }
    let mut inputs = Vec::new();
    for path in paths {
        if path.as_os_str() == STANDARD_INPUT {
            let bytes = standard_input().map_err(|source| unreadable(path, source))?;
            let source = Source::from_bytes("standard input", bytes)?;
            inputs.push(Input::new(UNNAMED_STACK, source));
        } else if path.is_dir() {
            inputs.extend(assembly::read(path)?);
        } else {
            inputs.push(Input::new(stack_name(path), file(path)?));
        }
    }
    Ok(inputs)
}

/// The text of a file, of which no more is read than a template can have.
pub(super) fn file(path: &Path) -> miette::Result<Source> {
    let bytes = bytes(path).map_err(|source| unreadable(path, source))?;
    Ok(text(path, &bytes)?)
}

pub(super) fn text(path: &Path, bytes: &[u8]) -> Result<Source, TemplateError> {
    Source::from_bytes(path.display().to_string(), bytes)
}

pub(super) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    bounded(File::open(path)?)
}

fn bounded(from: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Can be read once, but is asked for again when something else changes.
fn standard_input() -> io::Result<&'static [u8]> {
    static READ: OnceLock<Vec<u8>> = OnceLock::new();
    if let Some(bytes) = READ.get() {
        return Ok(bytes);
    }
    let bytes = bounded(io::stdin().lock())?;
    Ok(READ.get_or_init(|| bytes))
}

fn unreadable(path: &Path, source: io::Error) -> UnreadableTemplate {
    UnreadableTemplate { path: path.to_owned(), source }
}

/// As `cdk` and people name them: `Shop.template.json` is the template of the stack `Shop`.
fn stack_name(path: &Path) -> String {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let stem = file.as_deref().and_then(|name| name.split('.').next());
    stem.filter(|stem| !stem.is_empty()).unwrap_or(UNNAMED_STACK).to_owned()
}

// === impl Input ===

impl Input {
    pub(super) fn new(stack_name: impl Into<String>, source: Source) -> Self {
        Self {
            stack_name: stack_name.into(),
            aliases: Vec::new(),
            region: None,
            account: None,
            source,
            is_chosen: true,
        }
    }

    pub(super) fn is_called(&self, name: &str) -> bool {
        self.stack_name == name || self.aliases.iter().any(|alias| alias == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_named_after_its_file() {
        assert_eq!(stack_name(Path::new("cdk.out/Shop.template.json")), "Shop");
        assert_eq!(stack_name(Path::new("shop.yaml")), "shop");
        assert_eq!(stack_name(Path::new(".yaml")), "stack");
        assert_eq!(all(&[]).unwrap()[0].stack_name, "services");
    }
}
