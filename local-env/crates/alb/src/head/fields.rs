//! Header fields as they stand on the wire: names in their own case, values byte for byte, in order.

use super::Name;

/// The fields of a head: a text and where in it each field stands, both reused from one message of a
/// connection to the next.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    text: Vec<u8>,
    lines: Vec<Line>,
}

/// One header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// Which name it is, if the load balancer cares.
    pub(crate) known: Name,
    /// The name as it was written.
    pub(crate) name: &'a [u8],
    /// The value without the blanks around it.
    pub(crate) value: &'a [u8],
}

#[derive(Clone, Copy, Debug)]
struct Line {
    known: Name,
    name: Span,
    value: Span,
}

/// A part of a head's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

// === impl Fields ===

impl Fields {
    /// Takes all fields out.
    pub fn clear(&mut self) {
        self.text.clear();
        self.lines.clear();
    }

    /// Adds a field behind the others.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        let name = self.append(name);
        let value = self.append(value);
        self.push_line(name, value);
    }

    /// Returns all fields, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Field<'_>> {
        self.lines.iter().map(|line| Field {
            known: line.known,
            name: line.name.of(&self.text),
            value: line.value.of(&self.text),
        })
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Returns how many bytes they take, start line included.
    pub(crate) fn size(&self) -> usize {
        self.text.len()
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Returns the first value of a name that the load balancer cares for.
    pub(crate) fn get(&self, known: Name) -> Option<&[u8]> {
        let line = self.lines.iter().find(|line| line.known == known)?;
        Some(line.value.of(&self.text))
    }

    /// Returns all values of a name that the load balancer cares for, in order.
    pub(crate) fn all(&self, known: Name) -> impl Iterator<Item = &[u8]> {
        self.lines
            .iter()
            .filter(move |line| line.known == known)
            .map(|line| line.value.of(&self.text))
    }

    /// Returns all values of any name, whatever its case, in order.
    pub(crate) fn named<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |it| it.name.eq_ignore_ascii_case(name)).map(|it| it.value)
    }

    /// Returns the bytes of the head, as it came.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(super) fn append(&mut self, part: &[u8]) -> Span {
        let start = self.text.len();
        self.text.extend_from_slice(part);
        Span::new(start, self.text.len())
    }

    pub(super) fn push_line(&mut self, name: Span, value: Span) {
        let known = Name::of(name.of(&self.text));
        self.lines.push(Line { known, name, value });
    }
}

// === impl Span ===

impl Span {
    /// Makes a span. Heads are bounded far below what 32 bits count.
    pub(super) fn new(start: usize, end: usize) -> Self {
        let clamp = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end) }
    }

    pub(super) fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}
