//! `serviceN healthcheck`: the service's own program asks the running one whether it lives, for
//! images that hold no shell and no other program.

use std::{
    io::{self, Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

/// How long connecting may take, and the answer.
const PATIENCE: Duration = Duration::from_secs(2);
const HEALTHY: &[u8] = b"HTTP/1.1 200 ";

/// Asks the service that listens at `address` for `/NAME/health`.
pub(crate) fn ask(name: &str, address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&reachable(address), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request =
        format!("GET /{name}/health HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = [0; HEALTHY.len()];
    stream.read_exact(&mut answer)?;
    if answer == HEALTHY { Ok(()) } else { Err(io::Error::other("it did not answer 200")) }
}

/// What listens on all addresses is reached at loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let loopback = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(loopback, address.port())
}
