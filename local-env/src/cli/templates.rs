//! Which templates a command reads, as typed, and what is told of reading them.

use std::path::PathBuf;

use clap::Args;

use super::{screen::Screen, typed::pair};
use crate::templates::{DefaultTemplate, MadeUp, Templates};
use stack::{Stack, Warning};

/// Which templates are read, and with what.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct TemplateArguments {
    /// CloudFormation templates in JSON or YAML, a cdk.out folder, or `-` for standard input
    /// [default: the template that `infra synth` emits]
    #[arg(value_name = "TEMPLATE")]
    pub(super) paths: Vec<PathBuf>,
    /// Use only this stack; repeat the option to use several
    #[arg(long = "stack", value_name = "NAME")]
    stacks: Vec<String>,
    /// Set a template parameter; overrides parameter files and local-env.toml
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair::<String, String>('='))]
    pub(super) parameter: Vec<(String, String)>,
    /// Read parameters from a file in a format that `aws cloudformation` accepts
    #[arg(long, value_name = "FILE")]
    parameters_file: Vec<PathBuf>,
    /// Leave out the resource with this logical ID; repeat the option to leave out several
    #[arg(long, value_name = "RESOURCE")]
    ignore: Vec<String>,
}

/// Tells what `--allow-partial` leaves out, where nothing else tells the stack's warnings.
pub(super) fn tell_partial(stack: &Stack) {
    let left_out = |warning: &&Warning| matches!(warning, Warning::LeftOut { .. });
    for warning in stack.coverage.warnings.iter().filter(left_out) {
        Screen::warn(&warning.to_string());
    }
}

/// Names what the template is read with for want of a value.
pub(super) fn tell_made_up(made_up: &MadeUp) {
    for (what, names, mend) in [
        ("parameters", &made_up.parameters, "--parameter NAME=VALUE gives them others"),
        ("imports", &made_up.imports, "name the templates that export them too"),
        ("attributes", &made_up.attributes, "local-env.toml says others under [attributes]"),
    ] {
        let names: Vec<_> = names.keys().map(|name| format!("`{name}`")).collect();
        if !names.is_empty() {
            let names = names.join(", ");
            Screen::warn(&format!("{what} without values have made-up ones: {names}; {mend}"));
        }
    }
}

// === impl TemplateArguments ===

impl TemplateArguments {
    /// Returns what is meant by what was typed.
    pub(super) fn templates(&self, default: DefaultTemplate) -> Templates {
        let Self { paths, stacks, parameter, parameters_file, ignore } = self.clone();
        Templates {
            paths,
            default: Some(default),
            stacks,
            parameters: parameter,
            parameters_files: parameters_file,
            ignored: ignore,
        }
    }
}
