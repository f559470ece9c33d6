//! The end of a relay in a container.

use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4},
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream, UdpSocket, UnixStream},
    task::JoinSet,
};

use super::purpose::Purpose;

const DNS_PORT: u16 = 53;
const LARGEST_MESSAGE: usize = 65_535;

/// A relay in a container, which passes connections on through a unix socket.
#[derive(Clone, Debug)]
pub(crate) struct Inside {
    /// The path of the gate's socket.
    pub socket: PathBuf,
    /// Whether questions that come to port 53 are passed on.
    pub dns: bool,
    /// The ports that are listened on, and what their connections are meant for.
    pub ports: Vec<PortAndTarget>,
}

/// A port of a relay and an address on the environment's side, as in `8080:127.1.1.2:7071`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PortAndTarget {
    /// The port that the relay listens on.
    pub port: u16,
    /// The address that its connections are meant for.
    pub target: SocketAddrV4,
}

// === impl Inside ===

impl Inside {
    /// Passes connections on until it is killed.
    ///
    /// # Errors
    ///
    /// If a port can't be listened on.
    pub(crate) async fn run(self) -> io::Result<()> {
        let socket: Arc<Path> = self.socket.into();
        let mut relays = JoinSet::new();
        if self.dns {
            let udp = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, DNS_PORT)).await?;
            relays.spawn(questions(Arc::new(udp), Arc::clone(&socket)));
            let tcp = TcpListener::bind((Ipv4Addr::UNSPECIFIED, DNS_PORT)).await?;
            relays.spawn(connections(tcp, Purpose::Resolver, Arc::clone(&socket)));
        }
        for PortAndTarget { port, target } in self.ports {
            let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
            relays.spawn(connections(listener, Purpose::Connection(target), Arc::clone(&socket)));
        }
        match relays.join_next().await {
            Some(ended) => ended.map_err(io::Error::other)?,
            // It holds a network namespace and does nothing.
            None => std::future::pending().await,
        }
    }
}

async fn connections(listener: TcpListener, purpose: Purpose, socket: Arc<Path>) -> io::Result<()> {
    loop {
        let (client, _) = listener.accept().await?;
        let socket = Arc::clone(&socket);
        tokio::spawn(async move {
            // Whichever side breaks off, the other sees its connection end.
            let _ = connection(client, purpose, &socket).await;
        });
    }
}

async fn connection(mut client: TcpStream, purpose: Purpose, socket: &Path) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut gate = UnixStream::connect(socket).await?;
    gate.write_all(purpose.to_string().as_bytes()).await?;
    copy_bidirectional(&mut client, &mut gate).await?;
    Ok(())
}

async fn questions(udp: Arc<UdpSocket>, socket: Arc<Path>) -> io::Result<()> {
    let mut buffer = vec![0; LARGEST_MESSAGE];
    loop {
        let (length, from) = udp.recv_from(&mut buffer).await?;
        let question = buffer.get(..length).unwrap_or_default().to_vec();
        let (udp, socket) = (Arc::clone(&udp), Arc::clone(&socket));
        tokio::spawn(async move {
            // Who gets no answer asks again.
            if let Ok(answer) = ask(&question, &socket).await {
                let _ = udp.send_to(&answer, from).await;
            }
        });
    }
}

async fn ask(question: &[u8], socket: &Path) -> io::Result<Vec<u8>> {
    let mut gate = UnixStream::connect(socket).await?;
    gate.write_all(Purpose::Question.to_string().as_bytes()).await?;
    gate.write_u16(u16::try_from(question.len()).map_err(io::Error::other)?).await?;
    gate.write_all(question).await?;
    let mut answer = vec![0; gate.read_u16().await?.into()];
    gate.read_exact(&mut answer).await?;
    Ok(answer)
}

// === impl PortAndTarget ===

impl FromStr for PortAndTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("`{text}` is not like 8080:127.0.0.1:80");
        let (port, target) = text.split_once(':').ok_or_else(expected)?;
        let port = port.parse().map_err(|_| expected())?;
        Ok(Self { port, target: target.parse().map_err(|_| expected())? })
    }
}

impl std::fmt::Display for PortAndTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.port, self.target)
    }
}
