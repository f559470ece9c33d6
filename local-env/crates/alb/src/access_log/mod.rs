//! The access log: a line a request, in ALB's own format or as JSON (alb §9.1).
//!
//! Lines are written by a thread of their own, so that a slow disk or a paused terminal holds up no
//! request: what does not fit into the queue is left out and told of, once.

mod entry;
mod line;

use std::{
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

pub use entry::{Entry, EntryKind, RequestLine, Tls};
pub use line::write;

pub use crate::record::Priority;

/// How many lines may wait to be written.
const QUEUE: usize = 1 << 14;

/// Says how the log's lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines are written as ALB writes them.
    #[default]
    Alb,
    /// Each line is a JSON object, with AWS's names for the fields.
    Json,
}

/// A log of requests that are over. It is cheap to clone, and what it was given is written when the
/// last clone is dropped.
#[derive(Clone, Debug)]
pub struct AccessLog {
    format: LogFormat,
    writer: Arc<Writer>,
}

#[derive(Debug)]
struct Writer {
    lines: Option<SyncSender<Vec<u8>>>,
    thread: Option<thread::JoinHandle<()>>,
    overrun: AtomicBool,
}

// === impl AccessLog ===

impl AccessLog {
    /// Opens a log that appends to this file, which is made where there is none; `-` is standard
    /// output.
    pub fn open(path: &Path, format: LogFormat) -> io::Result<Self> {
        let output: Box<dyn Write + Send> = if path == Path::new("-") {
            Box::new(io::stdout())
        } else {
            Box::new(OpenOptions::new().append(true).create(true).open(path)?)
        };
        let (lines, queue) = sync_channel(QUEUE);
        let thread = thread::Builder::new()
            .name("access-log".into())
            .spawn(move || write_lines(&queue, BufWriter::new(output)))?;
        let overrun = AtomicBool::new(false);
        let writer = Writer { lines: Some(lines), thread: Some(thread), overrun };
        Ok(Self { format, writer: Arc::new(writer) })
    }

    /// Has the line of a request written.
    pub(crate) fn write(&self, entry: &Entry<'_>) {
        let mut line = Vec::with_capacity(640);
        write(entry, self.format, &mut line);
        let sent = self.writer.lines.as_ref().is_some_and(|lines| lines.try_send(line).is_ok());
        if !sent && !self.writer.overrun.swap(true, Ordering::Relaxed) {
            tracing::warn!("the access log cannot keep up or be written: lines are missing");
        }
    }
}

/// Ends when all who write have gone, or with the first line that can't be written.
fn write_lines(queue: &Receiver<Vec<u8>>, mut output: BufWriter<Box<dyn Write + Send>>) {
    while let Ok(line) = queue.recv() {
        let written = output.write_all(&line).and_then(|()| {
            queue.try_iter().try_for_each(|line| output.write_all(&line))?;
            output.flush()
        });
        if let Err(error) = written {
            return tracing::error!(%error, "cannot write the access log any more");
        }
    }
}

// === impl Writer ===

impl Drop for Writer {
    fn drop(&mut self) {
        self.lines = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the access log's thread panicked");
        }
    }
}
