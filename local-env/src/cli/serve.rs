//! Serving a stack until told to stop, whatever runs its tasks.

use miette::{IntoDiagnostic as _, WrapErr as _};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    explain,
    options::Options,
    screen::{Paper, Screen},
    session::Session,
    signals::Signals,
    table::Facts,
};
use crate::{
    ecs::{Launcher, OutputLine, TaskEvent},
    environment::{Environment, Inbox, Settings, StopSignal, Update},
};
use stack::Stack;

/// Lines of output that may wait to be shown before the tasks that say more are held up.
const WAITING_LINES: usize = 256;

/// An environment with its sockets open, and what is needed to tell of it.
pub(super) struct Served {
    pub(super) environment: Environment,
    pub(super) screen: Screen,
    pub(super) signals: Signals,
    pub(super) facts: Facts,
}

/// Opens all sockets. From here on signals end the command in order.
pub(super) async fn open(
    stack: &Stack,
    settings: Settings,
    options: &Options,
) -> miette::Result<Served> {
    let opened = Environment::open(stack.clone(), settings).await;
    let environment = opened.map_err(|error| explain::environment(&error))?;
    Ok(Served {
        screen: Screen::new(stack),
        signals: Signals::catch().into_diagnostic()?,
        facts: Facts::new(stack, &environment, options.clock(), options.show_ignored),
        environment,
    })
}

// === impl Served ===

impl Served {
    /// Starts the tasks through `launcher` and serves until a signal; `updates` change what runs.
    pub(super) async fn run<L: Launcher>(
        mut self,
        launcher: impl FnOnce(mpsc::UnboundedSender<TaskEvent>, mpsc::Sender<OutputLine>) -> L,
        updates: mpsc::UnboundedReceiver<Update>,
    ) -> miette::Result<()> {
        let (stop, ended) = (StopSignal::default(), CancellationToken::new());
        let session = Session {
            screen: &self.screen,
            facts: self.facts,
            status: self.environment.status(),
            started: Instant::now(),
            shown: None,
            paper: Paper::new(),
            stop: stop.clone(),
            ended: ended.clone(),
        };
        let (notices, heard) = mpsc::unbounded_channel();
        let (output, lines) = mpsc::channel(WAITING_LINES);
        let launcher = |events| launcher(events, output);
        let (ran, told, ()) = tokio::join!(
            self.environment.run(launcher, notices, Inbox { updates, stop: stop.clone() }),
            session.tell(heard, lines),
            obey(&mut self.signals, &stop, &ended)
        );
        ran.map_err(|error| explain::environment(&error))?;
        told.into_diagnostic().wrap_err("standard output can no longer be written to")
    }
}

/// The first signal ends the environment gently, the second at once.
async fn obey(signals: &mut Signals, stop: &StopSignal, ended: &CancellationToken) {
    tokio::select! {
        () = signals.next() => {}
        () = ended.cancelled() => return,
    }
    stop.gently.cancel();
    tokio::select! {
        () = signals.next() => stop.at_once.cancel(),
        () = ended.cancelled() => {}
    }
}
