//! The `local-env` command.

use std::{io::IsTerminal as _, process::ExitCode};

use tokio::task::LocalSet;
use tracing_subscriber::EnvFilter;

/// All tasks are started on this thread, which lives as long as the environment: the kernel ends
/// them with it. The data plane has threads of its own.
fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let done = LocalSet::new().block_on(&runtime, local_env::cli::run());
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
