//! A registered target, as the data plane sees it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio_util::sync::CancellationToken;

/// One registration of an address; registered again, the address is another target.
#[derive(Debug)]
pub(crate) struct Target {
    /// A number that no other registration ever has; later ones have greater ones.
    pub(crate) id: u64,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    in_flight: AtomicUsize,
    watched: AtomicBool,
    answers: AtomicU32,
    faults: AtomicU32,
    cut: CancellationToken,
}

/// A request that a target has been given and has not answered yet.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Target>);

/// What a target did since it was last asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Conduct {
    pub(super) answers: u32,
    /// How many of the answers were none, or told of a fault of the target's own.
    pub(super) faults: u32,
}

// === impl Target ===

impl Target {
    pub(super) fn new(address: SocketAddr) -> Arc<Self> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Arc::new(Self {
            id: LAST.fetch_add(1, Ordering::Relaxed) + 1,
            address,
            in_flight: AtomicUsize::new(0),
            watched: AtomicBool::new(false),
            answers: AtomicU32::new(0),
            faults: AtomicU32::new(0),
            cut: CancellationToken::new(),
        })
    }

    /// Returns the token that is cancelled when the requests in flight are to be broken off
    /// (alb §4.6).
    pub(crate) fn cut(&self) -> &CancellationToken {
        &self.cut
    }

    /// Notes an answer, or that there was none.
    pub(crate) fn note_answer(&self, status: Option<u16>) {
        // Where nobody compares targets, counting would only cost.
        if !self.watched.load(Ordering::Relaxed) {
            return;
        }
        self.answers.fetch_add(1, Ordering::Relaxed);
        if status.is_none_or(|status| status >= 500) {
            self.faults.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a request for as long as the guard lives.
    pub(super) fn begin(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(Arc::clone(self))
    }

    /// Returns how many requests are in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Has its answers counted from here on, or not.
    pub(super) fn set_watched(&self, watched: bool) {
        self.watched.store(watched, Ordering::Relaxed);
    }

    /// Returns what was noted since the last call.
    pub(super) fn take_conduct(&self) -> Conduct {
        let faults = self.faults.swap(0, Ordering::Relaxed);
        Conduct { answers: self.answers.swap(0, Ordering::Relaxed).max(faults), faults }
    }
}

// === impl InFlight ===

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
