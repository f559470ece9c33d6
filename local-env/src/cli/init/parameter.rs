//! Values for the parameters that a template has no default for: enough to read it, and for a person
//! to put right.

use std::collections::BTreeMap;

use crate::{
    cli::{
        load::{self, Templates},
        project::Project,
    },
    cloudformation::{Resolved, TemplateError, TemplateProblem as Problem},
};

/// What is in a parameter's name, and a value of that kind.
const KINDS: [(&str, &str); 6] = [
    ("domain", "services.example.com"),
    ("zone", "Z00000000000000EXAMPLE"),
    ("vpc", "vpc-00000000000000000"),
    ("subnet", "subnet-00000000000000000,subnet-00000000000000001"),
    ("securitygroup", "sg-00000000000000000"),
    ("arn", ARN),
];
/// For those that nothing is known of, one after another until the template takes one.
const ANY: [&str; 8] = [
    "example",
    "1",
    "1024",
    "example.com",
    "10.0.0.0/16",
    "111122223333",
    "arn:aws:iam::111122223333:role/example",
    ARN,
];
const ARN: &str =
    "arn:aws:acm:us-west-2:111122223333:certificate/00000000-0000-0000-0000-000000000000";
/// How the rule of a parameter with `AllowedValues` is told.
const ONE_OF: &str = "which must be one of ";

/// Values that were made up, by the parameter's name.
pub(super) type Guessed = BTreeMap<String, String>;

/// The template's resources, with values for parameters that have none.
pub(super) fn resolved(
    templates: &Templates,
    project: &Project,
) -> miette::Result<(Resolved, Guessed)> {
    let mut guesses = BTreeMap::<String, Guess>::new();
    loop {
        let made_up = guesses.iter().map(|(name, guess)| (name, &guess.value));
        let values = project.parameters.iter().chain(made_up);
        let values = values.map(|(name, value)| (name.clone(), value.clone())).collect();
        let errors = match load::resolved_with(templates, project, &values) {
            Ok(resolved) => {
                let made_up = guesses.into_iter().map(|(name, guess)| (name, guess.value));
                return Ok((resolved, made_up.collect()));
            }
            Err(report) => load::template_errors(report)?,
        };
        // Each round takes up other values, and these run out.
        let mut problems = errors.iter().flat_map(TemplateError::problems);
        if !problems.all(|problem| is_answered(problem, &mut guesses)) {
            return Err(load::told(errors));
        }
    }
}

/// A value, and those to try after it, the last one first.
struct Guess {
    value: String,
    left: Vec<String>,
}

/// Whether there is another value to try, which is then taken up.
fn is_answered(problem: &Problem, guesses: &mut BTreeMap<String, Guess>) -> bool {
    match problem {
        Problem::MissingParameters { names, .. } => {
            // `A`, `B`
            for name in names.split('`').skip(1).step_by(2) {
                guesses.insert(name.to_owned(), Guess::first(name));
            }
            true
        }
        Problem::ParameterValue { name, rule, .. } => {
            guesses.get_mut(name).is_some_and(|guess| guess.go_on(rule))
        }
        _ => false,
    }
}

// === impl Guess ===

impl Guess {
    fn first(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let kinds = KINDS.iter().filter(|(part, _)| name.contains(part));
        let mut left: Vec<_> = kinds.map(|(_, value)| *value).chain(ANY).map(Into::into).collect();
        left.reverse();
        Self { value: left.pop().unwrap_or_default(), left }
    }

    fn go_on(&mut self, rule: &str) -> bool {
        if let Some(allowed) = rule.strip_prefix(ONE_OF) {
            self.left = allowed.split(", ").take(1).map(Into::into).collect();
        }
        let next = self.left.pop().filter(|next| *next != self.value);
        next.map(|next| self.value = next).is_some()
    }
}
