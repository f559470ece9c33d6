//! Whatever is given for a template, it is read, checked or refused, and places are in its text.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use check::{self, Architectures, format};
use cloudformation::{Inputs, Library, Resolved, Source, Template};
use stack::Allowed;
use miette::Diagnostic;

fuzz_target!(|bytes: &[u8]| {
    let Some(resolved) = resolved(bytes) else { return };
    let findings = check::check(&resolved, &Architectures::new());
    format::text(&findings, false);
    format::sarif(&findings);
    let end = resolved.source.text().len();
    for resource in resolved.resources.values() {
        assert!(resource.span.offset() + resource.span.len() <= end, "{resource:?}");
    }
    for partial in [false, true] {
        let allowed = Allowed { unauthenticated: partial, partial };
        if let Err(error) = stack_reader::read(&resolved, allowed) {
            show(&error);
        }
    }
});

/// The template, with itself as whatever stack it nests, twice and as one.
fn resolved(bytes: &[u8]) -> Option<Resolved> {
    let source = Source::from_bytes("fuzz", bytes).map_err(|error| show(&error)).ok()?;
    let template = Template::parse(&source).map_err(|error| show(&error)).ok()?;
    let mut inputs = Inputs::new("fuzz");
    inputs.exports.insert("a".into(), "b".into());
    inputs.ssm.insert("a".into(), "b".into());
    let nested = source.clone();
    inputs.library = Library::new(move |wanted| (wanted.url == "a").then(|| Template::parse(&nested).map(Arc::new)));
    let resolved = template.resolve(&inputs).map_err(|error| show(&error)).ok()?;
    Resolved::joined(vec![("a".into(), resolved.clone()), ("b".into(), resolved)])
}

fn show(error: &dyn Diagnostic) {
    let mut text = String::new();
    let theme = miette::GraphicalTheme::unicode_nocolor();
    let handler = miette::GraphicalReportHandler::new_themed(theme);
    handler.render_report(&mut text, error).expect("text");
}
