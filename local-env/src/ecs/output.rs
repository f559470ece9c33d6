//! What a task writes, line by line.

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    sync::mpsc,
};

/// The size of the pieces that a longer line is cut into, in bytes: what a log event may hold in AWS.
const MAX_LINE: usize = 256 * 1024;

/// Sends each line, as `label` makes it, until the writer has closed its end. Bytes that are not UTF-8
/// are replaced. Once nobody receives lines, the rest is read and dropped, so that the writer is not
/// held up.
pub(super) async fn lines<T>(
    from: impl AsyncRead + Unpin,
    label: impl Fn(String) -> T,
    to: mpsc::Sender<T>,
) {
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while let Some(complete) = read_piece(&mut reader, &mut line).await {
        if complete {
            // Whoever would have shown it has gone.
            let _ = to.send(label(text(&line))).await;
            line.clear();
        }
    }
    if !line.is_empty() {
        let _ = to.send(label(text(&line))).await;
    }
}

/// Adds what has arrived to `line`, up to the line's end, and returns whether that was reached; `None`
/// at the end of all.
async fn read_piece(
    reader: &mut BufReader<impl AsyncRead + Unpin>,
    line: &mut Vec<u8>,
) -> Option<bool> {
    let available = match reader.fill_buf().await {
        Ok([]) => return None,
        Ok(available) => available,
        Err(error) => {
            tracing::debug!(%error, "output can no longer be read");
            return None;
        }
    };
    let end = available.iter().position(|&byte| byte == b'\n');
    let taken = end.unwrap_or(available.len()).min(MAX_LINE - line.len());
    line.extend_from_slice(&available[..taken]);
    let at_end = end == Some(taken);
    reader.consume(taken + usize::from(at_end));
    Some(at_end || line.len() == MAX_LINE)
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Vec<String> {
        let (sender, mut lines_read) = mpsc::channel(100);
        lines(bytes, |line| line, sender).await;
        std::iter::from_fn(|| lines_read.try_recv().ok()).collect()
    }

    #[tokio::test]
    async fn each_line_comes_once_and_the_last_needs_no_end() {
        assert_eq!(read(b"one\r\n\ntwo\nthree").await, ["one", "", "two", "three"]);
    }

    #[tokio::test]
    async fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(read(b"\xff!\n").await, ["\u{fffd}!"]);
    }

    #[tokio::test]
    async fn an_endless_line_is_cut() {
        let bytes = vec![b'x'; 2 * MAX_LINE + 1];
        let lengths: Vec<_> = read(&bytes).await.iter().map(String::len).collect();
        assert_eq!(lengths, [MAX_LINE, MAX_LINE, 1]);
    }
}
