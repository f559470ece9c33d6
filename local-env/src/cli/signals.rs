//! Ctrl-C and its relatives: the first asks for an orderly end, the second for an immediate one.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end the command.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

// === impl Signals ===

impl Signals {
    /// From here on these signals no longer end the process by themselves.
    pub(super) fn catch() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The next one.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}
