//! `local-env init`: writes a first `local-env.toml` for a template, from what is near by.

mod guess;
mod sidecar;
mod write;

use std::{
    fs::OpenOptions,
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use miette::{IntoDiagnostic as _, WrapErr as _};

use self::{guess::Folders, write::Draft};
use super::{
    print::print,
    templates::{TemplateArguments, tell_partial},
};
use crate::{
    project::Project,
    templates::{DefaultTemplate, Templates},
};
use stack::Allowed;

/// Write a first local-env.toml that says how each service is run, as far as can be guessed
#[derive(Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    templates: TemplateArguments,
    /// Leave out, and report, resources that are not emulated and would change what clients see
    #[arg(long)]
    allow_partial: bool,
    /// The file to write [default: local-env.toml beside the template or cdk.out]
    #[arg(long, value_name = "FILE")]
    project: Option<PathBuf>,
    /// Overwrite the file if it exists
    #[arg(long)]
    force: bool,
    /// Write to standard output instead of to the file
    #[arg(long, conflicts_with = "force")]
    print: bool,
}

/// Runs the command. A file that is there is left alone, and what it lacks is a failure.
pub(super) fn run(init: &Init, default: DefaultTemplate) -> miette::Result<()> {
    let templates = init.templates.templates(default);
    let path = init.path(&templates);
    let is_there = path.try_exists().into_diagnostic()?;
    if is_there && !init.force && !init.print {
        return complete(init, &templates, &path);
    }
    let draft = init.draft(&templates, &path, &Project::default(), &templates.parameters)?;
    if init.print {
        return print(&draft.file());
    }
    create(&path, init.force, &draft.file())?;
    print(&told(&path, &draft))
}

/// Tells what a file lacks that is there already.
fn complete(init: &Init, templates: &Templates, path: &Path) -> miette::Result<()> {
    let project = Project::read(path)?;
    let lines = init.draft(templates, path, &project, &[])?.lines();
    if lines.is_empty() {
        return print(&format!("{} has all that the stack needs\n", path.display()));
    }
    print(&lines)?;
    let help = "add these lines to it, or let `--force` write it anew";
    Err(miette::miette!(help = help, "{} is there already, and lacks this", path.display()))
}

fn create(path: &Path, over: bool, text: &str) -> miette::Result<()> {
    let mut options = OpenOptions::new();
    // Without `--force` a file that has come in between is left alone too.
    options.write(true).truncate(over).create(over).create_new(!over);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.into_diagnostic().wrap_err_with(|| format!("cannot write {}", path.display()))
}

fn told(path: &Path, draft: &Draft) -> String {
    let path = path.display();
    if draft.open.is_empty() {
        return format!("wrote {path}: look it through, then run `local-env up`\n");
    }
    format!("wrote {path}, which leaves to you\n  {}\n", draft.open.join("\n  "))
}

// === impl Init ===

impl Init {
    fn path(&self, templates: &Templates) -> PathBuf {
        self.project.clone().unwrap_or_else(|| templates.project_file())
    }

    /// What is to be said beside what `project` says, and these parameters.
    fn draft(
        &self,
        templates: &Templates,
        path: &Path,
        project: &Project,
        given: &[(String, String)],
    ) -> miette::Result<Draft> {
        let (resolved, made_up) = templates.parse()?.make_up(project)?;
        // Whether clients may pass is not asked before the stack is run.
        let allowed = Allowed { unauthenticated: true, partial: self.allow_partial };
        let stack = stack_reader::read(&resolved, allowed)?;
        tell_partial(&stack);
        let lacking =
            project.lacking(&stack, |part| guess::is_skipped(part.service, part.container))?;
        let folders = Folders::near(templates.beside(), Path::new(""));
        let base = path.parent().unwrap_or(Path::new(""));
        Ok(Draft::new(base, &folders, &stack, &lacking).with_values(given, &made_up))
    }
}
