//! The `local-env` command.

use std::{io::IsTerminal as _, process::ExitCode};

use local_env::cli::{self, DefaultTemplate};
use tracing_subscriber::EnvFilter;

/// What is run where no template is named.
const DEFAULT: DefaultTemplate = DefaultTemplate {
    stack_name: "services",
    called: "the template of `infra synth`",
    text: || infra::services_template().to_json(),
};

/// The environment and its data plane have threads of their own.
fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let done = runtime.block_on(cli::run(DEFAULT));
            runtime.shutdown_background();
            exit_code(done)
        }
        Err(error) => exit_code(Err(miette::miette!("cannot start: {error}"))),
    }
}

#[expect(clippy::print_stderr, reason = "this is where errors are told")]
fn exit_code(done: miette::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(report) => {
            eprintln!("{report:?}");
            ExitCode::FAILURE
        }
    }
}
