//! For people: each finding with its line of the template marked.

use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use thiserror::Error;

use crate::{Finding, Findings, Severity};
use cloudformation::{PropertyPath, Source};

/// A finding as a diagnostic.
#[derive(Debug, Error)]
#[error("{}", finding.message)]
struct Shown<'a> {
    finding: &'a Finding,
    template: &'a Source,
}

/// Returns all findings one after another, and nothing where there are none.
pub fn text(findings: &Findings, colours: bool) -> String {
    let theme = if colours { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_context_lines(1)
        .with_wrap_lines(false)
        .with_links(false);
    let mut text = String::new();
    for finding in &findings.all {
        // Writing into a text cannot fail.
        let _ = handler.render_report(&mut text, &Shown { finding, template: &findings.source });
        text.push('\n');
    }
    text
}

// === impl Shown ===

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.finding.code.name))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let Finding { code, mend, .. } = self.finding;
        Some(Box::new(format!("in AWS: {}\n{mend}", code.shows)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.template)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = &self.finding.place;
        let label = PropertyPath::default().key(&place.resource).join(&place.property);
        let label = (!place.resource.is_empty()).then(|| label.to_string());
        Some(Box::new([LabeledSpan::new_with_span(label, place.span)].into_iter()))
    }
}
