//! `local-env compose`: prints a stack for Docker Compose.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{print::print, typed::pair};
use crate::{
    compose::{self, Images},
    project::Project,
    templates::{DefaultTemplate, Templates},
};
use stack::Allowed;

/// Print a Docker Compose file that runs the stack in containers
#[derive(Debug, Args)]
pub(super) struct Compose {
    /// A CloudFormation template in this folder [default: the template that `infra synth` emits]
    template: Option<PathBuf>,
    /// Set a template parameter; overrides local-env.toml
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair::<String, String>('='))]
    parameter: Vec<(String, String)>,
    /// Skip `authenticate-*` actions, which are not emulated, and let every client through
    #[arg(long)]
    allow_unauthenticated: bool,
}

/// Runs the command.
pub(super) fn run(compose: &Compose, default: DefaultTemplate) -> miette::Result<()> {
    let template = compose.template.as_deref();
    let templates = Templates {
        paths: compose.template.iter().cloned().collect(),
        default: Some(default),
        parameters: compose.parameter.clone(),
        ..Templates::default()
    };
    let project = Project::read(&templates.project_file())?;
    let allowed = Allowed { unauthenticated: compose.allow_unauthenticated, partial: false };
    let stack = stack_reader::read(&templates.parse()?.resolve(&project)?, allowed)?;
    if let Some(why) = compose::unfit(&stack) {
        let help = "run the stack with `local-env up`";
        return Err(miette::miette!(help = help, "{why}, which cannot be printed for Compose"));
    }
    let images = match template.and_then(Path::file_name) {
        Some(name) => Images::AsNamed { template: name.to_string_lossy().into_owned() },
        None => Images::Built,
    };
    let file = compose::file(&stack, &images, &compose.parameter);
    print(&file)
}
