//! What a check tells.

use super::{Code, Severity};
use cloudformation::{PropertyPath, Source, Span};

/// A finding: something that would fail, or might be better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The code, which stays the same.
    pub code: &'static Code,
    /// The severity here.
    pub severity: Severity,
    /// The place that it is about.
    pub place: Place,
    /// The message: what is wrong, in the template's words.
    pub message: String,
    /// The mend: what to do, mostly as a snippet.
    pub mend: String,
}

/// The place of a finding in the templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The resource's name in the template; empty for what is about the template as a whole.
    pub resource: String,
    /// The way within its properties: `LoadBalancers[0].ContainerPort`. Empty for the resource as a
    /// whole.
    pub property: PropertyPath,
    /// The name that messages have for the template.
    pub template: String,
    /// The place in the text of all templates.
    pub span: Span,
    /// The line in its template, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The column behind its last character.
    pub end_column: usize,
}

/// The findings in one template or several.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The text of the templates.
    pub source: Source,
    /// The findings in the text's order, and at one place the worst first.
    pub all: Vec<Finding>,
}

// === impl Place ===

impl Place {
    /// Returns a place in a text, of which only what stands on its first line is kept.
    pub(super) fn new(source: &Source, resource: &str, property: PropertyPath, span: Span) -> Self {
        let text = source.text();
        let start = floor(text, span.offset());
        let end = floor(text, span.offset().saturating_add(span.len()));
        let marked = text.get(start..end).unwrap_or_default();
        let marked = marked.lines().next().unwrap_or_default().trim_end();
        let line_start = text.get(..start).and_then(|it| it.rfind('\n')).map_or(0, |at| at + 1);
        let before = text.get(line_start..start).unwrap_or_default();
        let column = 1 + before.chars().count();
        Self {
            resource: resource.to_owned(),
            property,
            template: source.name_at(span).to_owned(),
            span: Span::from((start, marked.len())),
            line: source.line(span),
            column,
            end_column: column + marked.chars().count(),
        }
    }
}

/// Returns the nearest place before or at `offset` that is between two characters.
fn floor(text: &str, offset: usize) -> usize {
    let offset = offset.min(text.len());
    (0..=offset).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

// === impl Findings ===

impl Findings {
    pub(super) fn new(source: Source, mut all: Vec<Finding>) -> Self {
        all.sort_by_key(|it| (it.place.span.offset(), it.severity, it.code.name));
        all.dedup();
        Self { source, all }
    }

    /// Returns the findings without those of codes that the user allows.
    #[must_use]
    pub fn without(mut self, allowed: &[&Code]) -> Self {
        self.all.retain(|finding| !allowed.contains(&finding.code));
        self
    }

    /// Returns how many there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.all.iter().filter(|finding| finding.severity == severity).count()
    }
}
