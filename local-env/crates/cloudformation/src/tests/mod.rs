//! What templates resolve to, and what they are refused for.

mod functions;
mod parameters;
mod problems;
mod stacks;

use super::*;

fn inputs(parameters: &[(&str, &str)]) -> Inputs {
    let pairs = parameters.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    Inputs { parameters: pairs.collect(), ..Inputs::new("Shop") }
}

fn resolve(text: &str, parameters: &[(&str, &str)]) -> Result<Resolved, TemplateError> {
    Template::parse(&Source::new("test.yaml", text))?.resolve(&inputs(parameters))
}

fn write(node: &Node) -> String {
    match node.items() {
        Some(items) => items.iter().map(write).collect::<Vec<_>>().join(","),
        None => node.text().map_or_else(|| node.kind().to_owned(), String::from),
    }
}

#[track_caller]
fn problems(text: &str, parameters: &[(&str, &str)]) -> Vec<String> {
    let error = resolve(text, parameters).expect_err("the template is wrong");
    error.problems().iter().map(ToString::to_string).collect()
}

fn render(error: &TemplateError) -> String {
    let mut shown = String::new();
    let theme = miette::GraphicalTheme::unicode_nocolor();
    miette::GraphicalReportHandler::new_themed(theme).render_report(&mut shown, error).unwrap();
    shown
}
