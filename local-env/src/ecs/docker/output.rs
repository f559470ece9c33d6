//! What a container says, line by line.

use std::pin::Pin;

use bollard::{container::LogOutput, errors::Error};
use tokio::{
    io::{AsyncWriteExt as _, DuplexStream, duplex},
    sync::mpsc,
};
use tokio_stream::{Stream, StreamExt as _};

use crate::ecs::{OutputLine, Task, output};

/// What may wait of each of the two streams.
const BUFFER: usize = 64 * 1024;

/// As a container that was attached to sends it.
pub(super) type Chunks = Pin<Box<dyn Stream<Item = Result<LogOutput, Error>> + Send>>;

/// Until the container has ended.
pub(super) async fn pass_on(
    chunks: Chunks,
    task: Task,
    container: usize,
    to: mpsc::Sender<OutputLine>,
) {
    let label = || {
        let task = task.clone();
        move |text| OutputLine { task: task.clone(), container, text }
    };
    let ((out, from_out), (err, from_err)) = (duplex(BUFFER), duplex(BUFFER));
    tokio::join!(
        distribute(chunks, out, err),
        output::lines(from_out, label(), to.clone()),
        output::lines(from_err, label(), to.clone())
    );
}

async fn distribute(mut chunks: Chunks, mut out: DuplexStream, mut err: DuplexStream) {
    while let Some(Ok(chunk)) = chunks.next().await {
        let to = if matches!(chunk, LogOutput::StdErr { .. }) { &mut err } else { &mut out };
        if to.write_all(chunk.as_ref()).await.is_err() {
            return;
        }
    }
}
