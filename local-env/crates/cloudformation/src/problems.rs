//! All that is wrong with one text, as one error.
//!
//! It knows nothing of what a problem is: those of a template and those of a stack are told alike.

use std::{error, fmt};

use super::source::{Source, Span};
use miette::{Diagnostic, LabeledSpan, SourceCode};

/// So many problems are shown at once, as nobody reads more.
const MOST_SHOWN: usize = 50;

/// All the problems that were found in one text, at least one.
///
/// A single problem shows as itself; of several, the first fifty are related diagnostics.
#[derive(Debug)]
pub struct Problems<P> {
    source: Source,
    problems: Vec<P>,
}

// === impl Problems ===

impl<P: Diagnostic> Problems<P> {
    /// Returns an error of these problems in the text's order, or `None` where there is no problem.
    pub fn unless_empty(source: &Source, mut problems: Vec<P>) -> Option<Self> {
        problems.sort_by_key(place);
        (!problems.is_empty()).then(|| Self { source: source.clone(), problems })
    }
}

impl<P: Diagnostic> Problems<P> {
    /// Returns the name of the template that has the first problem.
    fn name(&self) -> &str {
        let first = self.problems.first().and_then(place).unwrap_or_default();
        self.source.name_at(Span::from(first))
    }
}

fn place<P: Diagnostic>(problem: &P) -> Option<usize> {
    problem.labels().into_iter().flatten().map(|label| label.offset()).max()
}

impl<P> Problems<P> {
    /// Returns an error of a single problem.
    pub(super) fn one(source: &Source, problem: P) -> Self {
        Self { source: source.clone(), problems: vec![problem] }
    }

    /// Returns the text that the problems are in.
    pub fn text(&self) -> &Source {
        &self.source
    }

    /// Returns the problems in the text's order, at least one.
    pub fn problems(&self) -> &[P] {
        &self.problems
    }

    fn only(&self) -> Option<&P> {
        if let [problem] = self.problems.as_slice() { Some(problem) } else { None }
    }
}

impl<P: Diagnostic> fmt::Display for Problems<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.only() {
            Some(problem) => write!(f, "{}: {problem}", self.name()),
            None if self.problems.len() > MOST_SHOWN => write!(
                f,
                "{} has {} problems, of which these are the first {MOST_SHOWN}",
                self.name(),
                self.problems.len()
            ),
            None => write!(f, "{} has {} problems", self.name(), self.problems.len()),
        }
    }
}

impl<P: Diagnostic> error::Error for Problems<P> {}

impl<P: Diagnostic> Diagnostic for Problems<P> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.only()?.help()
    }

    fn diagnostic_source(&self) -> Option<&dyn Diagnostic> {
        self.only()?.diagnostic_source()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.only()?.labels()
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.only().is_some() {
            return None;
        }
        Some(Box::new(
            self.problems.iter().take(MOST_SHOWN).map(|problem| -> &dyn Diagnostic { problem }),
        ))
    }
}
