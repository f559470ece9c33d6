//! From a template's file to the stack.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use miette::{Diagnostic, IntoDiagnostic as _};
use thiserror::Error;

use crate::{
    cloudformation::{Inputs, Resolved, Source, Template},
    stack::{Allowed, Stack},
};

/// The stack's name where the template is the built-in one.
const DEFAULT_STACK: &str = "services";

/// A template that can't be read from its file.
#[derive(Debug, Error, Diagnostic)]
#[error("cannot read the template {}", path.display())]
#[diagnostic(help(
    "name a CloudFormation template in JSON or YAML, or none to run the stack that `infra synth` emits"
))]
struct UnreadableTemplate {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// The stack of the template at `path`, or of the built-in one.
///
/// What was `given` by hand has to be a parameter of the template; what the project file has `at_hand`
/// may be meant for another one.
pub(super) fn stack(
    path: Option<&Path>,
    at_hand: &BTreeMap<String, String>,
    given: &[(String, String)],
    allowed: Allowed,
) -> miette::Result<Stack> {
    Ok(Stack::read(&resolved(path, at_hand, given)?, allowed)?)
}

/// The same before anything is made of its resources.
pub(super) fn resolved(
    path: Option<&Path>,
    at_hand: &BTreeMap<String, String>,
    given: &[(String, String)],
) -> miette::Result<Resolved> {
    let source = source(path)?;
    let template = Template::parse(&source)?;
    let at_hand = at_hand.iter().filter(|(name, _)| template.has_parameter(name));
    let at_hand = at_hand.map(|(name, value)| (name.clone(), value.clone()));
    let parameters = at_hand.chain(given.iter().cloned()).collect();
    let inputs = Inputs { parameters, ..Inputs::new(stack_name(path)) };
    Ok(template.resolve(&inputs)?)
}

fn source(path: Option<&Path>) -> miette::Result<Source> {
    let Some(path) = path else {
        let text = infra::services_template().to_json();
        return Ok(Source::new("the template of `infra synth`", &text));
    };
    let unreadable = |source| UnreadableTemplate { path: path.to_owned(), source };
    let bytes = fs::read(path).map_err(unreadable)?;
    let text = String::from_utf8(bytes).into_diagnostic()?;
    Ok(Source::new(path.display().to_string(), &text))
}

/// As `cdk` and people name them: `Shop.template.json` is the template of the stack `Shop`.
fn stack_name(path: Option<&Path>) -> String {
    let file = path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let stem = file.as_deref().and_then(|name| name.split('.').next());
    stem.filter(|stem| !stem.is_empty()).unwrap_or(DEFAULT_STACK).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_named_after_its_file() {
        assert_eq!(stack_name(None), "services");
        assert_eq!(stack_name(Some(Path::new("cdk.out/Shop.template.json"))), "Shop");
        assert_eq!(stack_name(Some(Path::new("shop.yaml"))), "shop");
    }
}
