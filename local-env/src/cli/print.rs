//! What a command prints that runs nothing.

use std::io::{self, Write as _};

use miette::IntoDiagnostic as _;

/// Writes to standard output. A reader that has seen enough and closes the pipe is no failure.
pub(super) fn print(text: &str) -> miette::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).into_diagnostic(),
        _ => Ok(()),
    }
}
