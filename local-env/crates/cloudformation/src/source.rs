//! A template's text with the name that messages call it by.
//!
//! Where several templates become one, so do their sources: a place in the whole says in which of
//! them it is, and messages show that one.

use std::{fmt, sync::Arc};

use miette::{MietteError, MietteSpanContents, SourceCode, SpanContents};

/// A range of bytes in a source: offset and length.
pub type Span = miette::SourceSpan;

/// The most bytes that are shown of a line on each side of a place: minified templates have a single
/// line.
const LONGEST_LINE: usize = 300;

/// The most bytes of a place that is shown whole; of a longer one only the beginning is.
const LONGEST_PLACE: usize = 4000;

/// A template's text with its name, or those of several templates. It is cheap to clone.
#[derive(Clone)]
pub struct Source {
    text: Arc<str>,
    /// The templates in order, at least one.
    parts: Arc<[Part]>,
}

/// One template of a source.
#[derive(Clone)]
struct Part {
    name: Arc<str>,
    start: usize,
    end: usize,
}

// === impl Source ===

impl Source {
    /// Returns a text under a name for messages: a path, or what else tells the user which text is
    /// meant. A byte order mark is left out.
    pub fn new(name: impl AsRef<str>, text: &str) -> Self {
        // Editors on Windows write a byte order mark, which neither format counts as content.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let part = Part { name: name.as_ref().into(), start: 0, end: text.len() };
        Self { text: text.into(), parts: [part].into() }
    }

    /// Returns the name that messages have for it; of several templates, the first one's.
    pub fn name(&self) -> &str {
        self.parts.first().map_or("", |part| &part.name)
    }

    /// Returns the name of the template in which a place is.
    pub fn name_at(&self, span: Span) -> &str {
        self.part(span.offset()).map_or("", |part| &part.name)
    }

    /// Returns the text; of several templates, one after another.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the line of a place in its template, counted from 1.
    pub fn line(&self, span: Span) -> usize {
        let start = self.part(span.offset()).map_or(0, |part| part.start);
        let offset = span.offset().saturating_sub(start);
        line(self.text.get(start..).unwrap_or_default(), Span::from(offset))
    }

    /// Returns several sources as one, and the byte at which each begins in it.
    pub fn joined(sources: &[Self]) -> (Self, Vec<usize>) {
        let (mut text, mut parts, mut starts) = (String::new(), Vec::new(), Vec::new());
        for source in sources {
            let at = text.len();
            starts.push(at);
            text += &source.text;
            parts.extend(source.parts.iter().map(|part| part.moved(at)));
            text.push('\n');
        }
        (Self { text: text.into(), parts: parts.into() }, starts)
    }

    fn part(&self, offset: usize) -> Option<&Part> {
        let after = self.parts.partition_point(|part| part.start <= offset);
        self.parts.get(after.saturating_sub(1))
    }
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &Span,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let part = self.part(span.offset()).ok_or(MietteError::OutOfBounds)?;
        let text = self.text.get(part.start..part.end).ok_or(MietteError::OutOfBounds)?;
        let start = span.offset().saturating_sub(part.start).min(text.len());
        let length = if span.len() > LONGEST_PLACE { LONGEST_LINE } else { span.len() };
        let end = text.ceil_char_boundary((start + length).min(text.len()));
        // Without lines before it, the place is where the contents begin, as in miette's own sources.
        let from = if lines_before == 0 { start } else { before(text, start, lines_before) };
        let to = after(text, end, lines_after);
        let line_start = text[..from].rfind('\n').map_or(0, |at| at + 1);
        Ok(Box::new(MietteSpanContents::new_named(
            part.name.to_string(),
            &text.as_bytes()[from..to],
            Span::from(part.start + from..part.start + to),
            text[..from].bytes().filter(|byte| *byte == b'\n').count(),
            text[line_start..from].chars().count(),
            1,
        )))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.name()).finish()
    }
}

// === impl Part ===

impl Part {
    fn moved(&self, by: usize) -> Self {
        Self { name: Arc::clone(&self.name), start: self.start + by, end: self.end + by }
    }
}

/// Returns where to begin, to show so many lines before a place.
fn before(text: &str, at: usize, lines: usize) -> usize {
    let mut from = at;
    let least = text.floor_char_boundary(at.saturating_sub(LONGEST_LINE));
    for _ in 0..=lines {
        match text[least..from].rfind('\n') {
            Some(found) => from = least + found,
            None if least == 0 => return 0,
            // In the middle of a line, or after it where that is near enough.
            None if from == at => return least,
            None => break,
        }
    }
    (from + 1).min(at)
}

/// Returns where to end, to show so many lines after a place.
fn after(text: &str, at: usize, lines: usize) -> usize {
    let most = text.ceil_char_boundary((at + LONGEST_LINE).min(text.len()));
    let mut to = at;
    for line in 0..=lines {
        match text[to..most].find('\n') {
            Some(found) if line == lines => return to + found,
            Some(found) => to += found + 1,
            None if to == at || most == text.len() => return most,
            None => return to.saturating_sub(1).max(at),
        }
    }
    to
}

/// Returns the line of a place, counted from 1.
pub(super) fn line(text: &str, span: Span) -> usize {
    let before = text.bytes().take(span.offset());
    1 + before.filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &Source, span: impl Into<Span>, lines: usize) -> (String, String, usize) {
        let contents = source.read_span(&span.into(), lines, lines).unwrap();
        let text = String::from_utf8(contents.data().to_vec()).unwrap();
        (contents.name().unwrap().to_owned(), text, contents.line())
    }

    #[test]
    fn lines_around_a_place_are_shown() {
        let source = Source::new("x", "a\nb\nc\nd\n");
        let name = || "x".to_owned();
        assert_eq!(shown(&source, 4..5, 0), (name(), "c".to_owned(), 2));
        assert_eq!(shown(&source, 4..5, 1), (name(), "b\nc\nd".to_owned(), 1));
        assert_eq!(shown(&source, 0..1, 1), (name(), "a\nb".to_owned(), 0));
        assert_eq!(shown(&source, 8..8, 0).1, "");
        assert_eq!(shown(&source, 80..90, 0).1, "");
    }

    #[test]
    fn of_a_long_line_only_a_part_is_shown() {
        let text = format!("{{\n{}x{}\n}}", "ä".repeat(9000), "ö".repeat(9000));
        let source = Source::new("x", &text);
        let at = text.find('x').unwrap();
        let (_, shown, _) = shown(&source, at..at + 1, 2);
        assert!(shown.contains('x') && shown.len() < 700, "{}", shown.len());
    }

    #[test]
    fn a_place_in_the_whole_is_one_in_its_template() {
        let (first, second) = (Source::new("a.json", "{\n}"), Source::new("b.json", "1\n2\n3"));
        let (both, starts) = Source::joined(&[first, second]);
        assert_eq!(starts, [0, 4]);
        let span = Span::from(starts[1] + 4..starts[1] + 5);
        assert_eq!(both.name_at(span), "b.json");
        assert_eq!(both.line(span), 3);
        assert_eq!(shown(&both, span, 1), ("b.json".to_owned(), "2\n3".to_owned(), 1));
        assert_eq!(both.name_at(Span::from(0)), "a.json");
    }
}
