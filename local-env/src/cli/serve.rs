//! Serving a stack until told to stop, whatever runs its tasks.

use std::time::Duration;

use miette::{IntoDiagnostic as _, WrapErr as _};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    build, explain,
    log_files::LogFiles,
    options::Options,
    screen::{Paper, Screen},
    session::Session,
    signals::Signals,
    table::Facts,
    watch::Watch,
};
use crate::{
    environment::StopSignal,
    library::{Builder, Opened},
};

/// How long the last lines may take to be kept once all tasks have ended.
const LAST_LINES_PATIENCE: Duration = Duration::from_secs(5);

/// An environment with its ports taken, and what is needed to tell of it.
pub(super) struct Served {
    opened: Opened,
    screen: Screen,
    signals: Signals,
    facts: Facts,
}

/// Takes all ports. From here on signals end the command in order.
pub(super) async fn open(builder: Builder, options: &Options) -> miette::Result<Served> {
    let opened = builder.open().await.map_err(explain::error)?;
    for remark in opened.remarks() {
        Screen::warn(&remark.to_string());
    }
    let facts =
        Facts::new(opened.stack(), opened.addresses(), options.clock(), options.show_ignored);
    Ok(Served {
        screen: Screen::new(opened.stack()),
        signals: Signals::catch().into_diagnostic()?,
        facts,
        opened,
    })
}

// === impl Served ===

impl Served {
    /// Returns whether some of the tasks are containers.
    pub(super) fn has_containers(&self) -> bool {
        self.opened.has_containers()
    }

    /// Tells of these limits in the table.
    pub(super) fn limits(&mut self, limits: &'static str) {
        self.facts.limits = Some(limits);
    }

    /// Builds what has to be built, and gets the images.
    pub(super) async fn build(&mut self) -> miette::Result<()> {
        build::run(&self.opened.builds(), &self.screen, &mut self.signals).await?;
        let images = self.opened.images().await.map_err(explain::error)?;
        build::run(&images, &self.screen, &mut self.signals).await
    }

    /// Starts the tasks and serves until a signal. With `watch` what runs is changed as its files
    /// are; what the tasks say is kept in `logs`, if there are any.
    pub(super) async fn run(mut self, watch: bool, logs: Option<LogFiles>) -> miette::Result<()> {
        let sources = self.opened.sources().clone();
        let heard = self.opened.notices();
        let (lines, kept) = match (self.opened.output(), logs) {
            (lines, Some(logs)) => {
                let (lines, writing) = logs.keep(lines);
                (lines, Some(writing))
            }
            (lines, None) => (lines, None),
        };
        let started = Instant::now();
        let environment = self.opened.start_built().await.map_err(explain::error)?;
        if watch {
            let watch = Watch::new(sources, environment.changes());
            tokio::spawn(watch.run());
        }
        let (stop, ended) = (environment.stop_signal(), CancellationToken::new());
        let session = Session {
            screen: &self.screen,
            facts: self.facts,
            status: environment.status(),
            started,
            shown: None,
            paper: Paper::new(),
            stop: stop.clone(),
            ended: ended.clone(),
        };
        let (ran, told, ()) = tokio::join!(
            environment.ended(),
            session.tell(heard, lines),
            obey(&mut self.signals, &stop, &ended)
        );
        if let Some(writing) = kept {
            // What was said last is kept, also where nobody has read what is shown.
            let _ = timeout(LAST_LINES_PATIENCE, writing).await;
        }
        ran.map_err(explain::error)?;
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
