//! From templates' files to the stack.
//!
//! Several templates, or the stacks of a cdk.out folder, resolve one another's exports and outputs
//! and are run as one.

mod assembly;
mod assets;
mod input;
pub(super) mod made_up;
mod nested;
mod parameters_file;
mod stacks;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::Args;

pub(super) use self::assets::ImageAssets;
use self::{
    input::Input,
    stacks::{Several, Stacks},
};
use super::{
    options::pair,
    project::{FILE_NAME, Project},
    screen::Screen,
};
use cloudformation::{Note, Resolved, TemplateError, nearest};
use stack::{Allowed, Stack, Warning};

/// Which templates are read, and with what.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Templates {
    /// CloudFormation templates in JSON or YAML, a cdk.out folder, or `-` for standard input;
    /// without one, the stack that `infra synth` emits
    #[arg(value_name = "TEMPLATE")]
    pub(super) paths: Vec<PathBuf>,
    /// Run only this one of the stacks; may be given several times
    #[arg(long = "stack", value_name = "NAME")]
    pub(super) stacks: Vec<String>,
    /// Give a parameter of the template a value; it wins over a file's and local-env.toml's
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair::<String, String>('='))]
    pub(super) parameter: Vec<(String, String)>,
    /// Take parameters from a file as `aws cloudformation` reads them
    #[arg(long, value_name = "FILE")]
    pub(super) parameters_file: Vec<PathBuf>,
    /// Leave a resource out, whatever is wrong with it; may be given several times
    #[arg(long, value_name = "RESOURCE")]
    pub(super) ignore: Vec<String>,
}

/// The stack of these templates.
pub(super) fn stack(
    templates: &Templates,
    project: &Project,
    allowed: Allowed,
) -> miette::Result<Stack> {
    Ok(stack_reader::read(&resolved(templates, project)?, allowed)?)
}

/// What is wrong with templates that cannot be resolved, where that is what a command failed of.
pub(super) fn template_errors(report: miette::Report) -> miette::Result<Vec<TemplateError>> {
    match report.downcast::<TemplateError>() {
        Ok(error) => Ok(vec![error]),
        Err(report) => Ok(report.downcast::<Several>()?.errors),
    }
}

/// As one error.
pub(super) fn told(errors: Vec<TemplateError>) -> miette::Report {
    match <[_; 1]>::try_from(errors) {
        Ok([error]) => error.into(),
        Err(errors) => Several { errors }.into(),
    }
}

// === impl AtHand ===

impl AtHand {
    fn of(project: &Project) -> Self {
        Self {
            parameters: project.parameters.clone(),
            imports: project.imports.clone(),
            attributes: project.attributes.clone(),
            ssm: project.ssm.clone(),
        }
    }
}

// === impl Templates ===

impl Templates {
    /// Beside the first template, or beside its folder, which `cdk synth` may empty.
    pub(super) fn project_file(&self) -> PathBuf {
        self.beside().join(FILE_NAME)
    }

    pub(super) fn beside(&self) -> &Path {
        self.paths.first().and_then(|path| path.parent()).unwrap_or(Path::new(""))
    }

    /// The images that CDK would build for them.
    pub(super) fn image_assets(&self) -> ImageAssets {
        ImageAssets::of(&self.paths)
    }

    /// What a change of changes the stack: the templates, and all that lies in a folder of them.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let mut files = self.parameters_file.clone();
        for path in &self.paths {
            match path.read_dir() {
                Ok(entries) => files.extend(entries.filter_map(Result::ok).map(|it| it.path())),
                Err(_) => files.push(path.clone()),
            }
        }
        files
    }
}

/// Tells what `--allow-partial` leaves out, where nothing else tells the stack's warnings.
pub(super) fn tell_partial(stack: &Stack) {
    let left_out = |warning: &&Warning| matches!(warning, Warning::LeftOut { .. });
    for warning in stack.coverage.warnings.iter().filter(left_out) {
        Screen::warn(&warning.to_string());
    }
}

/// Values that some template may ask for.
struct AtHand {
    parameters: BTreeMap<String, String>,
    /// Exports of stacks that are not there.
    imports: BTreeMap<String, String>,
    /// By `Resource.Attribute`.
    attributes: BTreeMap<String, String>,
    /// What Parameter Store keeps.
    ssm: BTreeMap<String, String>,
}

/// The resources of these templates, of several stacks as of one.
///
/// What is given by hand has to be a parameter of a template; what the project file has at hand may
/// be meant for another one.
pub(super) fn resolved(templates: &Templates, project: &Project) -> miette::Result<Resolved> {
    resolved_with(templates, &AtHand::of(project))
}

/// The same with other values at hand than the project file's.
fn resolved_with(templates: &Templates, at_hand: &AtHand) -> miette::Result<Resolved> {
    let inputs = chosen(input::all(&templates.paths)?, &templates.stacks)?;
    let stacks = Stacks {
        at_hand,
        given: given(templates)?,
        ignored: templates.ignore.iter().cloned().collect(),
    };
    let resolved = Resolved::joined(stacks.resolve(inputs)?);
    let mut resolved = resolved.ok_or_else(|| miette::miette!("there is no stack to run"))?;
    for name in &templates.ignore {
        leave_out(&mut resolved, name)?;
    }
    Ok(resolved)
}

fn given(templates: &Templates) -> miette::Result<BTreeMap<String, String>> {
    let mut given = BTreeMap::new();
    for path in &templates.parameters_file {
        given.extend(parameters_file::read(path)?);
    }
    given.extend(templates.parameter.iter().cloned());
    Ok(given)
}

/// Marks the stacks that are asked for, which are all if none is.
fn chosen(mut inputs: Vec<Input>, names: &[String]) -> miette::Result<Vec<Input>> {
    for name in names {
        if !inputs.iter().any(|input| input.is_called(name)) {
            let known: Vec<_> = inputs.iter().map(|input| input.stack_name.as_str()).collect();
            let help = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", known.join(", ")),
            };
            return Err(miette::miette!(help = help, "there is no stack `{name}`"));
        }
    }
    for input in &mut inputs {
        input.is_chosen = names.is_empty() || names.iter().any(|name| input.is_called(name));
    }
    Ok(inputs)
}

/// What was left out while it was resolved is noted; with the name that a resource has among those
/// of several stacks it is still there.
fn leave_out(resolved: &mut Resolved, name: &str) -> miette::Result<()> {
    let is_noted =
        |note: &Note| matches!(note, Note::LeftOut { logical_id, .. } if logical_id == name);
    if resolved.notes.iter().any(is_noted) {
        return Ok(());
    }
    if let Some(resource) = resolved.resources.shift_remove(name) {
        let (logical_id, resource_type) = (resource.logical_id, resource.resource_type);
        resolved.notes.push(Note::LeftOut { logical_id, resource_type });
        return Ok(());
    }
    let help = match nearest(name, resolved.resources.keys().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "--ignore takes a resource's logical id".to_owned(),
    };
    Err(miette::miette!(help = help, "there is no resource `{name}` to ignore"))
}
