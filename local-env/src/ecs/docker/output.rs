//! What a container writes, line by line.

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, DuplexStream, copy, duplex},
    sync::mpsc,
};

use crate::ecs::{
    output,
    task::{OutputLine, Task},
};

/// How much of each of the two streams may wait, in bytes.
const BUFFER: usize = 64 * 1024;

/// The first byte of a piece of standard error.
const STDERR: u8 = 2;

/// Sends the lines that a container writes, until it has ended.
pub(super) async fn forward(
    said: impl AsyncRead + Unpin,
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
        distribute(said, out, err),
        output::lines(from_out, label(), to.clone()),
        output::lines(from_err, label(), to.clone())
    );
}

/// Takes both streams apart. They come in pieces, each with a head: which stream, three bytes without meaning, and its
/// length, the most significant byte first.
async fn distribute(
    mut said: impl AsyncRead + Unpin,
    mut out: DuplexStream,
    mut err: DuplexStream,
) {
    while let Ok(head) = said.read_u64().await {
        let [stream, _, _, _, length @ ..] = head.to_be_bytes();
        let mut piece = (&mut said).take(u32::from_be_bytes(length).into());
        let to = if stream == STDERR { &mut err } else { &mut out };
        if copy(&mut piece, to).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_comes_in_pieces_is_put_together_for_each_stream() {
        let mut said = Vec::new();
        for (stream, text) in [(1, "one "), (2, "wrong"), (1, ""), (1, "line")] {
            said.extend([stream, 0, 0, 0, 0, 0, 0, u8::try_from(text.len()).unwrap()]);
            said.extend(text.bytes());
        }
        // The connection may break within a piece.
        said.extend([1, 0, 0, 0, 0, 0, 0, 9, b'!']);
        let ((out, mut from_out), (err, mut from_err)) = (duplex(BUFFER), duplex(BUFFER));
        distribute(said.as_slice(), out, err).await;
        let (mut lines, mut errors) = (String::new(), String::new());
        from_out.read_to_string(&mut lines).await.unwrap();
        from_err.read_to_string(&mut errors).await.unwrap();
        assert_eq!((lines.as_str(), errors.as_str()), ("one line!", "wrong"));
    }
}
