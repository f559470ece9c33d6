//! What a container writes, line by line.

use std::pin::Pin;

use bollard::{container::LogOutput, errors::Error};
use tokio::{
    io::{AsyncWriteExt as _, DuplexStream, duplex},
    sync::mpsc,
};
use tokio_stream::{Stream, StreamExt as _};

use crate::ecs::{
    output,
    task::{OutputLine, Task},
};

/// How much of each of the two streams may wait, in bytes.
const BUFFER: usize = 64 * 1024;

/// The output of a container as the engine sends it.
pub(super) type OutputChunks = Pin<Box<dyn Stream<Item = Result<LogOutput, Error>> + Send>>;

/// Sends the lines that a container writes, until it has ended.
pub(super) async fn forward(
    chunks: OutputChunks,
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

async fn distribute(mut chunks: OutputChunks, mut out: DuplexStream, mut err: DuplexStream) {
    while let Some(Ok(chunk)) = chunks.next().await {
        let to = if matches!(chunk, LogOutput::StdErr { .. }) { &mut err } else { &mut out };
        if to.write_all(chunk.as_ref()).await.is_err() {
            return;
        }
    }
}
