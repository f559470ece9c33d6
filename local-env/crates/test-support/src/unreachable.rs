//! Addresses that nobody can connect to: one that refuses, and one that answers no SYN, since it is
//! a socket that listens with the shortest of queues, which is full.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, Socket, Type};

/// A port that is taken, so that no other test gets it, and not listened on.
pub struct Refusing {
    pub address: SocketAddr,
    _socket: Socket,
}

/// A port whose connections are never made.
pub struct DropPackets {
    pub address: SocketAddr,
    _listener: TcpListener,
    _queued: TcpStream,
    _waiting: Vec<Socket>,
}

// === impl Refusing ===

impl Refusing {
    pub fn bind() -> Self {
        let (socket, address) = bound();
        Self { address, _socket: socket }
    }
}

// === impl DropPackets ===

impl DropPackets {
    pub fn bind() -> Self {
        let (socket, address) = bound();
        socket.listen(0).expect("it listens");
        let listener = TcpListener::from(socket);
        // One fills the queue; the others are for systems that make it longer.
        let queued = TcpStream::connect(address).expect("a connection");
        let waiting = (0..8).map(|_| connecting(address)).collect();
        Self { address, _listener: listener, _queued: queued, _waiting: waiting }
    }
}

fn socket() -> Socket {
    Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket")
}

fn bound() -> (Socket, SocketAddr) {
    let socket = socket();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("a free port");
    let address = socket.local_addr().ok().and_then(|address| address.as_socket());
    (socket, address.expect("an address"))
}

/// Begins to connect and does not wait for it.
fn connecting(to: SocketAddr) -> Socket {
    let socket = socket();
    socket.set_nonblocking(true).expect("not blocking");
    let begun = socket.connect(&to.into());
    assert!(begun.is_err(), "a connect that does not block is under way");
    socket
}
