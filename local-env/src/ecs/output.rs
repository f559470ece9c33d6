//! A task's output, line by line.

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// A longer line is cut into pieces of this size: what a log event may hold in AWS.
const MAX_LINE: usize = 256 * 1024;

/// Hands each line to `each`, until the writer has closed its end. Bytes that are not UTF-8 are
/// replaced.
pub(super) async fn lines(from: impl AsyncRead + Unpin, mut each: impl FnMut(String)) {
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        let available = match reader.fill_buf().await {
            Ok([]) => break,
            Ok(available) => available,
            Err(error) => {
                tracing::debug!(%error, "output can no longer be read");
                break;
            }
        };
        let end = available.iter().position(|&byte| byte == b'\n');
        let taken = end.unwrap_or(available.len()).min(MAX_LINE - line.len());
        line.extend_from_slice(&available[..taken]);
        let at_end = end == Some(taken);
        reader.consume(taken + usize::from(at_end));
        if at_end || line.len() == MAX_LINE {
            each(text(&line));
            line.clear();
        }
    }
    if !line.is_empty() {
        each(text(&line));
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Vec<String> {
        let mut seen = Vec::new();
        lines(bytes, |line| seen.push(line)).await;
        seen
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
