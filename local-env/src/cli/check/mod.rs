//! `local-env check`: what would fail in AWS, found without running anything.

mod images;

use std::io::{self, IsTerminal as _, Write as _};

use clap::{Args, ValueEnum};

use super::{
    print::print,
    templates::{TemplateArguments, tell_made_up},
};
use crate::{project::Project, templates::DefaultTemplate};
use check::{self, Architectures, Code, Findings, Severity, format};

/// Find what would fail in AWS, without running anything
///
/// Exits non-zero on errors; `--strict` includes warnings.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    templates: TemplateArguments,
    /// The format of the findings
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
    /// Leave out findings with this code; repeat the option to leave out several
    #[arg(long, value_name = "CODE", value_parser = check::named)]
    allow: Vec<&'static Code>,
    /// Exit non-zero on warnings too
    #[arg(long)]
    strict: bool,
    /// Ask Docker which architectures the images are built for
    #[arg(long)]
    images: bool,
}

/// For whom.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// For code scanning, as SARIF 2.1.0
    Sarif,
    /// For GitHub's pull requests, as annotations
    Github,
}

/// Runs the command; it fails where the stack would.
pub(super) fn run(check: &Check, default: DefaultTemplate) -> miette::Result<()> {
    let findings = check.findings(default)?.without(&check.allow);
    let told = match check.format {
        Format::Text => format::text(&findings, colours()),
        Format::Json => format::json(&findings),
        Format::Sarif => format::sarif(&findings),
        Format::Github => format::github(&findings),
    };
    print(&told)?;
    check.verdict(&findings)
}

fn colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

// === impl Check ===

impl Check {
    fn findings(&self, default: DefaultTemplate) -> miette::Result<Findings> {
        let templates = self.templates.templates(default);
        let project = Project::read(&templates.project_file())?;
        let (resolved, made_up) = match templates.parse()?.make_up(&project) {
            Ok(resolved) => resolved,
            Err(error) => return Ok(check::unresolved(&error.into_template_errors()?)),
        };
        tell_made_up(&made_up);
        let architectures =
            if self.images { images::architectures(&resolved)? } else { Architectures::new() };
        Ok(check::check(&resolved, &architectures))
    }

    fn verdict(&self, findings: &Findings) -> miette::Result<()> {
        let count = |severity| findings.count(severity);
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let told = format!(
            "{}, {} and {}",
            counted(errors, "error"),
            counted(warnings, "warning"),
            match count(Severity::Advice) {
                0 => "no advice".to_owned(),
                1 => "1 piece of advice".to_owned(),
                several => format!("{several} pieces of advice"),
            }
        );
        let name = findings.source.name();
        if errors > 0 || self.strict && warnings > 0 {
            let help = "`--allow CODE` leaves out what is meant to be so";
            return Err(miette::miette!(help = help, "{name} has {told}"));
        }
        // There is nobody to tell where standard error is gone.
        let _ = writeln!(io::stderr(), "{name} has {told}");
        Ok(())
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        several => format!("{several} {what}s"),
    }
}
