//! Listening sockets: one for each worker and address, sharing a port, so that the kernel spreads
//! connections over the workers.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener},
};

use socket2::{Domain, Protocol, Socket, Type};

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// A free port that has been found may be somebody else's a moment later.
const ATTEMPTS: u32 = 10;

/// A port that can't be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    /// Where it was tried.
    pub address: SocketAddr,
    /// What the operating system says.
    #[source]
    pub source: io::Error,
}

/// Opens sockets for each of `workers` on each of `addresses`, all on one port; port 0 is any free
/// one, which the first address finds.
pub(super) fn bind(
    addresses: &[IpAddr],
    port: u16,
    workers: usize,
) -> Result<(u16, Vec<Vec<TcpListener>>), BindError> {
    let mut attempts = if port == 0 { ATTEMPTS } else { 1 };
    loop {
        attempts -= 1;
        let bound = try_to_bind(addresses, port, workers);
        if bound.is_ok() || attempts == 0 {
            return bound;
        }
    }
}

fn try_to_bind(
    addresses: &[IpAddr],
    mut port: u16,
    workers: usize,
) -> Result<(u16, Vec<Vec<TcpListener>>), BindError> {
    let mut sets: Vec<Vec<TcpListener>> = (0..workers).map(|_| Vec::new()).collect();
    for &ip in addresses {
        let address = SocketAddr::new(ip, port);
        let failed = |source| BindError { address, source };
        // A socket that shares its port would be let in beside another program's that does so too.
        port = exclusively(address).map_err(failed)?;
        for set in &mut sets {
            let address = SocketAddr::new(ip, port);
            set.push(shared(address).map_err(|source| BindError { address, source })?);
        }
    }
    Ok((port, sets))
}

/// Returns the port, if nobody listens on it.
fn exclusively(address: SocketAddr) -> io::Result<u16> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    prepare(&socket, address)?;
    socket.bind(&address.into())?;
    socket.listen(1)?;
    let bound = socket.local_addr()?.as_socket();
    Ok(bound.map_or(address.port(), |bound| bound.port()))
}

fn shared(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    prepare(&socket, address)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn prepare(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const LOOPBACK: [IpAddr; 1] = [IpAddr::V4(Ipv4Addr::LOCALHOST)];

    #[test]
    fn a_port_is_not_shared_with_another_load_balancer() {
        let (port, _sockets) = bind(&LOOPBACK, 0, 2).unwrap();
        let error = bind(&LOOPBACK, port, 2).unwrap_err();
        assert_eq!(error.address.port(), port);
        assert_eq!(error.source.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn all_sockets_have_the_port_that_was_found() {
        let (port, sets) = bind(&LOOPBACK, 0, 3).unwrap();
        assert_eq!(sets.len(), 3);
        for socket in sets.iter().flatten() {
            assert_eq!(socket.local_addr().unwrap().port(), port);
        }
    }
}
