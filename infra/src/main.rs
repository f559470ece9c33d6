//! Prints the sample's CloudFormation templates.

use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand, ValueEnum};
use thiserror::Error;

/// The sample stack, as CloudFormation templates
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print a stack's template on standard output
    #[command(after_help = "Examples:\n  \
        infra synth > services.json\n  \
        infra synth --format yaml > services.yaml\n  \
        infra synth registry > registry.json")]
    Synth {
        /// The stack to print
        #[arg(value_enum, default_value_t = Stack::Services)]
        stack: Stack,
        /// How to write it
        #[arg(long, value_enum, default_value_t = Format::Json)]
        format: Format,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Stack {
    /// The three services, with network, load balancer, certificate and DNS
    Services,
    /// The ECR repositories, which must exist before images are pushed
    Registry,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Json,
    Yaml,
}

/// Why the template was not printed.
#[derive(Debug, Error)]
#[error("cannot write the template to standard output: {0}")]
struct WriteFailed(#[from] io::Error);

fn main() -> ExitCode {
    let Cli { command: Command::Synth { stack, format } } = Cli::parse();
    match print(&synth(stack, format)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With standard error gone too there is no one left to tell.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn synth(stack: Stack, format: Format) -> String {
    let template = match stack {
        Stack::Services => infra::services_template(),
        Stack::Registry => infra::registry_template(),
    };
    match format {
        Format::Json => template.to_json(),
        Format::Yaml => template.to_yaml(),
    }
}

/// A reader that has seen enough and closes the pipe is no failure.
fn print(text: &str) -> Result<(), WriteFailed> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
