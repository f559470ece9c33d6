//! Answers that are sent together: a call to the kernel for many of them instead of one for each.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
};

/// Answers that are to be sent together, whose memory is used again and again.
pub(super) struct Outbox {
    places: Vec<OutgoingAnswer>,
    filled: usize,
}

/// An answer, and whom it is for.
struct OutgoingAnswer {
    message: Vec<u8>,
    to: SocketAddr,
}

// === impl Outbox ===

impl Outbox {
    pub(super) fn new() -> Self {
        Self { places: Vec::new(), filled: 0 }
    }

    /// Puts in what `write` writes, unless that returns that it is not to be sent; returns what `write`
    /// does.
    pub(super) fn put(&mut self, to: SocketAddr, write: impl FnOnce(&mut Vec<u8>) -> bool) -> bool {
        if self.filled == self.places.len() {
            self.places.push(OutgoingAnswer { message: Vec::new(), to });
        }
        let Some(place) = self.places.get_mut(self.filled) else { return false };
        place.to = to;
        let written = write(&mut place.message);
        self.filled += usize::from(written);
        written
    }

    /// Sends all answers, without waiting: who does not get an answer over UDP asks again.
    pub(super) fn send(&mut self, socket: &UdpSocket) {
        let mut unsent = self.places.get(..self.filled).unwrap_or_default();
        self.filled = 0;
        while let Some((first, others)) = unsent.split_first() {
            match send_some(socket, first, unsent) {
                Ok(sent) => unsent = unsent.get(sent..).unwrap_or_default(),
                Err(error) => {
                    tracing::debug!(%error, to = %first.to, "a DNS answer was not sent");
                    unsent = others;
                }
            }
        }
    }
}

/// Sends several answers, and returns how many of them were sent; an error is about the first.
#[cfg(target_os = "linux")]
fn send_some(
    socket: &UdpSocket,
    first: &OutgoingAnswer,
    all: &[OutgoingAnswer],
) -> io::Result<usize> {
    use std::io::IoSlice;

    use rustix::net::{
        MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny, addr::SocketAddrArg as _, sendmmsg,
    };

    if all.len() == 1 {
        return socket.send_to(&first.message, first.to).map(|_| 1);
    }
    let mut parts: Vec<(SocketAddrAny, [IoSlice<'_>; 1], SendAncillaryBuffer<'_, '_, '_>)> = all
        .iter()
        .map(|it| (it.to.as_any(), [IoSlice::new(&it.message)], SendAncillaryBuffer::default()))
        .collect();
    let mut messages: Vec<_> = parts
        .iter_mut()
        .map(|(to, message, control)| MMsgHdr::new_with_addr(to, message, control))
        .collect();
    Ok(sendmmsg(socket, &mut messages, SendFlags::empty())?)
}

/// Sends several answers, and returns how many of them were sent; an error is about the first.
#[cfg(not(target_os = "linux"))]
fn send_some(
    socket: &UdpSocket,
    first: &OutgoingAnswer,
    _all: &[OutgoingAnswer],
) -> io::Result<usize> {
    socket.send_to(&first.message, first.to).map(|_| 1)
}
