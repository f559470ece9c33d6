//! An HTTP/2 client that does as it likes: it sends frames whatever the other side allows (RFC 9113).

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use super::{PATIENCE, tls::ClientStream};

const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
/// A setting (RFC 9113 §6.5.2).
pub const MAX_CONCURRENT_STREAMS: u16 = 3;
/// An error (RFC 9113 §7).
pub const REFUSED_STREAM: u32 = 7;

/// A connection.
pub struct H2Frames {
    stream: ClientStream,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    flags: u8,
    pub stream: u32,
    payload: Vec<u8>,
}

// === impl H2Frames ===

impl H2Frames {
    /// Begins a connection without settings of its own.
    pub async fn new(stream: ClientStream) -> Self {
        let mut client = Self { stream };
        client.stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.expect("sent");
        client.send(SETTINGS, 0, 0, &[]).await;
        client
    }

    /// The value of a setting in the first frame of the other side's.
    pub async fn announced(&mut self, setting: u16) -> Option<u32> {
        let first = self.next().await;
        assert_eq!(first.kind, SETTINGS, "{first:?}");
        first.payload.chunks_exact(6).find_map(|it| {
            let (key, value) = it.split_first_chunk()?;
            (u16::from_be_bytes(*key) == setting).then_some(())?;
            Some(u32::from_be_bytes(value.try_into().ok()?))
        })
    }

    /// Sends a GET, whole, on this stream.
    pub async fn get(&mut self, stream: u32, path: &str) {
        // `:method: GET` and `:scheme: https` by their places in HPACK's table, the others by the place
        // of their names and in plain text (RFC 7541 §6.1, §6.2.2, appendix A).
        let mut block = vec![0x82, 0x87];
        for (name, value) in [(0x04, path), (0x01, "shop.example")] {
            block.extend([name, u8::try_from(value.len()).expect("a short value")]);
            block.extend_from_slice(value.as_bytes());
        }
        self.send(HEADERS, END_STREAM | END_HEADERS, stream, &block).await;
    }

    /// The next frame that belongs to a stream.
    pub async fn next_of_a_stream(&mut self) -> Frame {
        loop {
            let frame = self.next().await;
            if frame.stream != 0 {
                return frame;
            }
        }
    }

    async fn next(&mut self) -> Frame {
        let read = async {
            let mut head = [0; 9];
            self.stream.read_exact(&mut head).await?;
            let [a, b, c, kind, flags, stream @ ..] = head;
            let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
            self.stream.read_exact(&mut payload).await?;
            Ok::<_, std::io::Error>(Frame {
                kind,
                flags,
                stream: u32::from_be_bytes(stream),
                payload,
            })
        };
        timeout(PATIENCE, read).await.expect("a frame").expect("a whole frame")
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
        let mut frame = length[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend_from_slice(payload);
        self.stream.write_all(&frame).await.expect("sent");
        self.stream.flush().await.expect("sent");
    }
}

// === impl Frame ===

impl Frame {
    /// The frame that ends a stream with this error.
    pub fn reset(stream: u32, error: u32) -> Self {
        Self { kind: RST_STREAM, flags: 0, stream, payload: error.to_be_bytes().to_vec() }
    }

    /// Whether an answer is whole with it.
    pub fn ends_stream(&self) -> bool {
        matches!(self.kind, 0 | HEADERS) && self.flags & END_STREAM != 0
    }
}
