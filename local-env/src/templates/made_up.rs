//! Values for what a template leaves to be given: parameters without a default, exports of stacks that
//! are not there, attributes that only AWS knows. Enough to read it, and for a person to put right.

use std::collections::BTreeMap;

use super::{AtHand, Parsed, TemplatesError};
use crate::project::Project;
use cloudformation::{
    Elsewhere, Note, ParameterRule, Resolved, TemplateError, TemplateProblem as Problem,
};

/// What is in a name, and a value of that kind.
const KINDS: [(&str, &str); 25] = [
    ("stack", "example"),
    ("imageid", "ami-00000000000000000"),
    ("imagename", "example"),
    ("imagetag", "latest"),
    ("image", IMAGE),
    ("cidr", "10.0.0.0/16"),
    ("certificate", ARN),
    ("role", "arn:aws:iam::111122223333:role/example"),
    ("arn", ARN),
    ("domain", "services.example.com"),
    ("availabilityzone", "us-west-2a,us-west-2b,us-west-2c"),
    ("zone", "Z00000000000000EXAMPLE"),
    ("subnets", SUBNETS),
    ("subnetids", SUBNETS),
    ("subnet", "subnet-00000000000000000"),
    ("securitygroup", "sg-00000000000000000"),
    ("vpc", "vpc-00000000000000000"),
    ("port", "8080"),
    ("cpu", "256"),
    ("memory", "512"),
    ("count", "1"),
    (PRIORITY, "1"),
    ("size", "1"),
    ("path", "/example"),
    ("enable", "true"),
];
/// Which no two rules of a listener have in common.
const PRIORITY: &str = "priority";
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
/// Of no registry that there is (RFC 2606), so that nothing is concluded from where it lies.
const IMAGE: &str = "registry.invalid/example:1";
/// As many as one may choose from.
const SUBNETS: &str = "subnet-00000000000000000,subnet-00000000000000001,subnet-00000000000000002";
/// Each takes a resolving of the templates, and up to one value for each property of a resource.
const MOST_ROUNDS: usize = 100;

/// Values that were made up, by the name.
#[derive(Debug, Default)]
pub(crate) struct MadeUp {
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) imports: BTreeMap<String, String>,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// A value, and those to try after it, the last one first.
struct Guess {
    value: String,
    left: Vec<String>,
}

#[derive(Default)]
struct Guesses {
    parameters: BTreeMap<String, Guess>,
    made_up: MadeUp,
    /// How many values were taken up so far.
    taken: usize,
}

/// The templates' resources, with values for what has none.
pub(super) fn resolved(
    templates: &Parsed,
    project: &Project,
) -> Result<(Resolved, MadeUp), TemplatesError> {
    let (mut guesses, mut rounds) = (Guesses::default(), 0..MOST_ROUNDS);
    loop {
        // Each round takes up other values, and these run out.
        let (before, is_last) = (guesses.taken, rounds.next().is_none());
        let errors = match templates.resolve_with(&guesses.beside(project)) {
            Ok(resolved) => {
                guesses.attributes(&resolved.notes);
                if guesses.taken == before || is_last {
                    return Ok((resolved, guesses.made_up()));
                }
                continue;
            }
            Err(error) => error.into_template_errors()?,
        };
        let mut problems = errors.iter().flat_map(TemplateError::problems);
        if !problems.all(|problem| guesses.answer(problem)) || guesses.taken == before || is_last {
            return Err(errors.into());
        }
    }
}

// === impl Guesses ===

impl Guesses {
    /// What the project has and what is made up.
    fn beside(&self, project: &Project) -> AtHand {
        let mut at_hand = AtHand::of(project);
        at_hand.parameters.extend(self.parameters());
        at_hand.imports.extend(self.made_up.imports.clone());
        at_hand.attributes.extend(self.made_up.attributes.clone());
        at_hand
    }

    fn made_up(self) -> MadeUp {
        MadeUp { parameters: self.parameters(), ..self.made_up }
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        let values = self.parameters.iter();
        values.map(|(name, guess)| (name.clone(), guess.value.clone())).collect()
    }

    /// Whether there is another value to try, which is then taken up.
    fn answer(&mut self, problem: &Problem) -> bool {
        if let Some(nested) = problem.nested() {
            // Its parameters are its parent's to give.
            let is_own = |it: &Problem| matches!(it, Problem::MissingParameters { .. });
            let mut problems = nested.problems().iter();
            return problems.all(|it| !is_own(it) && self.answer(it));
        }
        match problem {
            Problem::MissingParameters { names, .. } => {
                for name in names {
                    self.taken += 1;
                    let guess = Guess::first(name, self.taken);
                    self.parameters.insert(name.clone(), guess);
                }
                true
            }
            Problem::ParameterValue { name, rule, .. } => {
                self.taken += 1;
                self.parameters.get_mut(name).is_some_and(|guess| guess.go_on(rule))
            }
            Problem::NotExported { value: Elsewhere::Export { name }, near, .. } => {
                // A name that is nearly there is a mistake, unless that one is made up too.
                let imports = &mut self.made_up.imports;
                if near.as_ref().is_some_and(|near| !imports.contains_key(near)) {
                    return false;
                }
                if !imports.contains_key(name) {
                    self.taken += 1;
                    imports.insert(name.clone(), Guess::first(name, self.taken).value);
                }
                true
            }
            _ => false,
        }
    }

    /// Those that are called like something; of the others their names do.
    fn attributes(&mut self, notes: &[Note]) {
        for note in notes {
            let Note::UnknownAttribute { name } = note else { continue };
            let attribute = name.rsplit(['.', '/']).next().unwrap_or_default();
            if let Some(value) = kinds(attribute, self.taken + 1).next() {
                self.taken += 1;
                self.made_up.attributes.insert(name.clone(), value);
            }
        }
    }
}

/// Values of the kinds that a name speaks of, for the `nth` one that is made up.
fn kinds(name: &str, nth: usize) -> impl Iterator<Item = String> {
    let name = name.to_ascii_lowercase().replace(|it: char| !it.is_ascii_alphanumeric(), "");
    let kinds = KINDS.into_iter().filter(move |(part, _)| name.contains(part));
    kinds.map(move |(part, value)| if part == PRIORITY { nth.to_string() } else { value.into() })
}

// === impl Guess ===

impl Guess {
    fn first(name: &str, nth: usize) -> Self {
        let mut left: Vec<_> = kinds(name, nth).chain(ANY.map(Into::into)).collect();
        left.reverse();
        Self { value: left.pop().unwrap_or_default(), left }
    }

    /// Takes up the next value, once the one before has broken this rule.
    fn go_on(&mut self, rule: &ParameterRule) -> bool {
        if let ParameterRule::OneOf(allowed) = rule {
            self.left = allowed.first().cloned().into_iter().collect();
        }
        let next = self.left.pop().filter(|next| *next != self.value);
        next.map(|next| self.value = next).is_some()
    }
}
