//! What the user is told while an environment runs.

use std::{io, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    screen::{Paper, Screen},
    table::Facts,
};
use crate::{
    ecs::OutputLine,
    environment::{Notice, Status, StopSignal},
};

/// How long the table waits for all targets to be healthy before it is shown all the same.
const TABLE_PATIENCE: Duration = Duration::from_secs(10);
/// How long the last lines may take once all tasks have ended.
const LAST_LINES_PATIENCE: Duration = Duration::from_secs(1);

/// What goes on between the start and the end.
pub(super) struct Session<'a> {
    pub(super) screen: &'a Screen,
    pub(super) facts: Facts,
    pub(super) status: watch::Receiver<Status>,
    pub(super) started: Instant,
    pub(super) paper: Paper,
    /// Whether all was well when that was told last; `None` until the table has been shown.
    pub(super) shown: Option<bool>,
    pub(super) stop: StopSignal,
    /// Everything has ended and been told.
    pub(super) ended: CancellationToken,
}

// === impl Session ===

impl Session<'_> {
    /// Tells what happens until the environment has ended, or until nobody waits for it any more.
    pub(super) async fn tell(
        mut self,
        heard: mpsc::UnboundedReceiver<Notice>,
        lines: mpsc::Receiver<OutputLine>,
    ) -> io::Result<()> {
        let at_once = self.stop.at_once.clone();
        let told = tokio::select! {
            told = self.tell_all(heard, lines) => told,
            () = at_once.cancelled() => Ok(()),
        };
        // Where nobody can be told any more, the environment ends.
        self.stop.gently.cancel();
        self.ended.cancel();
        told
    }

    async fn tell_all(
        &mut self,
        mut heard: mpsc::UnboundedReceiver<Notice>,
        mut lines: mpsc::Receiver<OutputLine>,
    ) -> io::Result<()> {
        let deadline = self.started + TABLE_PATIENCE;
        let stopping = self.stop.gently.clone();
        let mut stop_told = false;
        loop {
            tokio::select! {
                biased;
                notice = heard.recv() => match notice {
                    Some(notice) => self.write(&self.screen.notice(&notice)).await?,
                    None => break,
                },
                Ok(()) = self.status.changed() => self.show_steadiness().await?,
                () = stopping.cancelled(), if !stop_told => {
                    stop_told = true;
                    self.write("\nstopping; Ctrl-C again to stop at once\n").await?;
                }
                () = sleep_until(deadline), if self.shown.is_none() => self.show_table().await?,
                Some(line) = lines.recv() => self.write(&self.screen.output(&line)).await?,
            }
        }
        let last_lines = async {
            while let Some(line) = lines.recv().await {
                self.write(&self.screen.output(&line)).await?;
            }
            Ok(())
        };
        // A process that a task left behind may hold its output open.
        timeout(LAST_LINES_PATIENCE, last_lines).await.unwrap_or(Ok(()))
    }

    async fn show_steadiness(&mut self) -> io::Result<()> {
        let steady = self.status.borrow_and_update().is_steady();
        match self.shown {
            None if steady => self.show_table().await,
            Some(false) if steady && !self.stop.gently.is_cancelled() => {
                self.shown = Some(true);
                self.write("all tasks run and are healthy\n").await
            }
            Some(true) if !steady => {
                self.shown = Some(false);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn show_table(&mut self) -> io::Result<()> {
        let table = {
            let status = self.status.borrow();
            self.shown = Some(status.is_steady());
            self.facts.table(self.screen, &status, self.started.elapsed())
        };
        self.write(&table).await
    }

    async fn write(&mut self, text: &str) -> io::Result<()> {
        self.paper.write(text).await
    }
}
