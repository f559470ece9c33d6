//! `local-env healthcheck`: asks the running one whether it answers names, for images that hold no
//! shell and no other program.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use clap::Args;
use hickory_server::proto::{
    op::{Message, MessageType, OpCode},
    serialize::binary::BinEncodable as _,
};
use miette::{IntoDiagnostic as _, WrapErr as _};

const PATIENCE: Duration = Duration::from_secs(2);
/// Any will do: there is one question and one answer.
const ID: u16 = 1;

/// Ask the running local-env whether it answers; ends with 0 if it does
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

/// What is asked is what nobody implements (RFC 1035 §4.1.1): the answer says so, and needs nobody
/// else to be asked.
fn ask(dns: SocketAddr) -> io::Result<()> {
    let message = Message::new(ID, MessageType::Query, OpCode::Status);
    let question = message.to_bytes().map_err(io::Error::other)?;
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect(dns)?;
    socket.send(&question)?;
    let mut answer = [0; 512];
    socket.recv(&mut answer).map(drop)
}
