//! What was read from a connection and not yet used.

/// The room for a usual message.
const USUAL: usize = 8 << 10;
/// The room for the largest head, and for a body that streams by.
pub(crate) const LARGEST: usize = 128 << 10;

/// Bytes between two marks; it grows while reads fill it, up to [`LARGEST`].
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Whether the last read took all the room that there was.
    filled_up: bool,
}

// === impl Buffer ===

impl Buffer {
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Returns whether nothing more goes in before something is used.
    pub(crate) fn is_full(&self) -> bool {
        self.end - self.start >= LARGEST
    }

    /// Takes bytes away from the front; not more than there are.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Returns where the next bytes go, which is never empty unless the buffer is full.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        if self.end == self.bytes.len() || self.filled_up {
            self.make_room();
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// Takes in that many bytes, which were put into the room.
    pub(crate) fn filled(&mut self, count: usize) {
        self.end = (self.end + count).min(self.bytes.len());
        self.filled_up = self.end == self.bytes.len();
    }

    /// Gives back what a large message took, once nothing is left of it.
    pub(crate) fn shrink(&mut self) {
        if self.is_empty() && self.bytes.len() > USUAL {
            *self = Self::default();
        }
    }

    fn make_room(&mut self) {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.bytes.len() || self.filled_up {
            let larger = (self.bytes.len() * 2).clamp(USUAL, LARGEST);
            self.bytes.resize(larger, 0);
        }
        self.filled_up = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(buffer: &mut Buffer, bytes: &[u8]) {
        buffer.room()[..bytes.len()].copy_from_slice(bytes);
        buffer.filled(bytes.len());
    }

    #[test]
    fn bytes_leave_in_the_order_in_which_they_came() {
        let mut buffer = Buffer::default();
        put(&mut buffer, b"abc");
        buffer.consume(1);
        put(&mut buffer, b"de");
        assert_eq!(buffer.bytes(), b"bcde");
        buffer.consume(99);
        assert!(buffer.is_empty());
    }

    #[test]
    fn a_body_that_streams_by_gets_more_room_and_gives_it_back() {
        let mut buffer = Buffer::default();
        for _ in 0..2 {
            let count = buffer.room().len();
            buffer.filled(count);
            buffer.consume(count);
        }
        assert_eq!(buffer.room().len(), USUAL * 4);
        buffer.shrink();
        assert_eq!(buffer.room().len(), USUAL);
    }

    #[test]
    fn it_grows_up_to_its_limit_and_keeps_what_it_has() {
        let mut buffer = Buffer::default();
        let mut expected = Vec::new();
        while !buffer.is_full() {
            let room = buffer.room();
            room.fill(expected.len().to_le_bytes()[1]);
            let count = room.len();
            expected.extend_from_slice(room);
            buffer.filled(count);
        }
        assert_eq!(buffer.bytes(), expected);
        assert_eq!(expected.len(), LARGEST);
        assert!(buffer.room().is_empty());
    }
}
