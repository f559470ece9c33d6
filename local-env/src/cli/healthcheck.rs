//! `local-env healthcheck`: asks the running one whether it answers names, for images that hold no
//! shell and no other program.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use clap::Args;
use miette::{IntoDiagnostic as _, WrapErr as _};

const PATIENCE: Duration = Duration::from_secs(2);
/// A header without a question, of a kind that nobody implements, STATUS (RFC 1035 §4.1.1): the answer
/// says so, and nobody else needs to be asked.
const QUESTION: [u8; 12] = [0, 1, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Check that a running local-env answers; exits with 0 if it does
#[derive(Debug, Args)]
pub(super) struct Healthcheck {
    /// Where it answers names
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:53")]
    dns: SocketAddr,
}

/// Runs the command.
pub(super) fn run(healthcheck: &Healthcheck) -> miette::Result<()> {
    ask(healthcheck.dns)
        .into_diagnostic()
        .wrap_err_with(|| format!("nobody answers names at {}", healthcheck.dns))
}

fn ask(dns: SocketAddr) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect(dns)?;
    socket.send(&QUESTION)?;
    let mut answer = [0; 512];
    socket.recv(&mut answer).map(drop)
}
