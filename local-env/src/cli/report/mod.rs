//! `local-env report`: what becomes here of each resource and property of a template.

mod account;

use std::fmt::Write as _;

use clap::{Args, ValueEnum};

use self::account::{Account, Line};
use super::{
    print::print,
    templates::{TemplateArguments, tell_made_up},
};
use crate::{project::Project, templates::DefaultTemplate};
use stack::Allowed;

/// List which resource types and properties are emulated, approximated or ignored
///
/// Exits non-zero if something that changes routing or reachability is not emulated.
#[derive(Debug, Args)]
pub(super) struct Report {
    #[command(flatten)]
    templates: TemplateArguments,
    /// The format of the report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For reading
    #[default]
    Human,
    /// For programs
    Json,
}

/// Runs the command.
pub(super) fn run(report: &Report, default: DefaultTemplate) -> miette::Result<()> {
    let templates = report.templates.templates(default);
    let project = Project::read(&templates.project_file())?;
    let (resolved, made_up) = templates.parse()?.make_up(&project)?;
    tell_made_up(&made_up);
    let stack = stack_reader::read(&resolved, Allowed { partial: true, ..Allowed::default() })?;
    let account = Account::new(&resolved, &stack.coverage);
    let text = match report.format {
        Format::Human => human(&account),
        Format::Json => format!("{:#}\n", account.json()),
    };
    print(&text)?;
    match account.not_emulated.len() {
        0 => Ok(()),
        count => Err(miette::miette!(
            help = "--allow-partial runs the stack without them, --ignore NAME without one",
            "{count} of the resources would change routing or reachability and cannot be emulated"
        )),
    }
}

fn human(account: &Account) -> String {
    let width = account.lines.iter().map(|line| line.name().len()).max().unwrap_or_default();
    let mut text = String::new();
    for line in &account.lines {
        let Line { status, how, .. } = line;
        let how = how.as_ref().map(|how| format!(": {how}")).unwrap_or_default();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:width$}  {}{how}", line.name(), status.name());
    }
    text
}
