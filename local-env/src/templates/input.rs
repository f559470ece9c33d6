//! Finds the text of each stack: in files, cdk.out folders, standard input, or the default template.

use std::{
    io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use super::{
    DefaultTemplate, TemplatesError, assembly,
    file::{Input, bounded, file, unreadable},
};
use cloudformation::Source;

/// The name of a stack that nothing gives one.
const UNNAMED_STACK: &str = "stack";
const STANDARD_INPUT: &str = "-";

/// Finds the stacks at these paths, in order; where there is no path, the default template's.
pub(super) fn all(
    paths: &[PathBuf],
    default: Option<DefaultTemplate>,
) -> Result<Vec<Input>, TemplatesError> {
    if paths.is_empty() {
        let inputs = default.map(|DefaultTemplate { stack_name, called, text }| {
            Input::new(stack_name, Source::new(called, &text()))
        });
        return Ok(inputs.into_iter().collect());
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

/// Can be read once, but is asked for again when something else changes.
fn standard_input() -> io::Result<&'static [u8]> {
    static READ: OnceLock<Vec<u8>> = OnceLock::new();
    if let Some(bytes) = READ.get() {
        return Ok(bytes);
    }
    let bytes = bounded(io::stdin().lock())?;
    Ok(READ.get_or_init(|| bytes))
}

/// As `cdk` and people name them: `Shop.template.json` is the template of the stack `Shop`.
fn stack_name(path: &Path) -> String {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let stem = file.as_deref().and_then(|name| name.split('.').next());
    stem.filter(|stem| !stem.is_empty()).unwrap_or(UNNAMED_STACK).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_named_after_its_file() {
        assert_eq!(stack_name(Path::new("cdk.out/Shop.template.json")), "Shop");
        assert_eq!(stack_name(Path::new("shop.yaml")), "shop");
        assert_eq!(stack_name(Path::new(".yaml")), "stack");
        let default = DefaultTemplate { stack_name: "shop", called: "it", text: String::new };
        assert_eq!(all(&[], Some(default)).unwrap()[0].stack_name, "shop");
    }
}
