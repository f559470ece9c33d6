//! The environment's end of the relays.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4},
    path::Path,
    rc::Rc,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy, copy_bidirectional},
    net::{TcpStream, UdpSocket, UnixListener, UnixStream},
    task::{AbortHandle, spawn_local},
    time::timeout,
};

use super::purpose::Purpose;

/// How long the resolver may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
const LARGEST_MESSAGE: usize = 65_535;

/// How containers reach each task: the task's address here, and that in their network. It is cheap to
/// clone, and all clones are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reachable(Rc<RefCell<BTreeMap<Ipv4Addr, Ipv4Addr>>>);

/// A unix socket that takes the connections of relays until it is dropped.
#[derive(Debug)]
pub(crate) struct Gate(AbortHandle);

/// What relays have access to.
struct GateAccess {
    dns: SocketAddr,
    metadata: SocketAddr,
    reachable: Reachable,
}

// === impl Reachable ===

impl Reachable {
    /// Adds the address in the network by which a task is reached.
    pub(crate) fn insert(&self, address: Ipv4Addr, in_network: Ipv4Addr) {
        self.0.borrow_mut().insert(address, in_network);
    }

    /// Removes the address of a task that has ended.
    pub(crate) fn remove(&self, address: Ipv4Addr) {
        self.0.borrow_mut().remove(&address);
    }

    fn get(&self, address: Ipv4Addr) -> Option<Ipv4Addr> {
        self.0.borrow().get(&address).copied()
    }
}

// === impl Gate ===

impl Gate {
    /// Listens at a path. Names are answered at `dns`, and tasks are told of themselves at `metadata`.
    /// Must be called within a `LocalSet`.
    ///
    /// # Errors
    ///
    /// If a socket can't be made there.
    pub(crate) fn open(
        path: &Path,
        dns: SocketAddr,
        metadata: SocketAddr,
        reachable: Reachable,
    ) -> io::Result<Self> {
        let listener = UnixListener::bind(path)?;
        let access = Rc::new(GateAccess { dns, metadata, reachable });
        let accepting = async move {
            loop {
                match listener.accept().await {
                    Ok((relay, _)) => drop(spawn_local(Rc::clone(&access).serve(relay))),
                    Err(error) => {
                        tracing::warn!(%error, "a relay was not taken in");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            }
        };
        Ok(Self(spawn_local(accepting).abort_handle()))
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.0.abort();
    }
}

// === impl GateAccess ===

impl GateAccess {
    async fn serve(self: Rc<Self>, mut relay: UnixStream) {
        let purpose = match Purpose::read(&mut relay).await {
            Ok(purpose) => purpose,
            Err(error) => return tracing::debug!(%error, "a relay said nothing of use"),
        };
        let served = match purpose {
            Purpose::Question => self.answer(relay).await,
            Purpose::Resolver => self.resolve(relay).await,
            Purpose::Connection(target) if self.may_be_reached(target) => {
                connect(relay, target).await
            }
            Purpose::Connection(_) => Ok(()),
        };
        if let Err(error) = served {
            tracing::debug!(%error, ?purpose, "a relayed connection broke off");
        }
    }

    /// Returns whether containers may reach a target: tasks, and what the environment serves for them, but
    /// nothing else of this machine.
    fn may_be_reached(&self, target: SocketAddrV4) -> bool {
        SocketAddr::V4(target) == self.metadata || self.reachable.get(*target.ip()).is_some()
    }

    async fn answer(&self, mut relay: UnixStream) -> io::Result<()> {
        let mut question = vec![0; relay.read_u16().await?.into()];
        relay.read_exact(&mut question).await?;
        let own =
            if self.dns.is_ipv4() { IpAddr::from([0, 0, 0, 0]) } else { IpAddr::from([0; 16]) };
        let udp = UdpSocket::bind((own, 0)).await?;
        udp.connect(self.dns).await?;
        udp.send(&question).await?;
        let mut answer = vec![0; LARGEST_MESSAGE];
        let length = timeout(PATIENCE, udp.recv(&mut answer)).await??;
        answer.truncate(length);
        send(&mut relay, self.for_containers(answer)).await
    }

    async fn resolve(&self, relay: UnixStream) -> io::Result<()> {
        let (mut resolver, mut questions) = TcpStream::connect(self.dns).await?.into_split();
        let (mut from, mut to) = relay.into_split();
        let asking = async {
            copy(&mut from, &mut questions).await?;
            questions.shutdown().await
        };
        let answering = self.answers(&mut resolver, &mut to);
        tokio::try_join!(asking, answering).map(|((), ())| ())
    }

    async fn answers(
        &self,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        loop {
            let mut answer = vec![0; from.read_u16().await?.into()];
            from.read_exact(&mut answer).await?;
            send(to, self.for_containers(answer)).await?;
        }
    }

    fn for_containers(&self, answer: Vec<u8>) -> Vec<u8> {
        cloudmap::for_containers(answer, |address| self.reachable.get(address))
    }
}

async fn connect(mut relay: UnixStream, target: SocketAddrV4) -> io::Result<()> {
    let mut target = TcpStream::connect(target).await?;
    target.set_nodelay(true)?;
    copy_bidirectional(&mut relay, &mut target).await?;
    Ok(())
}

/// Sends a message behind its length, as over TCP (RFC 1035 §4.2.2).
async fn send(to: &mut (impl AsyncWrite + Unpin), message: Vec<u8>) -> io::Result<()> {
    to.write_u16(u16::try_from(message.len()).map_err(io::Error::other)?).await?;
    to.write_all(&message).await
}
