//! DNS over UDP: a few threads, each with a socket of its own on the same port, so that the kernel
//! spreads the questions over them.
//!
//! A thread answers the usual questions on the spot. Others it hands to the runtime that the server
//! was started on, where there is time to ask somebody else.

mod outbox;

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Instant,
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    io::Interest,
    net::UdpSocket as Awaited,
    runtime::{Builder, Handle},
    select,
    task::spawn_blocking,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use self::outbox::Outbox;
use super::{handler::Handler, registry::Registry, wire::EDNS_PAYLOAD};

/// The most threads: more would hardly ever be busy.
const MAX_WORKERS: usize = 4;
/// The size of a socket's receive buffer, in bytes, for bursts: what the kernel gives by default holds
/// fewer than 300 questions.
const RECEIVE_BUFFER: usize = 1024 * 1024;
/// How many questions are answered together.
const BATCH: usize = 32;

/// The threads, which end when this is dropped.
pub(super) struct Workers {
    threads: Vec<JoinHandle<()>>,
    stop: DropGuard,
}

/// What one thread works with.
struct Worker {
    registry: Arc<Registry>,
    handler: Handler,
    socket: Arc<UdpSocket>,
    /// The same socket, for waiting. If it were asked for questions too, it would wait after each
    /// answer, and who asks much has asked again by then.
    awaited: Awaited,
    runtime: Handle,
    random: fastrand::Rng,
}

/// Opens a socket for each worker, on an address that nobody else listens on.
pub(super) fn bind(address: SocketAddr) -> io::Result<Vec<UdpSocket>> {
    // A socket that shares its port would be let in beside another program's that does so too.
    drop(UdpSocket::bind(address)?);
    (0..workers()).map(|_| shared(address)).collect()
}

fn shared(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// Returns the number of workers: half of the processors, since who asks is on this machine too, and
/// since questions that come to few threads are answered in larger batches. Only Linux spreads
/// datagrams over sockets.
fn workers() -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    if cfg!(target_os = "linux") { (processors / 2).clamp(1, MAX_WORKERS) } else { 1 }
}

// === impl Workers ===

impl Workers {
    /// Starts a thread for each socket, within the runtime that other questions are handed to.
    pub(super) fn start(
        sockets: Vec<UdpSocket>,
        registry: &Arc<Registry>,
        handler: &Handler,
    ) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let mut workers = Self { threads: Vec::new(), stop: stop.clone().drop_guard() };
        for (index, socket) in sockets.into_iter().enumerate() {
            let own = Builder::new_current_thread().enable_io().build()?;
            let awaited = {
                let _inside = own.enter();
                Awaited::from_std(socket.try_clone()?)?
            };
            let worker = Worker {
                registry: Arc::clone(registry),
                handler: handler.clone(),
                socket: Arc::new(socket),
                awaited,
                runtime: Handle::current(),
                random: fastrand::Rng::new(),
            };
            let run = worker.run(stop.clone());
            let thread = thread::Builder::new().name(format!("dns-{index}"));
            workers.threads.push(thread.spawn(move || own.block_on(run))?);
        }
        Ok(workers)
    }

    /// Stops the threads, and waits until all have ended.
    pub(super) async fn stop(self) {
        drop(self.stop);
        let ended = spawn_blocking(|| self.threads.into_iter().try_for_each(JoinHandle::join));
        if !matches!(ended.await, Ok(Ok(()))) {
            tracing::debug!("a thread that answers over UDP did not end cleanly");
        }
    }
}

// === impl Worker ===

impl Worker {
    async fn run(mut self, stop: CancellationToken) {
        let mut message = vec![0; EDNS_PAYLOAD.into()];
        let mut outbox = Outbox::new();
        while !stop.is_cancelled() {
            if self.answer_some(&mut message, &mut outbox) {
                outbox.send(&self.socket);
                continue;
            }
            select! {
                () = stop.cancelled() => return,
                ready = self.awaited.readable() => if let Err(error) = ready {
                    tracing::error!(%error, "a socket for DNS is lost");
                    return;
                },
            }
            // What comes from here on is waited for anew.
            let seen = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
            let _seen = self.awaited.try_io(Interest::READABLE, seen);
        }
    }

    /// Answers up to a batch of questions, and returns whether there were any.
    fn answer_some(&mut self, message: &mut [u8], outbox: &mut Outbox) -> bool {
        let mut any = false;
        for _ in 0..BATCH {
            match self.socket.recv_from(message) {
                Ok((length, from)) => {
                    self.answer(message.get(..length).unwrap_or_default(), from, outbox);
                    any = true;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => tracing::debug!(%error, "no question was received"),
            }
        }
        any
    }

    /// Puts the answer to a question into the outbox, or hands the question to the runtime.
    fn answer(&mut self, message: &[u8], from: SocketAddr, outbox: &mut Outbox) {
        let (registry, random) = (&self.registry, &mut self.random);
        let directly = |answer: &mut Vec<u8>| {
            registry.with_moment(Instant::now(), |it| it.answer(message, random, answer))
        };
        if outbox.put(from, directly) {
            return;
        }
        let (message, socket, handler) =
            (message.to_vec(), Arc::clone(&self.socket), self.handler.clone());
        self.runtime.spawn(async move {
            if let Some(answer) = handler.answer(message, from).await
                && let Err(error) = socket.send_to(&answer, from)
            {
                tracing::debug!(%error, to = %from, "a DNS answer was not sent");
            }
        });
    }
}
