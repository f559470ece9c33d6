//! From templates' files to one stack's resources.
//!
//! Several templates, or the stacks of a cdk.out folder, resolve one another's exports and outputs
//! and are run as one. Each file is read and parsed once ([`Templates::parse`]); what is parsed can
//! be resolved many times with other values at hand ([`Parsed::resolve`]), which is how values are
//! made up where a template leaves them to be given ([`Parsed::make_up`]).

mod assembly;
mod assets;
mod error;
mod file;
mod input;
mod made_up;
mod nested;
mod parameters_file;
mod stacks;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

pub use self::error::{AssemblyError, ParametersFileError, TemplatesError};
pub(crate) use self::{assets::ImageAssets, made_up::MadeUp};
use self::{file::Input, stacks::Stacks};
use crate::project::{FILE_NAME, Project};
use cloudformation::{Note, Resolved, nearest};

/// Which templates are read, and with what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Templates {
    /// Files, cdk.out folders or `-` for standard input; none for the default template.
    pub(crate) paths: Vec<PathBuf>,
    /// What is read where no path is given, if anything is.
    pub(crate) default: Option<DefaultTemplate>,
    /// The names of the stacks that are run; all of them where none is named.
    pub(crate) stacks: Vec<String>,
    /// Values of parameters; they win over those of files.
    pub(crate) parameters: Vec<(String, String)>,
    /// Files of parameters as `aws cloudformation` reads them.
    pub(crate) parameters_files: Vec<PathBuf>,
    /// Logical ids of resources that are left out, whatever is wrong with them.
    pub(crate) ignored: Vec<String>,
}

/// The template that is read where none is named.
#[derive(Clone, Copy, Debug)]
pub struct DefaultTemplate {
    /// The name of its stack.
    pub stack_name: &'static str,
    /// What messages call it.
    pub called: &'static str,
    /// Makes its text.
    pub text: fn() -> String,
}

/// Templates that are read and parsed, and can be resolved with one set of values after another.
pub(crate) struct Parsed {
    stacks: Stacks,
    ignored: Vec<String>,
}

/// Values that some template may ask for.
pub(crate) struct AtHand {
    parameters: BTreeMap<String, String>,
    /// Exports of stacks that are not there.
    imports: BTreeMap<String, String>,
    /// By `Resource.Attribute`.
    attributes: BTreeMap<String, String>,
    /// What Parameter Store keeps.
    ssm: BTreeMap<String, String>,
}

// === impl Templates ===

impl Templates {
    /// Returns where `local-env.toml` is looked for: beside the first template, or beside its folder,
    /// which `cdk synth` may empty.
    pub(crate) fn project_file(&self) -> PathBuf {
        self.beside().join(FILE_NAME)
    }

    pub(crate) fn beside(&self) -> &Path {
        self.paths.first().and_then(|path| path.parent()).unwrap_or(Path::new(""))
    }

    /// Returns the images that CDK would build for them.
    pub(crate) fn image_assets(&self) -> ImageAssets {
        ImageAssets::of(&self.paths)
    }

    /// Returns the files a change of which changes the stack: the templates, and all that lies in a
    /// folder of them.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = self.parameters_files.clone();
        for path in &self.paths {
            match path.read_dir() {
                Ok(entries) => files.extend(entries.filter_map(Result::ok).map(|it| it.path())),
                Err(_) => files.push(path.clone()),
            }
        }
        files
    }

    /// Reads and parses all of them. A template that cannot be parsed is told of once it is resolved,
    /// so that what is wrong with several is told together.
    pub(crate) fn parse(&self) -> Result<Parsed, TemplatesError> {
        let inputs = chosen(input::all(&self.paths, self.default)?, &self.stacks)?;
        let ignored = self.ignored.iter().cloned().collect();
        let stacks = Stacks::parse(inputs, self.given()?, ignored);
        Ok(Parsed { stacks, ignored: self.ignored.clone() })
    }

    fn given(&self) -> Result<BTreeMap<String, String>, TemplatesError> {
        let mut given = BTreeMap::new();
        for path in &self.parameters_files {
            given.extend(parameters_file::read(path)?);
        }
        given.extend(self.parameters.iter().cloned());
        Ok(given)
    }
}

/// Marks the stacks that are asked for, which are all if none is.
fn chosen(mut inputs: Vec<Input>, names: &[String]) -> Result<Vec<Input>, TemplatesError> {
    for name in names {
        if !inputs.iter().any(|input| input.is_called(name)) {
            let known: Vec<_> = inputs.into_iter().map(|input| input.stack_name).collect();
            let near = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
            return Err(TemplatesError::NoStack { name: name.clone(), near, known });
        }
    }
    for input in &mut inputs {
        input.is_chosen = names.is_empty() || names.iter().any(|name| input.is_called(name));
    }
    Ok(inputs)
}

// === impl Parsed ===

impl Parsed {
    /// Returns the resources of these templates, of several stacks as of one.
    ///
    /// What is given by hand has to be a parameter of a template; what the project file has at hand
    /// may be meant for another one.
    pub(crate) fn resolve(&self, project: &Project) -> Result<Resolved, TemplatesError> {
        self.resolve_with(&AtHand::of(project))
    }

    /// Resolves them with values made up for what has none, and returns what was made up.
    pub(crate) fn make_up(&self, project: &Project) -> Result<(Resolved, MadeUp), TemplatesError> {
        made_up::resolved(self, project)
    }

    fn resolve_with(&self, at_hand: &AtHand) -> Result<Resolved, TemplatesError> {
        let resolved = Resolved::joined(self.stacks.resolve(at_hand)?);
        let mut resolved = resolved.ok_or(TemplatesError::Nothing)?;
        for name in &self.ignored {
            leave_out(&mut resolved, name)?;
        }
        Ok(resolved)
    }
}

/// What was left out while it was resolved is noted; with the name that a resource has among those
/// of several stacks it is still there.
fn leave_out(resolved: &mut Resolved, name: &str) -> Result<(), TemplatesError> {
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
    let near = nearest(name, resolved.resources.keys().map(String::as_str)).map(str::to_owned);
    Err(TemplatesError::NoResource { name: name.to_owned(), near })
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
